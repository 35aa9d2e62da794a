"""Priors: against scipy's own distributions, and their look-up in the priors table."""

import numpy as np
import pytest
from scipy import stats

from workbench.errors import AnalysisError, UsageError
from workbench.synthesis import priors as P

CASES = [
    (P.Normal(0.3, 2.0), stats.norm(0.3, 2.0)),
    (P.StudentT(4.0, -1.0, 0.5), stats.t(4.0, -1.0, 0.5)),
    (P.HalfNormal(0.5), stats.halfnorm(scale=0.5)),
    (P.HalfCauchy(0.5), stats.halfcauchy(scale=0.5)),
    (P.LogNormal(-1.5, 0.8), stats.lognorm(0.8, scale=np.exp(-1.5))),
    (P.Uniform(0.2, 3.0), stats.uniform(0.2, 2.8)),
    (P.HalfStudentT(1.0, 0.7), stats.halfcauchy(scale=0.7)),
]


@pytest.mark.parametrize("prior, reference", CASES, ids=lambda part: repr(part) if hasattr(part, "proper") else "")
def test_density_distribution_and_quantiles_are_scipys(prior, reference):
    x = np.array([0.01, 0.25, 0.9, 2.5])
    p = np.array([0.001, 0.3, 0.5, 0.975])
    np.testing.assert_allclose(prior.logpdf(x), reference.logpdf(x), rtol=1e-12)
    np.testing.assert_allclose(prior.cdf(x), reference.cdf(x), rtol=1e-11)
    np.testing.assert_allclose(prior.ppf(p), reference.ppf(p), rtol=1e-10)
    np.testing.assert_allclose(prior.cdf(prior.ppf(p)), p, rtol=1e-10)


def test_half_student_t_is_the_upper_half():
    prior, whole = P.HalfStudentT(3.0, 0.4), stats.t(3.0, scale=0.4)
    np.testing.assert_allclose(prior.logpdf(0.7), np.log(2 * whole.pdf(0.7)), rtol=1e-12)
    np.testing.assert_allclose(prior.cdf(0.7), whole.cdf(0.7) - whole.cdf(-0.7), rtol=1e-12)


@pytest.mark.parametrize("prior", [P.HalfNormal(1), P.HalfCauchy(1), P.HalfStudentT(3, 1), P.LogNormal(0, 1)])
def test_nothing_below_zero(prior):
    assert prior.logpdf(-0.1) == -np.inf
    assert prior.cdf(-0.1) == 0


def test_flat_is_improper():
    assert not P.Flat().proper
    assert P.Flat().logpdf(3.0) == 0
    with pytest.raises(AnalysisError, match="improper"):
        P.Flat().ppf(0.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: P.Normal(0, 0),
        lambda: P.Normal(0, -1),
        lambda: P.Normal(float("nan"), 1),
        lambda: P.HalfNormal(0),
        lambda: P.HalfCauchy(float("inf")),
        lambda: P.HalfStudentT(0, 1),
        lambda: P.StudentT(3, 0, -1),
        lambda: P.LogNormal(0, 0),
        lambda: P.Uniform(1, 1),
        lambda: P.Uniform(0, float("inf")),
    ],
)
def test_impossible_parameters_are_refused(make):
    with pytest.raises(AnalysisError):
        make()


# The priors table ------------------------------------------------------------------------------------


class Table:
    def __init__(self, rows):
        self.rows = tuple({"df": None, "location": None, "scale": None, **row} for row in rows)

    def __getitem__(self, key):
        for row in self.rows:
            if row["prior_id"] == key:
                return row
        raise UsageError(f"{key!r} is not in the priors table")

    def where(self, **wanted):
        return tuple(row for row in self.rows if all(row[name] == value for name, value in wanted.items()))


def row(prior_id, purpose, distribution, set="default", measure="OR", **numbers):
    return dict(prior_id=prior_id, purpose=purpose, distribution=distribution, set=set, measure=measure, **numbers)


EVIDENCE = {
    "priors": Table(
        [
            row("or.mu", "mu", "Normal", location=0.0, scale=0.63),
            row("or.tau", "tau", "HalfNormal", scale=0.5),
            row("or.wide.mu", "mu", "StudentT", set="wide", location=0.0, scale=1.0, df=4.0),
            row("or.turner", "tau", "LogNormal", set="empirical", location=-2.0, scale=0.8),
            row("or.range", "tau", "Uniform", set="range", location=0.0, scale=2.0),
            row("or.unfinished", "tau", "HalfNormal", set="broken"),
            row("or.twice", "mu", "Flat", set="twice"),
            row("or.thrice", "mu", "Flat", set="twice"),
        ]
    )
}


def test_priors_by_name():
    assert P.named(EVIDENCE, "or.mu") == P.Normal(0.0, 0.63)
    assert P.named(EVIDENCE, "or.wide.mu") == P.StudentT(4.0, 0.0, 1.0)
    assert P.named(EVIDENCE, "or.turner") == P.LogNormal(-2.0, 0.8)
    assert P.named(EVIDENCE, "or.range") == P.Uniform(0.0, 2.0)
    assert P.named(EVIDENCE, "or.twice") == P.Flat()


def test_a_set_by_purpose():
    assert P.default_set(EVIDENCE, "OR") == {"mu": P.Normal(0.0, 0.63), "tau": P.HalfNormal(0.5)}
    assert P.default_set(EVIDENCE, "OR", set="wide") == {"mu": P.StudentT(4.0, 0.0, 1.0)}


def test_what_is_missing_in_the_table_is_named():
    with pytest.raises(AnalysisError, match="or.unfinished is HalfNormal and needs scale"):
        P.named(EVIDENCE, "or.unfinished")
    with pytest.raises(AnalysisError, match="no row for measure 'SMD'"):
        P.default_set(EVIDENCE, "SMD")
    with pytest.raises(AnalysisError, match="two rows for mu"):
        P.default_set(EVIDENCE, "OR", set="twice")
    with pytest.raises(UsageError, match="none; give a prior object"):
        P.named(None, "or.mu")
