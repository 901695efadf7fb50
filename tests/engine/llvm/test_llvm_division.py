"""Division by products and sums is division: the same bits, for whatever numbers."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))

from compile_function import compile_function, processors

from realities.engine.llvm.kernel.division import (
    FAR,
    LEAST,
    reciprocal,
    reciprocal_of,
    settled,
    try_any,
    try_known,
)
from realities.engine.llvm.writer import Value, Writer

_SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-300,
            1.7976931348623157e308, -1.7976931348623157e308, 1e308, FAR, 1.0 / FAR, 2 * FAR, 0.5 / FAR, LEAST,
            0.9 * LEAST, 3.0, 0.1, 1 - 2.0**-53, 1 + 2.0**-52, 2 - 2.0**-52)  # fmt: skip


def _by_known(w: Writer, dividend: Value, divisor: Value) -> Value:
    return settled(w, [try_known(w, dividend, divisor, reciprocal(w, divisor))])[0]


def _by_any(w: Writer, dividend: Value, divisor: Value) -> Value:
    return settled(w, [try_any(w, dividend, divisor)])[0]


def _several(place: int, *ways: str):
    """Return a function of several pairs that gives one of their quotients, all looked at together."""

    def divide(w: Writer, *numbers: Value) -> Value:
        pairs = zip(numbers[::2], numbers[1::2], ways, strict=True)
        trials = [
            try_any(w, x, y) if way == "any" else try_known(w, x, y, reciprocal(w, y)) for x, y, way in pairs
        ]
        return settled(w, trials)[place]

    return divide


_WAYS = [(_by_known, name) for name in processors() if name != "old"]
_WAYS += [(_by_any, name) for name in processors() if name == "avx512"]


@pytest.fixture(scope="module", params=_WAYS, ids=lambda way: f"{way[0].__name__}-{way[1]}")
def divided(request: pytest.FixtureRequest):
    function, processor = request.param
    return compile_function(function, 2, processor)


def _same(found: np.ndarray, right: np.ndarray) -> np.ndarray:
    both_nan = np.isnan(found) & np.isnan(right)
    return both_nan | (found.view(np.int64) == right.view(np.int64))


def _check(divided, dividend: np.ndarray, divisor: np.ndarray) -> None:
    dividend, divisor = (np.ascontiguousarray(x, dtype=np.float64) for x in (dividend, divisor))
    with np.errstate(all="ignore"):
        right = dividend / divisor
    wrong = np.flatnonzero(~_same(divided(dividend, divisor), right))
    assert not wrong.size, [(dividend[i].hex(), divisor[i].hex()) for i in wrong[:5]]


def test_all_pairs_of_special_numbers_divide_as_numpy_divides_them(divided) -> None:
    dividend, divisor = np.meshgrid(_SPECIAL, _SPECIAL)
    _check(divided, dividend.ravel(), divisor.ravel())


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("ways", [("known", "any", "known"), ("known",) * 3, ("any",) * 3])
def test_quotients_that_are_looked_at_together_are_each_right(ways: tuple[str, ...], place: int) -> None:
    if "any" in ways and "avx512" not in processors():
        pytest.skip("this processor has no approximate reciprocals of doubles")
    if processors() == ["old"]:
        pytest.skip("this processor has no fused multiply-add")
    compiled = compile_function(_several(place, *ways), 6)
    rng = np.random.default_rng(place)
    numbers = rng.uniform(-3.0, 3.0, (6, 40_000))
    odd = rng.random(numbers.shape) < 0.01  # so that most vectors have one, in any of the six
    numbers[odd] = rng.choice(_SPECIAL, odd.sum())
    with np.errstate(all="ignore"):
        right = numbers[2 * place] / numbers[2 * place + 1]
    assert _same(compiled(*numbers), right).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_many_millions_of_numbers_divide_as_numpy_divides_them(divided, seed: int) -> None:
    rng = np.random.default_rng(seed)
    spread = (1, 30, 400, 1000, 1073)[seed % 5]
    shape = (2, 4_000_000)
    sizes = np.ldexp(rng.uniform(1, 2, shape), rng.integers(-spread, min(spread, 1024), shape))
    _check(divided, *np.copysign(sizes, rng.uniform(-1, 1, shape)))


@pytest.mark.parametrize("exponent", [-1074, -1023, -1022, 1021, 1022, 1023])
def test_divisors_at_both_ends_of_the_doubles_divide_as_numpy_divides_by_them(divided, exponent: int) -> None:
    rng = np.random.default_rng(exponent + 2000)
    divisor = np.ldexp(rng.uniform(1, 2, 100_000), exponent)
    dividend = np.ldexp(
        rng.uniform(1, 2, 100_000), np.clip(exponent + rng.integers(-60, 60, 100_000), -1074, 1023)
    )
    _check(divided, dividend, divisor)


def test_divisors_with_a_mantissa_of_ones_or_of_one_bit_divide_as_in_numpy(divided) -> None:
    ones = np.concatenate([2.0 - 2.0**-52 * np.arange(1, 500), 1.0 + 2.0**-52 * np.arange(500)])
    dividend, divisor = np.meshgrid(ones, ones)
    _check(divided, dividend.ravel(), divisor.ravel())


@pytest.mark.parametrize("spread", [1, 300, 1020])
def test_numbers_of_any_size_divide_as_numpy_divides_them(divided, spread: int) -> None:
    rng = np.random.default_rng(spread)
    shape = (2, 400_000)
    dividend, divisor = np.ldexp(rng.uniform(-1, 1, shape), rng.integers(-spread, spread, shape))
    _check(divided, dividend, divisor)


def test_quotients_next_to_the_middle_of_two_doubles_round_the_right_way(divided) -> None:
    """Where B M = 2^k a + e for odd B and M, a / B is only e / (2^k B) off the middle M / 2^k."""
    rng = np.random.default_rng(4)
    dividends, divisors = [], []
    near_two = [2**53 - 1 - 2 * k for k in range(2000)]
    for b in (*near_two, *(int(b) | 1 for b in rng.integers(2**52, 2**53, 20_000))):
        for off in (1, -1, 3, -3):
            for bits in (53, 54):
                middle = off * pow(b, -1, 2**bits) % 2**bits
                a, rest = divmod(b * middle - off, 2**bits)
                assert rest == 0
                if middle >= 2**53 and 2**52 <= a < 2**53:
                    dividends.append(float(a))
                    divisors.append(float(b))
    assert len(dividends) > 10_000
    _check(divided, np.array(dividends), np.array(divisors))


def test_the_reciprocal_of_a_number_is_that_of_a_vector() -> None:
    compiled = compile_function(reciprocal, 1)
    numbers = np.array(_SPECIAL)
    assert _same(compiled(numbers), np.array([reciprocal_of(x) for x in _SPECIAL])).all()


def test_zeros_of_either_sign_divide_as_numpy_divides_them_beside_other_numbers(divided) -> None:
    """A vector with a zero among its dividends is right without being divided anew."""
    rng = np.random.default_rng(9)
    divisor = np.ldexp(rng.uniform(-1, 1, 40_000), rng.integers(-1074, 1024, 40_000))
    dividend = rng.choice((0.0, -0.0, 1.5, -2.5), 40_000)
    _check(divided, dividend, divisor)
