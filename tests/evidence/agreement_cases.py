"""Cases of the rules on figures that cannot be true together; `test_evidence_rules` runs them."""

from __future__ import annotations

_SIGN = ("check which arm is which, the sign of the estimate and the direction of its construct against the source; if it prints them so, "
         "set exclusion to printed_inconsistent")
_ARMS = "check estimate, events and percentages against the source, and which arm is which; if it prints them so, set exclusion to printed_inconsistent"
_WORDS = "check the figures against reported_result, which is what the source says in words"
_NO_P = {"p": "", "p_relation": ""}
_NO_INTERVAL = {"ci_low": "", "ci_high": "", "ci_level": ""}
_ERROR = "check arm sizes, interval and standard error against the source (an SD is no SE); n is what was analysed"
_RATE = {"measure": "trees_rate", "name": "Trees, rate"}
_MEANS = {"mean_treat": "10", "sd_treat": "4", "n_treat": "100", "mean_control": "12", "sd_control": "4", "n_control": "100"}
_MEANS_WAY = ("check estimate and means against the source, and which arm is which; if it prints them so, set exclusion to printed_inconsistent")
_WORDS_ONLY = {"role": "direction_only", "data_type": "none", "measure": "", "estimate": "", **_NO_INTERVAL, **_NO_P}

