"""Random numbers that depend on where they are used, not on when.

In come a seed, a draw, a step and a site (which call of the model); out goes a number in (0, 1). Each is
a hash of these four, so that it is the same for any number of draws, blocks and threads.
`functions.py` turns it into other distributions by their inverse distribution functions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
WordArray = NDArray[np.uint64]

#: The odd integer nearest 2^64 over the golden ratio: multiples of it fill the circle evenly.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def uniform(
    seed: FloatArray, stream: FloatArray, step: FloatArray, draw: FloatArray, *, site: int
) -> FloatArray:
    """Return uniform numbers in (0, 1), never an end point.

    Parameters
    ----------
    seed
        Seed of the run, a whole number below 2^53.
    stream
        The seed that the model's author wrote in the call; any number.
    step, draw
        Number of the time step and of the draw, from 0; broadcast against each other.
    site
        Number of the call in its model.

    References
    ----------
    Steele, G., Lea, D. and Flood, C. (2014). Fast splittable pseudorandom number generators.
    OOPSLA 2014. The mixing function is its SplitMix64, used as a hash of a counter.
    """
    with np.errstate(over="ignore"):  # whole numbers modulo 2^64 are meant
        key = scramble(_word(seed))
        for part in (np.uint64(site), _bits(stream), _word(step)):
            key = scramble(key ^ part)
        words = scramble(key + (_word(draw) + np.uint64(1)) * _GOLDEN)
    # 52 bits and a half: exact in a double, and neither 0 nor 1.
    return np.asarray(((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52)


def scramble(words: WordArray) -> WordArray:
    """Return the words hashed one by one; a bijection in which each input bit turns half of the output."""
    words = words + _GOLDEN
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(words ^ (words >> np.uint64(31)))


def _word(whole: FloatArray) -> WordArray:
    return np.asarray(whole).astype(np.uint64)


def _bits(number: FloatArray) -> WordArray:
    # NaN has many bit patterns, and which one comes out of a calculation is the processor's choice.
    number = np.where(np.isnan(number), np.nan, number)
    return np.ascontiguousarray(np.asarray(number, dtype=np.float64)).view(np.uint64)
