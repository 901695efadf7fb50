"""Operations of a writer against NumPy, signs of zeros and not-a-numbers included."""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))

from compile_function import compile_function, processors

from realities.engine.llvm.kernel.random_words import counted, key, uniform
from realities.engine.llvm.writer import Writer, double
from realities.engine.reference import random as reference_random

_NUMBERS = (0.0, -0.0, 1.0, -1.0, 2.5, np.inf, -np.inf, np.nan, 5e-324, -1e300)


def _least(x: float, y: float) -> float:
    """Return the minimum as NumPy has it: NaN of either, and of two zeros the second."""
    if x != x or y != y:
        return np.nan
    return x if x < y else y


def _bits(values: object) -> list[str]:
    return [double(float(v)) if v == v else "NaN" for v in np.ravel(np.asarray(values, dtype=float))]


@pytest.mark.parametrize("processor", processors())
def test_minimum_and_maximum_give_the_second_zero_and_pass_on_what_is_no_number(processor: str) -> None:
    x, y = (np.array(column) for column in zip(*product(_NUMBERS, _NUMBERS), strict=True))
    least = compile_function(lambda w, a, b: w.minimum(a, b), 2, processor)(x, y)
    most = compile_function(lambda w, a, b: w.maximum(a, b), 2, processor)(x, y)
    assert _bits(least) == _bits([_least(a, b) for a, b in zip(x, y, strict=True)])
    assert _bits(most) == _bits([-_least(-a, -b) for a, b in zip(x, y, strict=True)])


@pytest.mark.parametrize("number", _NUMBERS)
def test_minimum_and_maximum_with_a_number_are_those_of_two_values(number: float) -> None:
    x = np.array(_NUMBERS)
    least = compile_function(lambda w, a: w.minimum(a, w.number(number)), 1)(x)
    assert _bits(least) == _bits([_least(a, number) for a in x])
    least = compile_function(lambda w, a: w.minimum(w.number(number), a), 1)(x)
    assert _bits(least) == _bits([_least(number, a) for a in x])
    most = compile_function(lambda w, a: w.maximum(a, w.number(number)), 1)(x)
    assert _bits(most) == _bits([-_least(-a, -number) for a in x])
    most = compile_function(lambda w, a: w.maximum(w.number(number), a), 1)(x)
    assert _bits(most) == _bits([-_least(-number, -a) for a in x])


@pytest.mark.parametrize("processor", processors())
def test_random_numbers_are_the_reference_engines_bit_for_bit(processor: str) -> None:
    rng = np.random.default_rng(1)
    n = 4096
    seed = rng.integers(0, 2**53, n).astype(float)
    stream = rng.normal(0.0, 1e6, n)
    step, draw = rng.integers(0, 20_000_000, n).astype(float), rng.integers(0, 2**40, n).astype(float)
    seed[:3], stream[:3], step[:3], draw[:3] = 2.0**53 - 1, (0.0, -0.0, np.inf), 0.0, (0.0, 1.0, 2.0**53)

    def number(w: Writer, seed: str, stream: str, step: str, draw: str) -> str:
        return uniform(w, key(w, seed, stream, step, site=7), counted(w, draw))

    found = compile_function(number, 4, processor)(seed, stream, step, draw)
    right = reference_random.uniform(seed, stream, step, draw, site=7)
    assert np.array_equal(found, right)
    assert found.min() > 0.0 and found.max() < 1.0
