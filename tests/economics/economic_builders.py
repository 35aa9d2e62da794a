"""Kernels and controls for tests of the arithmetic; what a test does not name is plain."""

from __future__ import annotations

import numpy as np

from workbench.economics import BenefitLine, Controls, CostLine, Kernel


def line(value, construct=None, **more):
    """A benefit line; what a test does not name is plain."""
    plain = dict(pathway_id="p", name="p", construct=construct, per_child=False, value=value, years=None, onset_years=1, lost=None, lost_years=1.0,
                 cashable=None, cash_class="cashable", payer="council", discount=0, societal=True, budget=True)  # fmt: skip
    return BenefitLine(**{**plain, **more})


def controls(horizon=10, rate=0.0, **more):
    schedule = np.r_[0.0, np.full(horizon - 1, rate)]
    return Controls(**{**dict(families=100, take_up=1.0, children_per_family=1.0, horizon=horizon, schedule=schedule), **more})


def kernel(benefits, cost=0.0, n=None, theta=None, logit_p0=None, payer="council"):
    n = n or len(benefits[0].value)
    costs = () if cost is None else (CostLine("c", "c", payer, np.full(n, float(cost)), None, True, True),)
    return Kernel(n, 1, "GBP", 2022, theta or {}, logit_p0 or {}, tuple(benefits), costs)
