"""Log density of a normal vector given its covariance, with the gradient, in one compiled loop.

PyTensor would build the same from a Cholesky factor and its pullback: a dozen calls of LAPACK, which for the few rows of a
family take ten times as long as the arithmetic. Imported only when a model is built, for it loads PyTensor.
"""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch import numba_funcify
from pytensor.link.numba.dispatch.basic import numba_njit


class NormalDensity(Op):
    """(covariance (n, n), residual (n,)) to log density, without its constant, and its slope by the covariance (n, n).

    log p = -(r' S^-1 r + log det S) / 2; d log p / d S = (S^-1 r r' S^-1 - S^-1) / 2. Both are nan where S has no Cholesky
    factor. The residual is data: no gradient by it.
    """

    __props__ = ()

    def make_node(self, covariance: Any, residual: Any) -> Apply:
        """Build the node of the graph."""
        return Apply(self, [pt.as_tensor(covariance), pt.as_tensor(residual)], [pt.dscalar(), pt.dmatrix()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """Compute it without Numba, as PyTensor does when it checks a graph."""
        value, slope = density(*(np.asarray(part, float) for part in inputs))
        output_storage[0][0], output_storage[1][0] = np.asarray(value), slope

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list:
        """Slope by the covariance."""
        return [cotangents[0] * outputs[1], DisconnectedType()()]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """Only the covariance moves the density."""
        return [[True, False], [False, False]]


if not hasattr(Op, "pullback"):  # PyTensor 2 calls it by another name
    NormalDensity.L_op = NormalDensity.pullback


def density(covariance: np.ndarray, residual: np.ndarray) -> tuple[float, np.ndarray]:
    """See `NormalDensity`; plain loops, for Numba."""
    n = residual.shape[0]
    root, inverse, slope = np.zeros((n, n)), np.zeros((n, n)), np.full((n, n), np.nan)
    white, pull = np.zeros(n), np.zeros(n)
    value = 0.0
    for i in range(n):
        for j in range(i + 1):
            rest = covariance[i, j]
            for m in range(j):
                rest -= root[i, m] * root[j, m]
            if i > j:
                root[i, j] = rest / root[j, j]
            elif rest > 0:
                root[i, i] = sqrt(rest)
            else:
                return np.nan, slope
        rest = residual[i]
        for m in range(i):
            rest -= root[i, m] * white[m]
        white[i] = rest / root[i, i]
        value -= 0.5 * white[i] ** 2 + log(root[i, i])
    for j in range(n):  # inverse of the root
        inverse[j, j] = 1 / root[j, j]
        for i in range(j + 1, n):
            rest = 0.0
            for m in range(j, i):
                rest -= root[i, m] * inverse[m, j]
            inverse[i, j] = rest / root[i, i]
    for i in range(n):
        for m in range(i, n):
            pull[i] += inverse[m, i] * white[m]
    for i in range(n):
        for j in range(i + 1):
            rest = pull[i] * pull[j]
            for m in range(i, n):
                rest -= inverse[m, i] * inverse[m, j]
            slope[i, j] = slope[j, i] = 0.5 * rest
    return value, slope


@numba_funcify.register(NormalDensity)
def _compiled(op: NormalDensity, **_: Any) -> Any:
    inner = numba_njit(density)

    @numba_njit
    def both(covariance, residual):
        value, slope = inner(covariance, residual)
        return np.array(value), slope

    return both
