"""What Python says under a reader's settings, to hold the panel's script against: `evaluate`, the synthesis, and the briefing's own sentences."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from workbench.baselines import fixed_risk
from workbench.briefing.context import Context
from workbench.briefing.findings import Ledger
from workbench.briefing.panel import load_offer, make_panel
from workbench.briefing.panel.settings import RISK, fields_of
from workbench.briefing.render import render
from workbench.briefing.sections.answer import certainty_axis, claim_sentence, effect_axis, natural_sentence, spread_sentence
from workbench.briefing.sections.costs import yardsticks
from workbench.briefing.sections.money import benefits_table, figures_table
from workbench.briefing.sections.value import unchecked_sentence, value_axis
from workbench.briefing.text import plain
from workbench.economics import evaluate
from workbench.synthesis.answers.stances import under

#: Where random settings end: far enough to reach every rule, near enough to be quick.
MOST = {"horizon": 40, "support_years": 15, "families": 2000, "support_cost": 3000, "optimism_bias": 200, "children_per_family": 4, "half_life": 30}
AMOUNTS = ("cost", "benefit", "npv", "budget_cost", "cashable")


class Bench:
    """One interactive page with everything that Python knows of it; `changed` alters each stop's kernel."""

    def __init__(self, analysis: Any, changed: Any = None):
        from workbench.briefing.build import build

        self.templates = analysis.evidence.root / "templates"
        self.offer = load_offer(self.templates)
        self.analysis, self.choices = analysis, analysis.choices(self.offer.stops, self.offer.years)
        if changed is not None:
            self.choices = replace(self.choices, stops=tuple(replace(stop, kernel=changed(stop.kernel)) for stop in self.choices.stops))
            self.analysis = analysis = replace(analysis, appraisal=self._appraised(analysis.appraisal, changed(analysis.appraisal.kernel), analysis.appraisal.controls))
        self.briefing = build(analysis.evidence, analysis.programme, analysis.area["gss_code"], analysis.headlines, analysis.appraisal, analysis.parameters)
        self.panel = make_panel(analysis, self.briefing, self.choices, self.offer)
        self.html = render(self.briefing, self.templates, self.panel, other="plain.html")
        self.fields = {item.name: item for item in fields_of(self.offer, analysis.appraisal, self.choices.limits)}

    @staticmethod
    def _appraised(appraisal: Any, kernel: Any, controls: Any) -> Any:
        evaluation = evaluate(kernel, controls)
        return replace(appraisal, kernel=kernel, controls=controls, evaluation=evaluation, status="valued" if evaluation.valued else "not_valued")

    def settings(self, seed: int) -> dict[str, str]:
        """Field texts drawn at random: some fields, within their ranges; a stop; a schedule that reaches far enough."""
        dice = random.Random(seed)
        found = {name: self._drawn(dice, item) for name, item in self.fields.items() if dice.random() < 0.5}
        if dice.random() < 0.7:
            found["prior"] = dice.choice(self.choices.stops).name
        horizon = int(found.get("horizon", self.analysis.appraisal.controls.horizon))
        reach = [name for name, rates in self.choices.schedules.items() if rates.shape[1] >= horizon]
        return {**found, "schedule": dice.choice(reach)} if dice.random() < 0.5 else found

    @staticmethod
    def _drawn(dice: random.Random, item: Any) -> str:
        control = item.control
        if control.optional and dice.random() < 0.2:
            return ""
        least, most = float(item.least), min(float(item.most), MOST.get(control.name, 40_000))
        return f"{least + dice.randrange(int((most - least) / control.step) + 1) * control.step:.10g}"

    def parameters(self, texts: dict[str, str]) -> dict[str, Any]:
        """The settings as the command line would name and type them; None for an emptied field."""
        return {name: self._typed(name, said) for name, said in texts.items()}

    def _typed(self, name: str, said: str) -> Any:
        if name in ("prior", "schedule"):
            return said
        item = self.fields[name]
        if said == item.text:
            return item.value
        if said == "":
            return None
        from decimal import Decimal

        value = float(Decimal(said).scaleb(-item.control.shift))
        return int(value) if item.control.name in ("horizon", "support_years") else value

    def appraisal(self, texts: dict[str, str]) -> Any:
        """The appraisal under the settings."""
        given = self.parameters(texts)
        own = self.analysis.appraisal.controls
        risks = dict(own.baseline_risk) | {name.partition(".")[2]: value for name, value in given.items() if name.startswith(f"{RISK}.")}
        changes = {name: value for name, value in given.items() if name not in ("prior", "schedule") and "." not in name}
        schedule = self.choices.schedules[given.get("schedule", self.choices.schedule)]
        controls = replace(own, **changes, schedule=schedule, baseline_risk={name: risk for name, risk in risks.items() if risk is not None})
        return self._appraised(self.analysis.appraisal, self.stop(texts).kernel, controls)

    def stop(self, texts: dict[str, str]) -> Any:
        return next(item for item in self.choices.stops if item.name == texts.get("prior", self.choices.start))

    def context(self, appraisal: Any) -> Context:
        analysis, place = self.analysis, self.briefing.place
        row = analysis.evidence["programmes"][analysis.programme]
        return Context(analysis.evidence, row, place, analysis.headlines, appraisal, analysis.parameters, None, self.briefing.phrases, Ledger(analysis.programme, place.code))

    def headline(self, construct: str, texts: dict[str, str], appraisal: Any) -> Any:
        """The headline at the stop and the reader's own risk, by the synthesis."""
        found = self.stop(texts).headlines[construct]
        risk = appraisal.controls.baseline_risk.get(construct) if f"{RISK}.{construct}" in texts else None
        return found if risk is None else under(found, None, fixed_risk(construct, risk))

    def sentences(self, texts: dict[str, str], appraisal: Any) -> dict[str, Any]:
        """Every text of the panel, by what it is about."""
        ctx = self.context(appraisal)
        axis = value_axis(ctx)
        unchecked = plain(unchecked_sentence(ctx))
        found: dict[str, Any] = {"verdict": plain(axis.sentence), "support": plain(axis.support).removesuffix(unchecked).strip()}
        found["figures"] = {plain(line.cells[0].lines[0]): [plain(said) for said in line.cells[1].lines] for line in figures_table(ctx).lines}
        found["benefits"] = [plain(line.cells[-1].lines[0]) for line in benefits_table(ctx).lines]
        found["yardsticks"] = [plain(item) for block in yardsticks(ctx) if block.kind == "bullets" for item in block.items]
        found["effects"] = [self._effect(name, texts, appraisal) for name in appraisal.kernel.theta]
        main = ctx.main.construct["construct"] if ctx.main is not None and ctx.main.fit is not None else None
        if main is not None and main not in appraisal.kernel.theta:
            claim, natural, _ = self._effect(main, texts, appraisal)
            found["main"] = f"{claim} {natural}"
        return found | self._axes(main, texts, appraisal)

    def _axes(self, main: str | None, texts: dict[str, str], appraisal: Any) -> dict[str, Any]:
        """The first two axes, each with the settings that move it and where it says that it was moved, and the chances behind the first one's bar."""
        ctx = self.context(appraisal)
        if main is not None:
            own = self.headline(main, texts, appraisal)
            ctx = replace(ctx, headlines=tuple(own if item.construct["construct"] == main else item for item in ctx.headlines))
        effect, certainty = effect_axis(ctx), certainty_axis(ctx)
        bar = [] if effect.chart is None else [effect.chart.better, effect.chart.little, effect.chart.worse]
        spread = plain(spread_sentence(ctx, ctx.main)) if main is not None and ctx.main.k > 1 else None
        said = {
            "effect": ({"prior", f"{RISK}.{main}"}, plain(effect.support), [plain(effect.sentence), plain(effect.support), plain(effect.legend)]),
            "certainty": ({"prior"}, spread, [plain(certainty.sentence), plain(certainty.support)]),
        }
        return {"axes": said, "bar": bar}

    def _effect(self, name: str, texts: dict[str, str], appraisal: Any) -> tuple[str, str, Any]:
        headline = self.headline(name, texts, appraisal)
        ctx = self.context(appraisal)
        return plain(claim_sentence(ctx, headline)), plain(natural_sentence(ctx, headline)), headline.probabilities

    def numbers(self, evaluation: Any) -> dict[str, float | None]:
        """Every figure that the panel works out, by its name there."""
        found: dict[str, float | None] = {}
        for name in AMOUNTS:
            amount = getattr(evaluation, name)
            found |= {f"{name}/{part}": None if amount is None else getattr(amount, part) for part in ("mean", "median", "low", "high")}
        found |= {"p_npv": evaluation.p_npv_positive, "p_cashable": evaluation.p_cashable_exceeds_cost, "bcr": evaluation.bcr, "payback_year": evaluation.payback_year}
        found |= {"break_even_take_up": evaluation.break_even_take_up, "total_npv/mean": evaluation.total_npv}
        for name in evaluation.kernel.theta:
            effect = evaluation.break_even_effects.get(name)
            found[f"break_even/{name}/odds_ratio"] = None if effect is None else effect.odds_ratio
            found[f"break_even/{name}/per_hundred"] = None if effect is None else 100 * effect.difference
        keys = sorted(evaluation.benefit_by, key=lambda key: (("cashable", "avoided", "wider").index(key[1]), key[0]))
        found |= {f"benefit_by/{index}/mean": evaluation.benefit_by[key].mean for index, key in enumerate(keys)}
        for index, item in enumerate(evaluation.yardsticks):
            found[f"yardsticks/{index}/ratio"] = item.value
        return found | self._budget(evaluation)

    @staticmethod
    def _budget(evaluation: Any) -> dict[str, float | None]:
        """Totals over the years of the budget-impact table, of those who pay for the programme."""
        rows = [row for row in evaluation.budget_impact() if row.payer != "other_funders"]
        payers = {row.payer for row in rows if row.cash_class == "cost"}
        spent = [row.amount for row in rows if row.cash_class == "cost"]
        cash = [row.amount for row in rows if row.cash_class == "cashable" and row.payer in payers]
        return {"spent/all": sum(spent) if spent else None, "cash/all": sum(cash) if cash else None}
