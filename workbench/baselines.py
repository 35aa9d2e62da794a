"""The risk without the programme (p0), from rows of ``baselines.csv``.

One control arm gives a Beta distribution with Jeffreys' half counts; a stated 95 % range gives a logit-normal; several
control arms give a logit-normal predictive distribution for a further one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import betaincinv, expit, logit, ndtri

Z_95 = 1.959963984540054
#: Units of published rates that are shares of a population, and what they are a share of.
SHARE_OF_UNIT = {"percent": 100.0, "per cent": 100.0, "per 10,000": 10_000.0, "per 1,000": 1_000.0}
GOLDEN = (5.0**0.5 - 1.0) / 2.0


@dataclass(frozen=True)
class BaselineRisk:
    """A distribution of p0.

    Attributes
    ----------
    construct : str
    kind : {"beta", "logit_normal", "fixed"}
    a, b : float
        Beta: the two counts. Logit-normal: mean and SD of the logit. Fixed: the risk and 0.
    rows : tuple of Row
        The rows of ``baselines.csv`` that it rests on; empty for a reader's own figure.
    shift : float
        Log odds by which the area's own published rate differs from the country's; each draw takes an unknown share
        of it, Uniform(0, 1), because a population rate says only so much about eligible families.
    """

    construct: str
    kind: str
    a: float
    b: float
    rows: tuple[Mapping[str, Any], ...] = ()
    shift: float = 0.0

    def ppf(self, u: np.ndarray) -> np.ndarray:
        """Quantiles at `u`, an array in (0, 1)."""
        u = np.asarray(u, dtype=float)
        if self.kind == "beta":
            return betaincinv(self.a, self.b, u)
        if self.kind == "logit_normal":
            return expit(self.a + self.b * ndtri(u))
        return np.full(u.shape, self.a)

    def at(self, u: np.ndarray, g: np.ndarray) -> np.ndarray:
        """Risks at the points `u` of the distribution, with a share `g` of the area's shift; both (n,) in (0, 1)."""
        risk = self.ppf(u)
        return risk if self.shift == 0.0 else expit(logit(risk) + g * self.shift)

    def quantiles(self, count: int = 400) -> np.ndarray:
        """A deterministic sample of `count` equally likely risks: midpoints, with golden-ratio steps for the shift."""
        steps = np.arange(count) + 0.5
        return self.at(steps / count, steps * GOLDEN % 1.0)

    def draws(self, count: int, seed: int, dimensions: Mapping[str, int]) -> np.ndarray:
        """Risks at the Sobol points of this construct's own dimensions, shape (count,)."""
        from workbench.draws import uniforms

        points = uniforms([f"baseline/{self.construct}", f"baseline-shift/{self.construct}"], count, seed, dimensions)
        return self.at(points[:, 0], points[:, 1])


def fixed_risk(construct: str, risk: float) -> BaselineRisk:
    """A reader's own figure, taken as known."""
    return BaselineRisk(construct, "fixed", float(risk), 0.0)


def baseline_risk(
    evidence: Any, construct: str, family: str | None = None, area: Mapping[str, Any] | None = None
) -> BaselineRisk | None:
    """Return p0 for a construct, or None where no row gives one.

    Rows for the programme's own family come before rows for any family, and UK rows before others. An area's published
    rate is never p0 itself; where it counts the same quantity it may shift p0 (rules 18 and 19 of the method).

    Parameters
    ----------
    evidence : EvidenceBase
    construct : str
    family : str, optional
        The programme's family.
    area : Row, optional
        Any row of ``areas.csv`` for the area; without it there is no shift.
    """
    rows = [row for row in evidence["baselines"].where(construct=construct) if row["kind"] != "scale"]
    for wanted in (
        [row for row in rows if row["family"] == family and row["setting"] == "uk"],
        [row for row in rows if row["family"] is None and row["setting"] == "uk"],
        [row for row in rows if row["family"] in (family, None)],
    ):
        if wanted:
            found = from_rows(construct, wanted)
            return found if area is None else replace(found, shift=_area_shift(evidence, found, area))
    return None


def _area_shift(evidence: Any, risk: BaselineRisk, area: Mapping[str, Any]) -> float:
    """Log odds of the area's latest published share less the country's; 0 where no row names the same quantity."""
    measures = {row["area_measure"] for row in risk.rows} - {None}
    if len(measures) != 1 or area["level"] == "country":
        return 0.0
    rows = [row for row in evidence["areas"].where(measure=measures.pop()) if row["value"] is not None]
    here = [row for row in rows if row["gss_code"] == area["gss_code"]]
    country = [row for row in rows if row["level"] == "country"]
    if not here or not country:
        return 0.0
    latest = max(here, key=lambda row: row["period_end"])
    same = [row for row in country if row["period"] == latest["period"]]
    scale = SHARE_OF_UNIT.get(latest["unit"])
    return float(logit(latest["value"] / scale) - logit(same[0]["value"] / scale)) if same and scale else 0.0


def from_rows(construct: str, rows: Sequence[Mapping[str, Any]]) -> BaselineRisk:
    """Combine baseline rows of one construct: one row as it stands, several by their predictive distribution."""
    rows = tuple(rows)
    if len(rows) == 1 and rows[0]["kind"] == "events":
        events, n = rows[0]["events"], rows[0]["n"]
        return BaselineRisk(construct, "beta", events + 0.5, n - events + 0.5, rows)
    centres, variances = np.array([_on_logit(row) for row in rows]).T
    mean, sd = _predictive(centres, variances)
    return BaselineRisk(construct, "logit_normal", mean, sd, rows)


def _on_logit(row: Mapping[str, Any]) -> tuple[float, float]:
    """Centre and variance of one row's risk on the logit scale."""
    if row["kind"] == "range":
        low, high = logit(row["low"]), logit(row["high"])
        return float((low + high) / 2), float(((high - low) / (2 * Z_95)) ** 2)
    events, others = row["events"] + 0.5, row["n"] - row["events"] + 0.5
    return float(np.log(events / others)), float(1 / events + 1 / others)


def _predictive(centres: np.ndarray, variances: np.ndarray) -> tuple[float, float]:
    """Mean and SD for a further arm: DerSimonian-Laird mean, its variance plus the spread between arms."""
    if len(centres) == 1:
        return float(centres[0]), float(np.sqrt(variances[0]))
    weights = 1 / variances
    mean = np.sum(weights * centres) / np.sum(weights)
    q = np.sum(weights * (centres - mean) ** 2)
    spread = max(0.0, (q - len(centres) + 1) / (np.sum(weights) - np.sum(weights**2) / np.sum(weights)))
    weights = 1 / (variances + spread)
    return float(np.sum(weights * centres) / np.sum(weights)), float(np.sqrt(spread + 1 / np.sum(weights)))
