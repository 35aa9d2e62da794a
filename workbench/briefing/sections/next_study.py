"""The study most worth funding next: what is worth knowing, which studies were considered, and what each is worth."""

from __future__ import annotations

from typing import Any

from workbench.briefing.context import Context
from workbench.briefing.findings import Basis, Finding, IntervalFindings
from workbench.briefing.formatting import narrower_side
from workbench.briefing.sections import sums
from workbench.briefing.tables import Bullets, Column, Details, Heading, Line, Paragraph, Table, line
from workbench.briefing.text import Text, joined, quoted, text

SAFETY = "safety_unmeasured"  # the rule of the decision that may also point to an outcome that is not a main one
_SMALL = 0.5  # pounds: below it an amount rounds to nought and is told in words


def blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the part with its heading."""
    phrases, decision = ctx.phrases, ctx.decision
    heading = Heading(phrases("unknowns.next"), "next-study")
    if decision is None:
        return heading, Paragraph(phrases("pending.text"), "pending")
    found: list[Any] = [heading]
    proposals = decision.proposals
    if proposals is not None and proposals.each:
        considered = Details(phrases("study.considered"), (_studies(ctx), Paragraph(phrases("study.terms_note"), "note")))
        found += [Paragraph(_verdict(ctx)), *_points(ctx), considered]
    elif decision.first is not None:
        found += _by_rule(ctx)
    else:
        found.append(Paragraph(phrases("study.nothing")))
    if decision.information is not None:
        found += [Heading(phrases("study.information"), "information"), Paragraph(phrases("study.information_note"))]
        found += [_information(ctx), Paragraph(_own_place(ctx))]
    return tuple(found)


# -- the rule where nothing is valued ----------------------------------------------------------------------------------------
def _by_rule(ctx: Context) -> list[Any]:
    """Which unknown to settle first, and why, where no study can be valued."""
    phrases, first = ctx.phrases, ctx.decision.first
    lead = Paragraph(phrases("study.by_rule", name=quoted(first.unknown.name)))
    reasons = [phrases(f"study.because_{name}" if first.unknown.lead or name != SAFETY else "study.because_no_safety_at_all") for name in first.reasons]
    why = phrases("study.no_value_yet") if ctx.decision.valued else phrases("study.no_value")
    return [lead, Bullets(tuple(reasons)), Paragraph(why, "note")]


# -- valued studies ----------------------------------------------------------------------------------------------------------
def _verdict(ctx: Context) -> Text:
    """Name the study, and say whether it is worth its cost."""
    phrases, best = ctx.phrases, ctx.decision.proposals.best
    named = _study(ctx, best)
    if best.net is None:
        return phrases("study.per_family_only", study=named, worth=_per_family(ctx, best))
    value, spent, net = (_total(ctx, best, name) for name in ("value", "spent", "enbs"))
    if ctx.decision.proposals.pays:
        return phrases("study.pays", study=named, value=phrases.interval(value), cost=phrases.interval(spent), net=phrases.interval(net))
    if best.evsi.value == 0.0:
        return phrases("study.worthless", study=named, cost=phrases.interval(spent))
    return phrases("study.does_not_pay", study=named, value=phrases.interval(value), cost=phrases.interval(spent))


def _study(ctx: Context, item: Any) -> Text:
    """A study in words: what it measures, with how many families, in how many places."""
    study = item.study
    families = ctx.ledger.number(f"{_path(item)}/families", study.families, "count", _terms(ctx, "size considered"), unit="families")
    places = ctx.ledger.number(f"{_path(item)}/places", study.sites, "count", _terms(ctx, "number of places considered"), unit="places")
    return ctx.phrases(f"study.{_kind(item)}", name=_subject(ctx, item), families=families, places=ctx.phrases.counted("study.places", places))


def _kind(item: Any) -> str:
    return "trial" if hasattr(item.study, "construct") else "again"


def _subject(ctx: Context, item: Any) -> Text:
    known = {each.name: each.label for each in ctx.decision.information.each}
    return quoted(known.get(item.study.subject, item.study.subject))


def _path(item: Any) -> str:
    return f"money/study/{item.study.subject}/{item.study.families:.0f}/{item.study.sites:.0f}"


def _terms(ctx: Context, method: str) -> Basis:
    return Basis("table", ctx.decision.terms.rows, method)


def _rows(ctx: Context) -> tuple[str, ...]:
    families = ctx.decision.families.rows if ctx.decision.families is not None else ()
    return tuple(dict.fromkeys((*ctx.decision.terms.rows, *families, *sums.behind(ctx))))


_METHODS = {
    "value": "value per family times discounted families who can still benefit",
    "spent": "fixed cost, cost per family, and the net cost of the arm that looks worse today",
    "enbs": "value of the study less its cost",
}


def _total(ctx: Context, item: Any, name: str) -> IntervalFindings:
    found, unit = getattr(item.net, name), f"{ctx.appraisal.kernel.currency}, present value"
    basis = Basis("draws", _rows(ctx), f"{_METHODS[name]}; range over what is uncertain about families, years and costs")
    return ctx.ledger.interval(f"{_path(item)}/{name}", found.mean, found.low, found.high, "money", basis, unit=unit, centre="mean")


def _per_family(ctx: Context, item: Any) -> Text:
    return _amount(ctx, f"{_path(item)}/evsi", item.evsi, "expected value of the study's result per family, on net benefit averaged over places")


def _amount(ctx: Context, path: str, estimate: Any, method: str) -> Text:
    """A value of information, rounded by its simulation error; words where it is nought or under a pound."""
    if estimate.value < _SMALL:
        return ctx.phrases("study.nought" if estimate.value == 0.0 else "study.under_a_pound")
    side = 2 * estimate.se if estimate.se > 0 else None
    return text(ctx.ledger.number(path, estimate.value, "money", sums.basis(ctx, method), unit=sums.unit(ctx), side=side))


def _points(ctx: Context) -> list[Any]:
    """What the verdict rests on: the most that a study may cost, the families, the years."""
    phrases, proposals = ctx.phrases, ctx.decision.proposals
    points = []
    if proposals.best.net is not None:
        if proposals.best.evsi.value > 0:
            points.append(phrases("study.break_even", value=_total(ctx, proposals.best, "value").median, families=_break_even_families(ctx)))
        points.append(_population(ctx))
    points.append(phrases("study.ceiling", value=_ceiling(ctx)))
    return [Bullets(tuple(points))]


def _break_even_families(ctx: Context) -> Finding:
    best = ctx.decision.proposals.best
    basis = Basis("draws", _rows(ctx), "mean cost of the study over its value per family")
    spent = best.net.spent
    side = narrower_side(spent.mean, spent.low, spent.high)
    digits = None if side is None else side / best.evsi.value
    return ctx.ledger.number(f"{_path(best)}/break_even_families", best.net.break_even_population, "number", basis, unit="families, discounted", side=digits)


def _population(ctx: Context) -> Text:
    families, terms = ctx.decision.families, ctx.decision.terms
    basis = Basis("draws", families.rows, "product of the chain's factors over draws")
    found = ctx.ledger.interval("money/study/families", families.median, families.low, families.high, "number", basis, unit=f"families, per {families.period}")
    years, delay = (ctx.cell(ctx.evidence["parameters"][name], "value", path=f"money/{name.replace('.', '/')}") for name in ("study.years", "study.delay"))
    counted = Basis("draws", (*terms.rows, *families.rows), "families still to come when the study reports, before any follow-up, discounted")
    left = ctx.decision.proposals.population.amount
    whole = ctx.ledger.interval("money/study/population", left.mean, left.low, left.high, "number", counted, unit="families, discounted", centre="mean")
    places = {"families": ctx.phrases.interval(found), "country": quoted(ctx.place.country)}
    return ctx.phrases(f"study.population_{families.period}", **places, years=years, delay=delay, total=whole.median)


def _ceiling(ctx: Context) -> Text:
    found = ctx.decision.information.evpi
    return _amount(ctx, "money/study/evpi", found, "expected value of perfect information, on net benefit averaged over places")


def _studies(ctx: Context) -> Table:
    """The studies considered, the best one marked."""
    phrases, proposals = ctx.phrases, ctx.decision.proposals
    names = ("what", "families", "places_head", "per_family", "value", "cost", "net")
    columns = (Column(phrases("study.what")), *(Column(phrases(f"study.{name}"), numeric=True) for name in names[1:]))
    lines = [_line(ctx, item, item is proposals.best) for item in proposals.shortlist]
    return Table("studies-considered", phrases("study.caption"), columns, tuple(lines), layout="scroll")


def _line(ctx: Context, item: Any, best: bool) -> Line:
    families = ctx.ledger.number(f"{_path(item)}/families", item.study.families, "count", _terms(ctx, "size considered"), unit="families")
    places = ctx.ledger.number(f"{_path(item)}/places", item.study.sites, "count", _terms(ctx, "number of places considered"), unit="places")
    money = [text(_total(ctx, item, name).median) for name in ("value", "spent", "enbs")] if item.net is not None else [ctx.phrases("study.not_known")] * 3
    name = ctx.phrases(f"study.short_{_kind(item)}", name=_subject(ctx, item))
    return line(name, text(families), text(places), _per_family(ctx, item), *money, total=best)


# -- information -------------------------------------------------------------------------------------------------------------
def _information(ctx: Context) -> Table:
    """What it would be worth to know each thing exactly, per family."""
    phrases, found = ctx.phrases, ctx.decision.information
    columns = (Column(phrases("study.known")), Column(phrases("study.per_family"), numeric=True), Column(phrases("study.error"), numeric=True))
    lines = [_known(ctx, phrases("study.everything"), "everything", found.evpi, total=True)]
    lines += [_known(ctx, _named(ctx, item), item.name, item.value) for item in found.each]
    groups = [item for item in found.groups if sum(each.group == item.name for each in found.each) > 1]
    lines += [_known(ctx, phrases(f"study.all_{item.name}"), f"all/{item.name}", item.value) for item in groups]
    return Table("information-table", phrases("study.information_caption"), columns, tuple(lines))


def _named(ctx: Context, item: Any) -> Text:
    key = f"study.of_{item.group}"
    return ctx.phrases(key, name=quoted(item.label)) if key in ctx.phrases else quoted(item.label)


def _known(ctx: Context, name: Text, path: str, estimate: Any, total: bool = False) -> Line:
    path = f"money/information/{path}"
    method = "expected value of knowing it exactly, on net benefit averaged over places; mean over scrambles of the draws"
    value = _amount(ctx, f"{path}/value", estimate, method)
    error: Text = ()
    if estimate.value >= _SMALL:
        how = "over scrambles of the draws" if estimate.sets > 1 else "by formula, one set of draws"
        basis = sums.basis(ctx, f"standard error of simulation {how}")
        error = text(ctx.ledger.number(f"{path}/error", estimate.se, "pence", basis, unit=sums.unit(ctx)))
    return line(name, value, error, total=total)


def _own_place(ctx: Context) -> Text:
    """What knowing one's own place would be worth beyond what any study elsewhere can give."""
    found = ctx.decision.information
    method = "value of knowing the effects in this very place, less that of knowing averages and spreads"
    value = _amount(ctx, "money/information/own_place/difference", found.difference, method)
    return joined((ctx.phrases("study.own_place", value=value), ctx.phrases("study.own_place_how")), " ")
