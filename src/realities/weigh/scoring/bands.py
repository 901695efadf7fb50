"""Whether a 90 % band held as often as is asked of one: 80 to 97 in 100.

In come the places of figures in their predictions, or how many lay in their bands, of how many; out comes a
verdict. The scores of a study, the page and the tables of `bench/` use it.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc

Verdict = Literal["", "low", "low?", "high", "high?"]

#: What is asked of a quantity, and how rare a share must be to call a miss more than chance.
ASKED: Final = (0.80, 0.97)
RARE: Final = 0.05
#: The ends of the band.
BAND: Final = (0.05, 0.95)


def held(places: NDArray[np.float64]) -> tuple[int, int]:
    """Return how many figures lie in their bands, of how many, from their places in [0, 1]; NaN is none."""
    known = places[np.isfinite(places)]
    return int(((known >= BAND[0]) & (known <= BAND[1])).sum()), int(known.size)


def verdict(inside: int, n: int) -> Verdict:
    """Return what is to be said of figures in their bands: nothing, or that they are too few or too many.

    With `?` where a quantity whose bands hold 80 (or 97) in 100 would do as badly in more than one of
    twenty tries, if its figures were independent; they hardly ever are, so that a miss without `?` may be
    chance too. All of fewer than 34 is no miss: with one less it would be below 97 in 100.

    Examples
    --------
    >>> [verdict(inside, 40) for inside in (24, 31, 36, 40)]
    ['low', 'low?', '', 'high?']
    """
    if inside < ASKED[0] * n:
        return "low?" if bdtr(inside, n, ASKED[0]) > RARE else "low"
    if inside > ASKED[1] * n and inside - 1 >= ASKED[1] * n:
        return "high?" if bdtrc(inside - 1, n, ASKED[1]) > RARE else "high"
    return ""
