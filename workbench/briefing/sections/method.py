"""Section 10: model, assumptions, the answer under other choices, the rows used, the data and the references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.briefing.context import Context, measure_words, words_or_code
from workbench.briefing.findings import rows_of
from workbench.briefing.printed import chance, effect, fit_basis, printed_interval, style
from workbench.briefing.sections.checks import verdict
from workbench.briefing.sections.question import written_date
from workbench.briefing.sections.sources import bibliography
from workbench.briefing.tables import Bullets, Column, Details, Facts, Heading, Line, Paragraph, Table, line
from workbench.briefing.text import Text, joined, quoted, text

SCENARIOS = ("unadjusted", "judgement_zero", "judgement_doubled", "numbers_only", "wide_priors", "with_unverified")


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return how the briefing was made."""
    phrases = ctx.phrases
    found: list[Any] = [Heading(phrases("method.model"), "model"), Paragraph(phrases("method.model_text")), Paragraph(phrases("method.certainty_rule"))]
    if ctx.measured:
        found += [sensitivity(ctx), *ranges(ctx), *_robustness(ctx), Details(phrases("method.priors_all"), priors(ctx))]
    found += [Heading(phrases("method.data"), "data"), _data(ctx), Paragraph(phrases("method.rounding"), "note")]
    return (*found, Heading(phrases("method.references"), "references"), bibliography(ctx))


def sensitivity(ctx: Context) -> Table:
    """For each leading outcome the answer as it stands and under every other choice, side by side."""
    phrases = ctx.phrases
    columns = [Column(phrases("method.choice")), Column(phrases("method.effect_new"), numeric=True)]
    columns += [Column(phrases("method.chance_better"), numeric=True), Column(phrases("method.words"))]
    lines = [found for headline in _leading(ctx) for found in _choices(ctx, headline)]
    return Table("sensitivity", phrases("method.sensitivity"), tuple(columns), tuple(lines))


def _leading(ctx: Context) -> list[Any]:
    """Leading outcomes with an answer; all with one, where no leading outcome has."""
    return [item for item in ctx.leads if item in ctx.measured] or list(ctx.measured)


def ranges(ctx: Context) -> list[Table]:
    """For every other outcome with several results: the chance of better here, and its lowest and highest under the other choices.

    An outcome that rests on one result moves with what is assumed beforehand, whatever the choice; it is told so elsewhere.
    """
    phrases, rest = ctx.phrases, [item for item in ctx.measured if item not in _leading(ctx) and item.k > 1]
    if not rest:
        return []
    columns = [Column(phrases("outcome.column")), Column(phrases("method.headline"), numeric=True)]
    columns += [Column(phrases(f"sensitivity.{name}"), numeric=True) for name in ("lowest", "highest")]
    return [Table("sensitivity-others", phrases("sensitivity.others"), (*columns, Column(phrases("method.words"))), tuple(_range(ctx, item) for item in rest))]


def _range(ctx: Context, headline: Any) -> Line:
    """The chance of better of one outcome here and at the ends of what other choices give."""
    found = [(key, headline.scenarios[key]) for key in SCENARIOS if key in headline.scenarios]
    ordered = sorted(found, key=lambda item: item[1].probabilities.benefit)
    ends = [text(chance(ctx, headline, "benefit", made.probabilities, key, made.fit)) for key, made in (ordered[:1] + ordered[-1:])] or [(), ()]
    return line(quoted(headline.construct["name"]), text(chance(ctx, headline, "benefit")), *ends, verdict(ctx, headline.word))


def _robustness(ctx: Context) -> list[Any]:
    """For each leading outcome: how many combinations of choices say the same, and what small studies suggest."""
    items = [_robust(ctx, item) for item in ctx.leads if item in ctx.measured]
    return [Heading(ctx.phrases("method.robustness"), "robustness"), Bullets(tuple(items))] if items else []


def _robust(ctx: Context, headline: Any) -> Text:
    phrases, path, curve, small = ctx.phrases, headline.construct["construct"], headline.specifications, headline.small_study
    basis = fit_basis(headline, headline.fit, rows_of("effects", curve.row_ids))
    number = ctx.ledger.number(f"{path}/specifications/count", len(curve.table), "count", basis, unit="specifications")
    share = ctx.ledger.number(f"{path}/specifications/share", curve.share, "share", basis, unit="share of specifications that make the headline's claim")
    said = phrases("method.specifications", name=quoted(headline.construct["name"]), number=number, share=share)
    return text(said, *_owed(ctx, headline), " ", quoted(small.reading) if small.tested else phrases("method.small_study_untested"))


