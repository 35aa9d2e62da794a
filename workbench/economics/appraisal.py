"""`appraise`: from a programme's rows and the synthesis' draws to an `Appraisal`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from workbench.baselines import BaselineRisk
from workbench.economics.build import Builder, Priced, kernel_from
from workbench.economics.evaluate import Evaluation, evaluate
from workbench.economics.flags import sentences, unverified_share
from workbench.economics.controls import Controls
from workbench.economics.kernel import DISCOUNT_GROUPS, STANDARD, Kernel
from workbench.economics.prices import possible_years
from workbench.economics.printing import appraisal_html
from workbench.economics.scenarios import Scenario, Scenarios, scenarios
from workbench.economics.scrambles import SCRAMBLES, ScrambleErrors, other_scrambles, scramble_errors
from workbench.economics.settings import ADDED_COSTS, check_settings, controls_from, default, risks_by_construct, schedule_bands, setting
from workbench.errors import AnalysisError, UsageError

VALUED, NOT_VALUED = "valued", "not_valued"
_NOTHING = "No row of pathways.csv gives an outcome of this programme a price."
_NO_COST = "No cost of this programme is known, so that no net value can be given."


@dataclass(frozen=True, eq=False)
class Source:
    """What an appraisal was made from, so that it can be made again.

    Attributes
    ----------
    evidence : EvidenceBase
    baselines : mapping of construct to BaselineRisk
    prices : mapping of unit_cost_id to Row
    settings : mapping of str to Any
        As the reader set them.
    """

    evidence: Any
    baselines: Mapping[str, BaselineRisk]
    prices: Mapping[str, Any]
    settings: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Appraisal:
    """A programme's costs and benefits, with every row behind them.

    Attributes
    ----------
    programme_id : str
    area : str or None
    status : {"valued", "not_valued"}
    reason : str or None
        Where there is no net value: why, as one sentence.
    kernel : Kernel
    controls : Controls
    evaluation : Evaluation
    costs : tuple of Priced
        Cost rows of the programme in the price year: those counted first, then the ones that stand beside.
    prices : tuple of Priced
        Unit costs used, in the price year.
    pathways : tuple of Row
        Pathways that count.
    refused : tuple of Row
        Pathways that do not, each with its reason.
    unvalued : tuple of (Row, str)
        Pathways that should count and cannot be valued, with the reason.
    used : mapping of pathway_id to tuple of Row
        Every row on which a pathway rests.
    flags : tuple of str
        What a reader must be told beside the money.
    unverified_share : float
        Share of the money that rests in part on rows nobody has checked.
    draws : mapping of str to Draws
        As received.
    source : Source or None
        What it was made from.
    """

    programme_id: str
    area: str | None
    status: str
    reason: str | None
    kernel: Kernel
    controls: Controls
    evaluation: Evaluation
    costs: tuple[Priced, ...]
    prices: tuple[Priced, ...]
    pathways: tuple[Any, ...]
    refused: tuple[Any, ...]
    unvalued: tuple[tuple[Any, str], ...]
    used: Mapping[str, tuple[Any, ...]]
    flags: tuple[str, ...]
    unverified_share: float
    draws: Mapping[str, Any] = field(repr=False)
    source: Source | None = field(default=None, repr=False)

    def with_controls(self, **changes: Any) -> Evaluation:
        """Evaluate the same kernel with some controls changed; names and types are those of `Controls`."""
        unknown = [name for name in changes if name not in Controls.__dataclass_fields__]
        if unknown:
            raise UsageError(f"there is no control {', '.join(map(repr, unknown))}; there are {', '.join(Controls.__dataclass_fields__)}")
        controls = replace(self.controls, **changes)
        check_controls(self.kernel, controls)
        return evaluate(self.kernel, controls)

    def again(self, draws: Mapping[str, Any] | None = None, **settings: Any) -> Appraisal:
        """Appraise the same programme from the same tables, with other draws or other settings.

        Parameters
        ----------
        draws : mapping of outcome or construct to Draws, optional
            The appraisal's own unless given.
        **settings
            As `appraise` takes them; the rest stays as it was.

        Raises
        ------
        UsageError, AnalysisError
            As `appraise` does.
        """
        if self.source is None:
            raise AnalysisError("this appraisal does not hold what it was made from; call appraise again")
        source, drawn = self.source, self.draws if draws is None else draws
        return appraise(source.evidence, self.programme_id, self.area, drawn, source.baselines, source.prices, **{**source.settings, **settings})

    @cached_property
    def scrambles(self) -> tuple[Appraisal, ...]:
        """The same from seven further scrambles of every draw; empty where an effect cannot be drawn again as it was."""
        return other_scrambles(self)

    def scramble_errors(self, count: int = SCRAMBLES) -> ScrambleErrors | None:
        """Standard errors of the printed figures, from `count` scrambles; None where an effect cannot be drawn again as it was."""
        others = self.scrambles if count == SCRAMBLES else other_scrambles(self, count)
        return scramble_errors(self, others) if others else None

    @cached_property
    def _scenarios(self) -> tuple[Scenario, ...]:
        return scenarios(self)

    def scenarios(self) -> Scenarios:
        """The named scenarios of ``scenarios.csv`` that act on this programme, each worked out alone."""
        return Scenarios(self.evaluation, self._scenarios)

    def summary(self) -> Any:
        """The main figures as a data frame: mean, median, lower, upper by quantity, per family offered."""
        import pandas

        found = {name: getattr(self.evaluation, name) for name in ("cost", "benefit", "npv", "budget_cost", "cashable")}
        rows = {name: [amount.mean, amount.median, amount.low, amount.high] for name, amount in found.items() if amount is not None}
        return pandas.DataFrame.from_dict(rows, orient="index", columns=["mean", "median", "lower", "upper"], dtype=float)

    def refusals(self) -> Any:
        """Return the pathways that are not counted, with the reasons, as a data frame."""
        import pandas

        rows = [(row["pathway_id"], row["name"], row["reason"]) for row in self.refused]
        rows += [(row["pathway_id"], row["name"], reason) for row, reason in self.unvalued]
        return pandas.DataFrame(rows, columns=["pathway_id", "name", "reason"])

    def __repr__(self) -> str:
        where = f", {self.area}" if self.area else ""
        tail = repr(self.evaluation) if self.status == VALUED else f"{self.reason} Cost per family: {self.evaluation.cost}"
        return f"Appraisal({self.programme_id}{where}: {self.status}; {tail})"

    def _repr_html_(self) -> str:
        return appraisal_html(self)


def appraise(evidence: Any, programme: str, area: str | None = None, draws: Mapping[str, Any] | None = None,
             baselines: Mapping[str, BaselineRisk] | None = None, prices: Mapping[str, Any] | None = None, **settings: Any) -> Appraisal:  # fmt: skip
    """Value a programme.

    Parameters
    ----------
    evidence : EvidenceBase
    programme : str
        Row of ``programmes.csv``.
    area : str, optional
        Area for which it is meant; kept with the result.
    draws : mapping of outcome or construct to Draws
        The effect to expect in a new area; used unchanged and in order.
    baselines : mapping of construct to BaselineRisk, optional
        Risks without the programme, such as the area's own; those of ``baselines.csv`` where none is given.
    prices : mapping of unit_cost_id to Row, optional
        Prices in place of the national ones, such as `local_prices` finds.
    **settings
        ``families, take_up, cost_per_family, children_per_family, horizon, schedule, price_year, count`` (number of draws) ``, seed,
        optimism_bias, baseline_risk`` (mapping of outcome to risk), ``assume`` (mapping of parameter_id to a figure in place of the
        table's), ``edition_date, half_life, deadweight, payer_share, set_up_cost,
        set_up_years, training_cost, staff_turnover, supervision_cost, support_cost, support_years``; the tables give what is not set,
        and what they do not give is neutral.

    Returns
    -------
    Appraisal

    Raises
    ------
    UsageError
        If a setting is unknown, of the wrong type or out of range: all of them at once.
    AnalysisError
        If the tables contradict themselves or lack what a conversion needs.

    Examples
    --------
    >>> result = appraise(evidence, "fdac", "England", draws={"reunification": fit.draws(4096, seed=1)})  # doctest: +SKIP
    """
    drawn, checked = dict(draws or {}), check_settings(evidence, settings)
    row = evidence["programmes"][programme]
    pathways = evidence["pathways"].where(programme_id=programme)
    count, seed = _count_and_seed(evidence, drawn, checked)
    constructs = [pathway["construct"] for pathway in pathways if pathway["construct"]]
    risks = risks_by_construct(evidence, checked.get("baseline_risk", {}), constructs)
    builder = Builder(evidence, row, drawn, count, seed, setting(evidence, checked, "price_year"), default(evidence, "rule.currency", "schedule"), risks,
                      dict(baselines or {}), dict(prices or {}), checked.get("assume", {}))  # fmt: skip
    controls = controls_from(evidence, checked, row["children_per_family"], risks)
    kernel, unvalued = kernel_from(builder, pathways, _twice(pathways))
    check_controls(kernel, controls)
    _note_discounting(builder, kernel, schedule_bands(evidence, checked), controls.horizon)
    source = Source(evidence, MappingProxyType(dict(baselines or {})), MappingProxyType(dict(prices or {})), MappingProxyType(checked))
    return replace(_assemble(builder, programme, area, pathways, kernel, controls, unvalued), source=source)


def check_controls(kernel: Kernel, controls: Controls) -> None:
    """Refuse controls that mean nothing for a kernel.

    Raises
    ------
    UsageError
        If deadweight is asked for where every effect is already net of it, or costs are added to an unknown one: both at once.
    """
    problems = []
    if controls.deadweight > 0 and all(line.controlled for line in kernel.benefits):
        problems.append(
            f"deadweight = {controls.deadweight:g}: every effect here was seen against a comparison group, and so is already net of what "
            "would have happened anyway; leave it at 0"
        )
    added = [name for name in ADDED_COSTS if getattr(controls, name) > 0]
    if added and not kernel.costs and controls.cost_per_family is None:
        problems.append(f"{', '.join(added)}: the cost of the programme itself is not known; set cost_per_family too, so that the total is whole")
    if problems:
        raise UsageError("\n".join(problems))


def _note_discounting(builder: Builder, kernel: Kernel, bands: Mapping[str, list[Any]], horizon: int) -> None:
    """Add the discount rows that act on a line, those of years after year 0 within the horizon, to the rows it used."""
    for line in (*kernel.benefits, *kernel.costs):
        later = line.years is not None or getattr(line, "onset_years", 1) > 1
        group = DISCOUNT_GROUPS[getattr(line, "discount", STANDARD)]
        builder.used[line.pathway_id] += [row for row in bands[group] if later and row["year_from"] < horizon]


def _twice(pathways: tuple[Any, ...]) -> list[str]:
    """Active pathways of one group in one perspective: they would value the same thing twice."""
    seen: dict[tuple[str, str], str] = {}
    problems = []
    for pathway in pathways:
        if not pathway["active"] or pathway["exclusive_group"] is None:
            continue
        views = ("societal", "payer_budget") if pathway["perspective"] == "both" else (pathway["perspective"],)
        for view in views:
            first = seen.setdefault((pathway["exclusive_group"], view), pathway["pathway_id"])
            if first != pathway["pathway_id"]:
                problems.append(f"evidence/pathways.csv ({pathway['pathway_id']}): values the same thing as {first!r} in the {view} total; make one of them inactive")
    return problems


def _count_and_seed(evidence: Any, draws: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[int, int]:
    """Number and seed of the draws: those of the synthesis, which must agree with one another and with what was set."""
    counts, seeds = {len(np.asarray(each.values)) for each in draws.values()}, {each.seed for each in draws.values()}
    if len(counts) > 1 or len(seeds) > 1:
        raise AnalysisError(f"all draws must have one number and one seed; there are numbers {sorted(counts)} and seeds {sorted(map(str, seeds))}")
    own = {"count": next(iter(counts), None), "seed": next(iter(seeds), None)}
    for name, value in own.items():
        if value is not None and name in settings and settings[name] != value:
            raise UsageError(f"{name} = {settings[name]}: the draws given have {name} {value}")
    found = [setting(evidence, settings, name) if value is None else int(value) for name, value in own.items()]
    return found[0], found[1]


def _assemble(builder: Builder, programme: str, area: str | None, pathways: tuple[Any, ...], kernel: Kernel, controls: Controls,
              unvalued: tuple[tuple[Any, str], ...]) -> Appraisal:  # fmt: skip
    evaluation = evaluate(kernel, controls)
    counted = tuple(pathway for pathway in pathways if pathway["active"] and pathway["pathway_id"] in builder.used)
    beside = [row for row in builder.evidence["programme_costs"].where(programme_id=programme) if row["price_year"] is not None]
    costs = sorted((builder.priced.get(row.key) or _beside(builder, row) for row in beside), key=lambda priced: priced.row.key not in builder.priced)
    prices = tuple(priced for priced in builder.priced.values() if priced.row.table != "programme_costs")
    share = unverified_share(kernel, controls, builder.used)
    return Appraisal(
        programme, area, VALUED if evaluation.valued else NOT_VALUED, None if evaluation.valued else _reason(pathways, unvalued, evaluation),
        kernel, controls, evaluation, tuple(costs), prices, counted,
        refused=tuple(pathway for pathway in pathways if not pathway["active"] and not pathway["break_even"]),
        unvalued=unvalued, used=MappingProxyType({key: tuple(rows) for key, rows in builder.used.items()}),
        flags=sentences(builder.evidence, pathways, builder.used, unvalued, evaluation, builder.assumed), unverified_share=share,
        draws=MappingProxyType(dict(builder.draws)),
    )  # fmt: skip


def _beside(builder: Builder, row: Any) -> Priced:
    """A cost that stands beside the counted ones, in the price year."""
    return builder.carry(row, "cost", possible_years(row))


def _reason(pathways: tuple[Any, ...], unvalued: tuple[tuple[Any, str], ...], evaluation: Evaluation) -> str:
    """Why there is no net value: what could not be valued, else what the cost pathway says of it."""
    benefits = [pathway for pathway in pathways if pathway["active"] and pathway["kind"] != "cost"]
    if not benefits:
        return next((pathway["reason"] for pathway in pathways if pathway["active"]), _NOTHING)
    missing = [reason for pathway, reason in unvalued if pathway["active"]]
    return missing[0] if missing and evaluation.benefit is None else _NO_COST
