"""Many small matrices at once, one for each draw: products, inverses, determinants.

In come stacks of matrices that are alike for all draws, or one each; out come products with a vector for each
draw, and inverses. LAPACK and BLAS take one matrix a call, and a call takes longer than the few hundred
operations that such a matrix needs; here each step is done for all draws together. `shared.py` and
`gaussian.py` are made of these.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return matrices (draw | 1, row, column) times vectors (draw | 1, column), shape (draw | 1, row).

    Examples
    --------
    >>> times(np.array([[[1.0, 2.0]]]), np.array([[3.0, 4.0], [5.0, 6.0]])).tolist()
    [[11.0], [17.0]]
    """
    if len(matrices) == 1:
        return np.asarray(vectors @ matrices[0].T)
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0])


def inverted(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return inverses (draw, row, row) of positive definite matrices, and log determinants (draw,).

    By elimination without exchanges (Gauss and Jordan), which such matrices do not need: they are as precise
    as those of LAPACK. A draw whose matrix is not one of numbers gets no numbers and spoils no other.

    Examples
    --------
    >>> inverse, log_det = inverted(np.array([[[4.0, 2.0], [2.0, 2.0]]]))
    >>> inverse.tolist(), np.exp(log_det).round(12).tolist()
    ([[[0.5, -0.5], [-0.5, 1.0]]], [4.0])
    """
    found = np.array(matrices.transpose(1, 2, 0), order="C")  # (row, column, draw)
    log_det = np.zeros(len(matrices))
    for j in range(len(found)):
        pivot = found[j, j].copy()
        log_det += np.log(pivot)
        row, column = found[j] / pivot, found[:, j].copy()
        found -= column[:, None] * row
        found[j], found[:, j] = row, column / -pivot
        found[j, j] = 1.0 / pivot
    return np.ascontiguousarray(found.transpose(2, 0, 1)), log_det