CASES = [
    # the two arms swapped
    ("result-and-sign", [("change", "effects", 0, {"events_treat": "25", "events_control": "40"}), ("change", "baselines", 0, {"events": "40"})], [
        f"evidence/effects.csv line 2 (ash2010.home): events_treat = '25', the arms must differ the other way, because reported_result is benefit and direction is higher_is_better; {_SIGN}",
    ]),
    # the sign lost
    ("result-and-sign", [("change", "effects", 1, {"estimate": "0.3", "ci_low": "0.1", "ci_high": "0.5"})], [
        f"evidence/effects.csv line 3 (ash2010.score): estimate = '0.3', must point the other way, because reported_result is benefit and direction is lower_is_better; {_SIGN}",
    ]),
    ("not-significant", [("change", "effects", 2, {"reported_result": "not_significant"})], [
        f"evidence/effects.csv line 4 (elm2015.home): ci_low = '1.05', the interval must hold 1, because reported_result is not_significant; {_WORDS}",
    ]),
    ("not-significant", [("change", "effects", 1, {"reported_result": "not_significant", **_NO_INTERVAL})], [
        f"evidence/effects.csv line 3 (ash2010.score): p = '0.003', must not be this small, because reported_result is not_significant; {_WORDS}",
    ]),
    # 40 and 25 of 100: OR 2.0, printed with a slipped decimal point
    ("estimate-and-arms", [("change", "effects", 0, {"measure": "OR", "estimate": "20"})], [
        f"evidence/effects.csv line 2 (ash2010.home): estimate = '20', must agree with the two arms, which give about 2; {_ARMS}",
    ]),
    ("estimate-and-arms", [("change", "effects", 0, {"measure": "RD", "estimate": "0.51", "adjusted": "false"})], [
        f"evidence/effects.csv line 2 (ash2010.home): estimate = '0.51', must agree with the two arms, which give about 0.15; {_ARMS}",
    ]),
    # arms of 20 give a standard error of 0.32, the interval one of 0.10
    ("error-and-arms", [("change", "effects", 1, {"n_treat": "20", "n_control": "20"})], [
        f"evidence/effects.csv line 3 (ash2010.score): ci_low = '-0.5', implies a standard error of 0.1, and arms of 20 and 20 give about 0.32; {_ERROR}",
    ]),
    ("error-and-arms", [("change", "effects", 1, {"n_treat": "100", "n_control": "100", "se": "1.4", **_NO_INTERVAL, **_NO_P})], [
        f"evidence/effects.csv line 3 (ash2010.score): se = '1.4', implies a standard error of 1.4, and arms of 100 and 100 give about 0.14; {_ERROR}",
    ]),
    # -0.32 with a standard error of 0.102 is z = 3.14, p = 0.0017
    ("result-and-p", [("change", "effects", 1, {**_NO_INTERVAL, "p": "0.3"})], [
        "evidence/effects.csv line 3 (ash2010.score): p = '0.3', must be below 0.2, because reported_result is benefit; "
        "check p and p_relation against the source; a difference that is not significant is filed as not_significant",
    ]),
    # means of 10 and 12 differ by -2; with SDs of 4 in arms of 100 an adjusted difference stays within about 1.1 + 1 of that
    ("estimate-and-means", [("change", "effects", 1, {"measure": "MD", "estimate": "-20", **_NO_INTERVAL, **_MEANS})], [
        f"evidence/effects.csv line 3 (ash2010.score): estimate = '-20', must agree with the two means, which differ by -2; {_MEANS_WAY}",
    ]),
    ("estimate-and-means", [("change", "effects", 1, {"measure": "IRR", "estimate": "0.2", **_NO_INTERVAL, **_MEANS, "sd_treat": "", "sd_control": ""})], [
        f"evidence/effects.csv line 3 (ash2010.score): estimate = '0.2', must agree with the two means, whose ratio is 0.83; {_MEANS_WAY}",
    ]),
    ("interval-even", [("change", "effects", 1, {"ci_low": "-1.5", **_NO_P})], [
        "evidence/effects.csv line 3 (ash2010.score): ci_low = '-1.5', must be about as far from -0.3 as -0.1 is; "
        "check the estimate and both limits against the source; if it prints them so, set exclusion to printed_inconsistent",
    ]),
    ("interval-even", [("change", "effects", 2, {"ci_high": "5"})], [
        "evidence/effects.csv line 4 (elm2015.home): ci_high = '5', must be about as far from 1.5 as 1.05 is, on the log scale; "
        "check the estimate and both limits against the source; if it prints them so, set exclusion to printed_inconsistent",
    ]),
    ("spreads-alike", [("change", "effects", 1, {"sd_treat": "0.4", "sd_control": "4"})], [
        "evidence/effects.csv line 3 (ash2010.score): sd_treat = '0.4', must be within a factor of three of sd_control (4); check both against the source (an SE is no SD)",
    ]),
    ("repeated-words", [("change", "effects", 1, _WORDS_ONLY), ("add", "effects", 1, {"effect_id": "ash2010.score.2"})], [
        "evidence/effects.csv line 5 (ash2010.score.2): effect_id = 'ash2010.score.2', repeats line 3 (ash2010.score) in every word; "
        "delete one of them, or say in outcome_measure or comparator what tells them apart",
    ]),
    ("area-whole", [("add", "areas", 1, {"gss_code": f"E0600{place:04d}", "area": f"Wood {place}", "level": "region", "value": "12.5" if place == 59 else "12"})
                    for place in range(10, 60)], [
        "evidence/areas.csv line 53 (E06000059/trees/31 March 2025): value = '12.5', must be a whole number, as the other figures of trees are; "
        "check the figure against the publisher's table",
    ]),
    ("error-and-p", [("change", "effects", 1, {"estimate": "-0.32", "se": "0.102", "p": "0.03", **_NO_INTERVAL})], [
        "evidence/effects.csv line 3 (ash2010.score): p = '0.03', must agree with -0.32 and its standard error 0.102, which imply a p about 0.0017; "
        "check the three against the source (the se of a ratio is that of its log, and an SD is no SE), and p_relation",
    ]),
    ("whole-counts", [("change", "effects", 0, {"events_treat": "40.5"})], [
        "evidence/effects.csv line 2 (ash2010.home): events_treat = '40.5', people are counted in whole numbers; round to whole people, or put an effective sample size into design_effect",
    ]),
    ("arms-within-study", [("change", "effects", 0, {"n_treat": "1000", "events_treat": "400"})], [
        "evidence/effects.csv line 2 (ash2010.home): n_treat = '1000', the two arms hold 1100, more than twice the 200 of study ash2010; "
        "check both against the source; families in studies.csv counts both arms together",
    ]),
    ("effect-of-study", [("change", "effects", 2, {"study_id": "ash2010"})], [
        "evidence/effects.csv line 4 (elm2015.home): study_id = 'ash2010', must be the study that effect_id 'elm2015.home' begins with; correct study_id; an effect_id is assigned once and never renamed",
    ]),
    ("recorded-after-study", [("change", "effects", 2, {"recorded": "2006-01-31"})], [
        "evidence/effects.csv line 4 (elm2015.home): recorded = '2006-01-31', must not be before 2015, the year of study elm2015; check the year of recorded",
    ]),
    ("study-year", [("change", "studies", 0, {"year": "2001"})], [
        "evidence/studies.csv line 2 (ash2010): year = '2001', must be 2010, the year of ash2010 in bibliography.bib; correct the year here or in bibliography.bib",
    ]),
    ("price-before-source", [("change", "unit_costs", 0, {"price_year": "2026"})], [
        "evidence/unit_costs.csv line 2 (week): price_year = '2026', must not be after 2025, the year of office2025; check the price year and the reference",
    ]),
    ("baseline-and-effect", [("change", "baselines", 0, {"events": "52"})], [
        "evidence/baselines.csv line 2 (home): events = '52', must be 25, events_control of ash2010.home; correct effect_id, or take events and n from that row's comparison arm",
    ]),
    ("area-jump", [("add", "areas", 1, {"period": "31 March 2024", "period_end": "2024-03-31", "value": "120"})], [
        "evidence/areas.csv line 3 (E92000001/trees/31 March 2025): value = '12', must be within a factor of five of 120, the figure of 31 March 2024 on line 4; "
        "check both periods against the publisher's table",
    ]),
    ("area-outlier", [("add", "area_measures", 0, _RATE), *(
        ("add", "areas", 0, {"gss_code": f"E0600000{place}", "area": f"Wood {place}", "value": value, "value_note": "", "measure": "trees_rate"})
        for place, value in enumerate(("4", "5", "6", "56"), 2))], [
        "evidence/areas.csv line 7 (E06000005/trees_rate/31 March 2025): value = '56', must be within a factor of ten of 5.5, that of the middle authority; "
        "check the figure and its unit against the publisher's table",
    ]),
]