def _owed(ctx: Context, headline: Any) -> Text:
    """What the answer owes to what was assumed beforehand; nothing where an assumption has no overlap with anything."""
    owed, path = headline.fit.prior_weight, headline.construct["construct"]
    if None in owed:
        return ()
    basis = fit_basis(headline, headline.fit)
    units = {"mu": "overlap of prior and posterior of mu", "tau": "overlap of prior and posterior of tau", "share": "prior precision over posterior precision of mu"}
    parts = {name: ctx.ledger.number(f"{path}/prior_weight/{name}", getattr(owed, name), "share", basis, unit=unit) for name, unit in units.items()}
    return text(" ", ctx.phrases("prior_weight.owed", **parts))


def _choices(ctx: Context, headline: Any) -> list[Line]:
    phrases = ctx.phrases
    name = text(quoted(headline.construct["name"]), ", ", measure_words(phrases, headline.measure, capital=False))
    here = phrases.interval(effect(ctx, headline))
    lines = [line(name, group=True)]
    lines.append(line(phrases("method.headline"), here, text(chance(ctx, headline, "benefit")), verdict(ctx, headline.word), total=True))
    lines += [_scenario(ctx, headline, key, headline.scenarios[key]) for key in SCENARIOS if key in headline.scenarios]
    if headline is ctx.main and headline.nulls_exact is not None:
        lines.append(_scenario(ctx, headline, "nulls_exact", headline.nulls_exact))
    if headline.twin is not None:
        lines.append(_twin(ctx, headline))
    return lines


def _scenario(ctx: Context, headline: Any, key: str, found: Any) -> Line:
    new = effect(ctx, headline, "theta_new", found.fit, key)
    better = chance(ctx, headline, "benefit", found.probabilities, key, found.fit)
    return line(ctx.phrases(f"method.{key}"), ctx.phrases.interval(new), text(better), verdict(ctx, found.word))


def _twin(ctx: Context, headline: Any) -> Line:
    """The frequentist estimate with its prediction interval, which has no probabilities."""
    twin = headline.twin
    basis = fit_basis(headline, headline.fit)
    path = f"{headline.construct['construct']}/twin"
    low, high = twin.prediction if twin.prediction is not None else twin.interval
    values = printed_interval(headline, twin.estimate, low, high)
    found = ctx.ledger.interval(path, *values, style(headline), type(basis)("exact", basis.rows, f"{twin.method}, {twin.test}"), unit=headline.measure)
    return line(ctx.phrases("method.twin"), ctx.phrases.interval(found), (), ())


def priors(ctx: Context) -> tuple[Table, ...]:
    """What the model assumes beforehand, as the priors table has it: one table for all outcomes that share their assumptions."""
    phrases = ctx.phrases
    columns = (Column(phrases("method.prior_for")), Column(phrases("method.prior")), Column(phrases("method.meaning")))
    shared: dict[tuple[Line, ...], list[Any]] = {}
    for headline in ctx.measured:
        fit = headline.fit
        assumed: Mapping[str, Any] = {"mu": fit.mu_prior, "tau": fit.tau_prior, **fit.terms}
        lines = tuple(line(words_or_code(phrases, "method", name), quoted(repr(prior)), _meaning(ctx, headline, name)) for name, prior in assumed.items())
        shared.setdefault(lines, []).append(headline)
    return tuple(
        Table(f"priors-{items[0].construct['construct']}", phrases("method.priors", outcomes=joined((quoted(item.construct["name"]) for item in items), "; ")), columns, lines)
        for lines, items in shared.items()
    )


def _meaning(ctx: Context, headline: Any, purpose: str) -> Text:
    chosen = ctx.parameters.get("prior") or "default"
    rows = ctx.evidence["priors"].where(purpose=purpose, measure=headline.measure)
    found = [row for row in rows if row["set"] == chosen] or [row for row in rows if row["set"] == "default"]
    return quoted(found[0]["meaning"]) if found else ()


def _data(ctx: Context) -> Facts:
    phrases = ctx.phrases
    changed = {name: value for name, value in ctx.parameters.items() if value not in (None, {}, "") and name != "edition_date"}
    settings = joined(quoted(f"{name} = {value}") for name, value in sorted(changed.items())) or phrases("method.settings_none")
    return Facts(
        (
            (phrases("method.edition"), quoted(written_date(ctx.edition), "date")),
            (phrases("method.digest"), quoted(ctx.evidence.digest, "reference")),
            (phrases("method.settings"), settings),
        )
    )
