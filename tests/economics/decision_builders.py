"""One uncertain effect that differs between places, with an uncertain price and cost, over scrambles of its draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from economic_builders import controls, kernel, line
from scipy.special import logit, ndtri

from workbench.draws import Draws, uniforms
from workbench.economics import kernel_inputs
from workbench.economics.decision.voi import draw_set

OWN = controls(horizon=1)


def effects(n=4096, spread=0.4, seed=1, sign=1.0):
    """An effect whose average and spread are uncertain, drawn for a new place."""
    points = uniforms(["a", "b", "c"], n, seed, {"a": 0, "b": 1, "c": 2})
    centre, tau = 0.3 + 0.35 * ndtri(points[:, 0]), spread * np.abs(ndtri(points[:, 1] / 2))
    direction = "higher_is_better" if sign > 0 else "lower_is_better"
    return Draws(centre + tau * ndtri(points[:, 2]), centre, tau, "home", "home", "OR", direction, seed)


def question(n=4096, spread=0.4, seed=1, cost=900.0, price_sd=1000.0):
    draws = effects(n, spread, seed)
    points = uniforms(["p0", "price", "cost"], n, seed, {"p0": 3, "price": 4, "cost": 5})
    base, price = logit(0.2) + 0.15 * ndtri(points[:, 0]), 15_000 + price_sd * ndtri(points[:, 1])
    made = kernel([line(price, "home")], theta={"home": draws.raw}, logit_p0={"home": base}, n=n)
    made = replace(made, seed=seed, costs=(replace(kernel([line(price)], cost=1.0, n=n).costs[0], value=cost + 60 * ndtri(points[:, 2])),))
    return made, {"home": draws}


def sets(count=8, **changes):
    made = [question(seed=seed, **changes) for seed in range(1, count + 1)]
    return [draw_set(each, OWN, draws, kernel_inputs(each, OWN)) for each, draws in made]
