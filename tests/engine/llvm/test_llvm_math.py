from __future__ import annotations

import math
import re
from functools import cache

import mpmath
import numpy as np
import pytest
from compile_function import Compiled, compile_function, processors

from realities.engine.llvm.math.functions import MATH
from realities.engine.llvm.math.random import RANDOM
from realities.engine.llvm.math.random_xmile import RANDOM_XMILE
from realities.engine.llvm.math.special import N_ARGUMENTS, address
from realities.engine.llvm.writer import Writer
from realities.engine.reference.functions import FUNCTIONS
from realities.errors import SimulationError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy on what has no value

PROCESSORS = processors()
FUSED = [name for name in PROCESSORS if name != "old"]
TWO = {"power", "fmod", "xmile.mod", "vensim.modulo", "vensim.quantum", "vensim.log"}

#: Largest error that is promised, in units of the last place; mpmath's and NumPy's names.
PROMISED = {
    "exp": (1.1, "exp", "exp"),
    "expm1": (1.2, "expm1", "expm1"),
    "sinh": (0.85, "sinh", "sinh"),
    "cosh": (0.85, "cosh", "cosh"),
    "tanh": (1.05, "tanh", "tanh"),
    "ln": (0.85, "log", "log"),
    "xmile.log10": (0.55, "log10", "log10"),
    "log1p": (0.55, "log1p", "log1p"),
    "power": (0.85, "power", "power"),
    "sin": (0.9, "sin", "sin"),
    "cos": (0.9, "cos", "cos"),
    "tan": (1.0, "tan", "tan"),
    "arcsin": (0.85, "asin", "arcsin"),
    "arccos": (0.85, "acos", "arccos"),
    "arctan": (0.85, "atan", "arctan"),
}


@cache
def compiled(name: str, processor: str = PROCESSORS[0], n: int = 0, lanes: int = 8) -> Compiled:
    opt = 2 if processor == PROCESSORS[0] else 0  # both ways that a kernel is compiled
    return compile_function(MATH[name], n or (2 if name in TWO else 1), processor, lanes=lanes, opt=opt)


def near(points: object, n: int) -> np.ndarray:
    """Return n doubles on either side of each point, one after the other."""
    steps = np.arange(-n, n + 1)
    bits = np.asarray(points, dtype=np.float64).view(np.int64)[:, np.newaxis] + steps
    return bits.view(np.float64).ravel()


