"""Section 10: model, assumptions, the answer under other choices, the rows used, the data and the references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.briefing.context import Context, measure_words, words_or_code
from workbench.briefing.findings import rows_of
from workbench.briefing.printed import chance, effect, fit_basis, printed_interval, style
from workbench.briefing.sections.checks import verdict
from workbench.briefing.sections.costs import reference
from workbench.briefing.sections.question import written_date
from workbench.briefing.sections.sources import bibliography
from workbench.briefing.tables import Bullets, Column, Details, Facts, Heading, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, quoted, text

SCENARIOS = ("unadjusted", "judgement_zero", "judgement_doubled", "numbers_only", "wide_priors", "with_unverified")


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return how the briefing was made."""
    phrases = ctx.phrases
    found: list[Any] = [Heading(phrases("method.model"), "model"), Paragraph(phrases("method.model_text")), Paragraph(phrases("method.certainty_rule"))]
    if ctx.measured:
        found += [sensitivity(ctx), *_robustness(ctx), Details(phrases("method.priors_all"), tuple(priors(ctx, item) for item in ctx.measured))]
        found += [Heading(phrases("method.rows"), "rows"), rows_used(ctx), Paragraph(phrases("method.left"), "note")]
    found += [Heading(phrases("method.data"), "data"), _data(ctx), Paragraph(phrases("method.rounding"), "note")]
    return (*found, Heading(phrases("method.references"), "references"), bibliography(ctx))


def sensitivity(ctx: Context) -> Table:
    """For each outcome the answer as it stands and under every other choice, side by side."""
    phrases = ctx.phrases
    columns = [Column(phrases("method.choice")), Column(phrases("method.effect_new"), numeric=True)]
    columns += [Column(phrases("method.chance_better"), numeric=True), Column(phrases("method.words"))]
    lines = [found for headline in ctx.measured for found in _choices(ctx, headline)]
    return Table("sensitivity", phrases("method.sensitivity"), tuple(columns), tuple(lines))


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
    return text(said, " ", quoted(small.reading) if small.tested else phrases("method.small_study_untested"))


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


def priors(ctx: Context, headline: Any) -> Table:
    """What the model assumes beforehand, as the priors table has it."""
    phrases, fit = ctx.phrases, headline.fit
    columns = (Column(phrases("method.prior_for")), Column(phrases("method.prior")), Column(phrases("method.meaning")))
    assumed: Mapping[str, Any] = {"mu": fit.mu_prior, "tau": fit.tau_prior, **fit.terms}
    lines = tuple(line(words_or_code(phrases, "method", name), quoted(repr(prior)), _meaning(ctx, headline, name)) for name, prior in assumed.items())
    name = headline.construct["construct"]
    return Table(f"priors-{name}", phrases("method.priors", outcome=quoted(headline.construct["name"])), columns, lines)


def _meaning(ctx: Context, headline: Any, purpose: str) -> Text:
    chosen = ctx.parameters.get("prior") or "default"
    rows = ctx.evidence["priors"].where(purpose=purpose, measure=headline.measure)
    found = [row for row in rows if row["set"] == chosen] or [row for row in rows if row["set"] == "default"]
    return quoted(found[0]["meaning"]) if found else ()


def rows_used(ctx: Context) -> Table:
    """Every result that is in an answer or shown beneath one, with its printed figures and where they stand."""
    phrases = ctx.phrases
    columns = tuple(Column(phrases(f"method.{name}")) for name in ("row", "printed", "locator"))
    items = {item.row["effect_id"]: item for headline in ctx.measured for item in (*headline.used, *headline.beneath)}
    return Table("rows-used", phrases("method.rows_caption"), columns, tuple(_row(ctx, item) for item in items.values()))


def _row(ctx: Context, item: Any) -> Line:
    row, phrases = item.row, ctx.phrases
    numbers = {key: value for key, value in item.route.inputs.items() if isinstance(value, int | float) and not isinstance(value, bool)}
    others = {key: value for key, value in item.route.inputs.items() if key not in numbers and value not in (None, "")}
    printed = [text(quoted(key.replace("_", " ")), " ", _input(ctx, row, key, value)) for key, value in numbers.items()]
    printed += [text(quoted(key.replace("_", " ")), " ", quoted(value)) for key, value in others.items()]
    return line(
        cell(quoted(item.study["label"]), quoted(row["outcome_measure"]), quoted(row["effect_id"]), reference(ctx, item.study["cite"])),
        cell(joined(printed), phrases("method.route", route=quoted(item.route.name.replace("_", " "))), quoted(item.route.note), quoted(row["derivation"])),
        cell(quoted(row["locator"]), words_or_code(phrases, "checked", row["checked"]), quoted(row["note"])),
        id=f"row-{row['effect_id']}",
    )


def _input(ctx: Context, row: Any, key: str, value: float) -> Any:
    from workbench.briefing.findings import Basis

    basis = Basis("table", (f"effects/{row['effect_id']}",), f"figure used: {key}")
    return ctx.ledger.number(f"effects/{row['effect_id']}/{key}", value, "exact", basis)


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