def inputs(name: str, n: int) -> list[np.ndarray]:
    """Return arguments of all sizes, many of them where a function changes its formula."""
    rng = np.random.default_rng(7)

    def between(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, n)

    def sizes(low: float, high: float) -> np.ndarray:
        return 10.0 ** rng.uniform(low, high, n) * np.where(rng.random(n) < 0.5, 1.0, -1.0)

    few = max(n // 100, 2)
    if name in ("exp", "expm1", "sinh", "cosh", "tanh"):
        least = -745.1 if name == "exp" else -709.7
        steps = near((rng.integers(1, 60, 5) - 0.5) * math.log(2.0), few)
        return [np.r_[between(-1, 1), between(-30, 30), between(least, 709.7), sizes(-20, 0), steps]]
    if name in ("ln", "xmile.log10"):
        edges = near(np.r_[0.75 + np.arange(9) / 32, 1.0625 + np.arange(8) / 16], few)
        return [np.r_[between(0.5, 2), between(0.9, 1.1), abs(sizes(-323, 308)), 1 + sizes(-16, -1), edges]]
    if name == "log1p":
        return [np.r_[between(-0.9, 2), sizes(-18, -1), abs(sizes(-300, 308)), -1 + abs(sizes(-16, -1))]]
    if name == "power":
        x = [abs(sizes(-3, 3)), abs(sizes(-300, 300)), 1 + sizes(-9, -1.5), rng.integers(2, 30, n) * 1.0]
        y = [
            between(-3, 3),
            between(-700, 700) / np.log(x[1]),
            between(-700, 700) / np.log(x[2]),
            rng.integers(-8, 9, n) * 1.0,
        ]
        return [np.concatenate(x), np.concatenate(y)]
    if name in ("sin", "cos", "tan"):
        turns = np.pi / 2 * rng.integers(1, 100_000, n)
        return [np.r_[between(-4, 4), between(-1e5, 1e5), sizes(-20, 9), turns]]
    if name in ("arcsin", "arccos"):
        return [np.r_[between(-1, 1), sizes(-20, 0), 1 - abs(sizes(-16, -1)), near([0.5, -0.5], few)]]
    assert name == "arctan"
    edges = np.array([7.0, 11.0, 19.0, 39.0]) / 16.0
    return [np.r_[between(-1, 1), between(-4, 4), sizes(-20, 20), near(edges, few)]]


def errors(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Return how far doubles are from exact numbers, in units of the last place of these."""
    rounded = exact.astype(np.float64)
    unit = np.array([math.ulp(value) if math.isfinite(value) else 1.0 for value in rounded.tolist()])
    return np.abs(((got - exact) / unit).astype(np.float64))


def by_mpmath(name: str, arguments: list[np.ndarray]) -> np.ndarray:
    function = getattr(mpmath, PROMISED[name][1])
    with mpmath.workprec(150):
        columns = [[mpmath.mpf(x) for x in argument.tolist()] for argument in arguments]
        return np.array([function(*row) for row in zip(*columns, strict=True)], dtype=object)


@pytest.mark.parametrize("name", PROMISED)
def test_results_are_within_the_promised_error(name: str) -> None:
    arguments = inputs(name, 100)
    exact = by_mpmath(name, arguments)
    for processor in PROCESSORS:
        got = compiled(name, processor)(*arguments)
        with mpmath.workprec(150):
            worst = errors(got, exact)
        at = int(worst.argmax())
        assert worst[at] <= PROMISED[name][0], (processor, [float(a[at]).hex() for a in arguments])


@pytest.mark.slow
@pytest.mark.parametrize("name", PROMISED)
def test_a_million_results_are_within_the_promised_error(name: str) -> None:
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("needs a C library with doubles of 80 bits")
    arguments = inputs(name, 250_000)
    exact = getattr(np, PROMISED[name][2])(*(a.astype(np.longdouble) for a in arguments))
    unit = np.spacing(np.abs(exact.astype(np.float64)))
    for processor in PROCESSORS:
        got = compiled(name, processor)(*arguments)
        worst = np.abs((got.astype(np.longdouble) - exact) / unit).astype(np.float64)
        at = int(worst.argmax())
        assert worst[at] <= PROMISED[name][0] + 0.001, (processor, [float(a[at]).hex() for a in arguments])


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_huge_angles_are_reduced_exactly(name: str) -> None:
    rng = np.random.default_rng(3)
    x = 10.0 ** rng.uniform(8, 308, 150) * np.where(rng.random(150) < 0.5, 1, -1)
    # The double that is nearest to a multiple of pi / 2, and others near 2^30 and at the end of the range.
    x = np.r_[x, 6381956970095103.0 * 2.0**797, np.finfo(float).max, near([2.0**30], 3)]
    with mpmath.workprec(1300):
        exact = np.array([getattr(mpmath, name)(mpmath.mpf(value)) for value in x.tolist()], dtype=object)
        for processor in PROCESSORS:
            assert errors(compiled(name, processor)(x), exact).max() <= 1.0


_FEW = [0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 1e-320, 1e308, math.inf]
_MORE = [710.0, 709.0, -708.5, -745.2, -746.0, 30.0, 1e17, 2.0**53, 2.0**53 - 1, 1.7e308, 5e-324, math.nan]
_EDGES = [np.nextafter(1.0, 2.0), np.nextafter(1.0, 0.0), np.finfo(float).tiny]
SPECIAL = np.array([*_FEW, *(-x for x in _FEW), *_MORE, *_EDGES])


def same(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return where two arrays are equal to the bit; NaN is NaN."""
    return (got.view(np.int64) == expected.view(np.int64)) | (np.isnan(got) & np.isnan(expected))


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("name", PROMISED)
def test_what_is_special_is_as_in_c(name: str, processor: str) -> None:
    pairs = [values.ravel() for values in np.meshgrid(SPECIAL, SPECIAL)]
    arguments = pairs if name in TWO else [SPECIAL]
    got = compiled(name, processor)(*arguments)
    expected = getattr(np, PROMISED[name][2])(*arguments)
    exact = np.isin(expected, [0.0, 1.0, -1.0, math.inf, -math.inf]) | np.isnan(expected)
    assert same(got, expected)[exact].all(), [a[~same(got, expected) & exact] for a in arguments]
    size = np.abs(expected[~exact])
    close = np.abs(got[~exact] - expected[~exact]) <= np.where(size < 1e-300, 1, 4) * np.spacing(size)
    assert close.all()


@pytest.mark.parametrize("processor", PROCESSORS)
def test_results_that_are_doubles_are_found_exactly(processor: str) -> None:
    tens = np.arange(-307.0, 309.0)
    powers = np.array([float(f"1e{int(n)}") for n in tens])
    assert np.array_equal(compiled("xmile.log10", processor)(powers), tens)
    assert np.array_equal(compiled("vensim.log", processor)(powers, 10.0), tens)
    twos = np.arange(-1074.0, 1024.0)
    assert np.array_equal(compiled("power", processor)(2.0, twos), np.ldexp(1.0, twos.astype(int)))
    base, exponent = (values.ravel() * 1.0 for values in np.meshgrid(np.arange(-40, 41), np.arange(0, 9)))
    assert np.array_equal(compiled("power", processor)(base, exponent), base**exponent)
    squares = np.arange(1.0, 2000.0) ** 2
    assert np.array_equal(compiled("power", processor)(squares, 0.5), np.sqrt(squares))
    assert np.array_equal(compiled("power", processor)(squares, 1.0), squares)


@pytest.mark.parametrize("name", ["ln", "xmile.log10", "log1p", "arctan", "arcsin", "sinh"])
def test_results_rise_from_double_to_double(name: str) -> None:
    points = [0.76, 0.78125, 0.96875] if name != "sinh" else [0.3465735902799726, 1.0397207708399179, 5.0]
    for block in near(points, 3000).reshape(len(points), -1):
        assert (np.diff(compiled(name)(block)) >= 0.0).all()


@pytest.mark.parametrize("name", [*PROMISED, "fmod", "xmile.mod", "vensim.quantum"])
def test_processors_with_fused_multiply_add_give_the_same_bits(name: str) -> None:
    if len(FUSED) < 2:
        pytest.skip("this machine runs one kind of code only")
    arguments = inputs(name, 500) if name in PROMISED else inputs("power", 500)
    if name in TWO:
        special = [values.ravel() for values in np.meshgrid(SPECIAL, SPECIAL)]
        arguments = [np.r_[a, s] for a, s in zip(arguments, special, strict=True)]
    else:
        arguments = [np.r_[arguments[0], SPECIAL]]
    one, other = (compiled(name, processor)(*arguments) for processor in FUSED)
    assert same(one, other).all()


@pytest.mark.parametrize("name", ["exp", "ln", "power", "sin", "fmod"])
def test_neither_lanes_nor_neighbours_change_a_result(name: str) -> None:
    rng = np.random.default_rng(5)
    usual = [rng.uniform(0.1, 9.0, 640) for _ in range(2 if name in TWO else 1)]
    mixed = [values.copy() for values in usual]
    mixed[0][::3] = rng.choice(SPECIAL, mixed[0][::3].size)
    mixed[0][1::3] *= np.where(np.arange(mixed[0][1::3].size) % 2, 1.0, 1e30)
    untouched = mixed[0] == usual[0]
    alone = compiled(name)(*usual)
    assert untouched.any()
    assert np.array_equal(compiled(name)(*mixed)[untouched], alone[untouched])
    assert same(compiled(name, lanes=16)(*mixed), compiled(name)(*mixed)).all()


def remainders() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(9)

    def sizes(low: float, high: float) -> np.ndarray:
        return 10.0 ** rng.uniform(low, high, 700) * np.where(rng.random(700) < 0.5, 1.0, -1.0)

    x = [sizes(-3, 3), sizes(-300, 300), sizes(-323, -300), sizes(-10, 300), sizes(300, 308), SPECIAL[:0]]
    y = [sizes(-3, 3), sizes(-300, 300), sizes(-323, -300), sizes(-10, 10), sizes(290, 308), SPECIAL[:0]]
    pairs = np.meshgrid(SPECIAL, SPECIAL)
    quarters = rng.integers(-40, 41, 700) / 4.0, rng.integers(1, 9, 700) / 4.0
    return np.r_[*x, pairs[0].ravel(), quarters[0]], np.r_[*y, pairs[1].ravel(), quarters[1]]


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("name", ["fmod", "vensim.modulo", "xmile.mod", "vensim.quantum"])
def test_remainders_have_numpys_bits(name: str, processor: str) -> None:
    x, y = remainders()
    expected = (np.fmod if name == "fmod" else FUNCTIONS[name])(x, y)
    got = compiled(name, processor)(x, y)
    assert same(got, expected).all(), (x[~same(got, expected)][:5], y[~same(got, expected)][:5])


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("name", ["xmile.round", "xmile.int", "vensim.integer", "abs", "sqrt"])
def test_roundings_have_numpys_bits(name: str, processor: str) -> None:
    x = np.r_[SPECIAL, np.arange(-9.0, 9.0, 0.25), np.random.default_rng(2).normal(0, 1e6, 300)]
    assert same(compiled(name, processor)(x), np.asarray(FUNCTIONS[name](x))).all()


@pytest.mark.parametrize("processor", PROCESSORS)
def test_the_writers_own_roundings_have_numpys_bits(processor: str) -> None:
    x = np.r_[SPECIAL, np.arange(-9.0, 9.0, 0.25), 2.0**51 + 0.5, 2.0**52 - 0.5, -0.3]
    assert same(compile_function(Writer.ceil, 1, processor)(x), np.ceil(x)).all()
    assert same(compile_function(Writer.nearest, 1, processor)(x), np.rint(x)).all()


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize(
    "name", [*PROMISED, "fmod", "xmile.mod", "xmile.int", "vensim.integer", "xmile.round"]
)
def test_nothing_is_left_to_the_c_library(name: str, processor: str) -> None:
    made = compiled(name, processor)
    assembly = made.assembly
    own = set(re.findall(r"define internal .*@([\w.]+)\(", made.text))
    called = set(re.findall(r"\bcallq?\s+([A-Za-z_][\w.]*)", assembly))
    assert called <= own
    assert "entry:" in assembly


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("name", ["vensim.date", "vensim.date_of_360"])
def test_dates_have_the_reference_engines_bits(name: str, processor: str) -> None:
    rng = np.random.default_rng(4)
    days = np.r_[rng.uniform(-1e6, 1e6, 600), rng.integers(-999_999, 999_999, 600), np.arange(600.0) / 24]
    measure = rng.integers(0, 11, days.size) * 1.0
    expected = FUNCTIONS[name](days, measure)
    assert same(compiled(name, processor, 2)(days, measure), expected).all()


def parameters(name: str, n: int) -> list[np.ndarray]:
    """Return uniform numbers and parameters of a random function, for which it has values."""
    rng = np.random.default_rng(11)

    def between(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, n)

    def counts(high: int) -> np.ndarray:
        return rng.integers(1, high, n) * 1.0

    u = rng.permutation((np.arange(n) + 0.5) / n)
    wide = np.where(rng.random(n) < 0.5, -1e6, between(-3, 4)), np.where(rng.random(n) < 0.5, 1e6, 8.0)
    counted = between(-1, 2), between(5, 100)
    scaling = between(-1, 1), between(0.5, 2)
    table: dict[str, tuple[np.ndarray, ...]] = {
        "vensim.random_uniform": (between(-3, 1), between(1, 5)),
        "vensim.random_normal": (*wide, between(-1, 1), np.where(u < 0.1, 0.0, between(0.1, 2))),
        "vensim.random_exponential": (between(-1, 0.1), between(1, 3), between(-0.5, 0.5), between(0.8, 2)),
        "vensim.random_gamma": (between(0, 1), between(1, 9), between(0.2, 5), *scaling),
        "vensim.random_beta": (
            *(between(-0.5, 0.3), between(0.6, 1.5), between(0.2, 5), between(0.2, 5)),
            *(between(-0.1, 0.1), between(0.8, 1.2)),
        ),
        "vensim.random_weibull": (between(-1, 0.1), between(1, 3), between(0.8, 3), *scaling),
        "vensim.random_triangular": (
            *(between(-1, 0.1), between(0.7, 3)),
            *(between(-0.5, 0.2), between(0.3, 0.5), between(0.6, 2)),
        ),
        "vensim.random_poisson": (*counted, between(0.1, 40), *scaling),
        "vensim.random_binomial": (*counted, between(0.01, 0.99), counts(40), *scaling),
        "vensim.random_negative_binomial": (*counted, between(0.2, 0.99), counts(20), *scaling),
        "xmile.exprnd": (between(-1, 5),),
        "xmile.lognormal": (between(0.1, 5), between(0.1, 3)),
        "xmile.normal": (between(-1, 1), between(-0.1, 2)),
        "xmile.poisson": (between(0.1, 50),),
        "xmile.random": (between(-3, 1), between(1, 5)),
        "xmile.beta": (between(0.2, 5), between(0.2, 5)),
        "xmile.binomial": (counts(40), between(-0.1, 1.1)),
        "xmile.gamma": (between(0.1, 9), between(0.1, 3)),
        "xmile.logistic": (between(-1, 1), between(0.1, 2)),
        "xmile.pareto": (between(0.5, 5), between(0.1, 3)),
        "xmile.triangular": (between(-1, 0), between(0, 1), between(1, 2)),
        "xmile.weibull": (between(0.5, 5), between(0.1, 3)),
    }
    return [u, *table[name]]


#: Those with an exponential function or a logarithm inside: how many units of the last place they may differ.
INEXACT = {
    "vensim.random_exponential": 64,
    "vensim.random_weibull": 64,
    "xmile.exprnd": 4,
    "xmile.lognormal": 8,
    "xmile.logistic": 8,
    "xmile.pareto": 8,
    "xmile.weibull": 8,
}
#: Those with a difference of nearly equal numbers inside: near 0 they may differ as much as near 1.
AROUND_ZERO = {"vensim.random_exponential", "vensim.random_weibull", "xmile.logistic"}


@pytest.mark.parametrize("name", [*RANDOM, *RANDOM_XMILE])
def test_distributions_are_the_reference_engines(name: str) -> None:
    arguments = parameters(name, 300)
    expected = np.asarray(FUNCTIONS[name](*arguments))
    got = compiled(name, n=len(arguments))(*arguments)
    if name in INEXACT:
        size = np.maximum(np.abs(expected), 1.0 if name in AROUND_ZERO else 0.0)
        is_close = np.abs(got - expected) <= INEXACT[name] * np.spacing(size)
        assert (is_close | (np.isnan(got) & np.isnan(expected))).all()
    else:
        assert same(got, expected).all()


@pytest.mark.parametrize("processor", [p for p in PROCESSORS if p != PROCESSORS[0]])
def test_other_processors_call_the_same_c_functions(processor: str) -> None:
    arguments = parameters("vensim.random_normal", 100)
    got = compiled("vensim.random_normal", processor, len(arguments))(*arguments)
    assert same(got, np.asarray(FUNCTIONS["vensim.random_normal"](*arguments))).all()


@pytest.mark.parametrize("name", ["vensim.gamma_ln", "xmile.factorial"])
def test_gamma_functions_have_scipys_bits(name: str) -> None:
    x = np.r_[SPECIAL, np.linspace(-4.0, 180.0, 400)]
    assert same(compiled(name)(x), np.asarray(FUNCTIONS[name](x))).all()


def test_every_function_of_reals_is_there() -> None:
    of_arrays = {"part", "several", "xmile.element", "xmile.rank", "xmile.stddev", "vensim.invert_matrix"}
    missing = set(FUNCTIONS) - set(MATH) - of_arrays
    assert {name for name in missing if not name.startswith(("vensim.vector_", "vensim.allocate_"))} == {
        "vensim.demand_at_price",
        "vensim.find_market_price",
        "vensim.supply_at_price",
    }


def test_every_c_function_is_found() -> None:
    assert all(address(name) > 0 for name in N_ARGUMENTS)


def test_a_scipy_without_a_c_function_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.special import cython_special

    monkeypatch.setattr(cython_special, "__pyx_capi__", {})
    with pytest.raises(SimulationError, match=r"SciPy .* has no C function pdtrik .* reference engine"):
        address("pdtrik")
