"""Compiled functions of whole arrays compute what the reference engine computes, to the last bit."""

from __future__ import annotations

from collections.abc import Callable

import compile_function as cf
import numpy as np
import pytest

from realities.engine.llvm.arrays.functions import ARRAYS
from realities.engine.llvm.arrays.parts import chosen
from realities.engine.llvm.writer import Module, Target, Value, Writer
from realities.engine.reference.functions import FUNCTIONS
from realities.errors import SimulationError
from realities.ir.builtins import BUILTINS, NOT_AVAILABLE

N_DRAWS = 203
NASTY = [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1e308, 1.0, -1.0]
Arguments = list[float | np.ndarray]


def compiled(key: str, n_results: int, arguments: Arguments, processor: str, lanes: int = 8) -> np.ndarray:
    """Return the results (draw, result) of a compiled function; numbers among the arguments are literals."""
    arrays = [a for a in arguments if isinstance(a, np.ndarray)]

    def write(w: Writer, which: Value, *given: Value) -> Value:
        rest = iter(given)
        inputs = [next(rest) if isinstance(a, np.ndarray) else w.number(a) for a in arguments]
        found = ARRAYS[key](w, n_results, *inputs)
        assert len(found) == n_results
        return chosen(w, which, found, w.number(np.nan)) if n_results > 1 else found[0]

    usual = cf.PROCESSORS[processor]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(cf.PROCESSORS, processor, Target(lanes, usual.has_fma, usual.has_avx512))
        code = cf.compile_function(write, 1 + len(arrays), processor)
    return np.stack([code(np.full(N_DRAWS, float(k)), *arrays) for k in range(n_results)], axis=-1)


def meant(key: str, arguments: Arguments) -> np.ndarray:
    """Return what the reference engine makes of them (draw, result)."""
    with np.errstate(all="ignore"):
        found = FUNCTIONS[key](*(np.asarray(a) for a in arguments))
    found = found if BUILTINS[key].is_vector else np.asarray(found)[..., np.newaxis]
    return np.broadcast_to(found, (N_DRAWS, found.shape[-1]))


def same_bits(found: np.ndarray, wanted: np.ndarray) -> None:
    same = (found == wanted) & (np.signbit(found) == np.signbit(wanted)) | (
        np.isnan(found) & np.isnan(wanted)
    )
    assert same.all(), (np.argwhere(~same)[:5], found[~same][:5], wanted[~same][:5])


def same_numbers(found: np.ndarray, wanted: np.ndarray) -> None:
    """Check the same but for the sign of a zero, which NumPy's minimum of zeros leaves to chance."""
    np.testing.assert_array_equal(found, wanted)


def nearly(found: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-11)


def check(
    key: str,
    arguments: Arguments,
    processor: str,
    agree: Callable[[np.ndarray, np.ndarray], None] = same_bits,
) -> None:
    lanes = 8 if len(arguments) % 2 else 16
    wanted = meant(key, arguments)
    agree(compiled(key, wanted.shape[-1], arguments, processor, lanes), wanted)


def numbers(rng: np.random.Generator, how: str) -> np.ndarray:
    """Return numbers (draw): any, few so that many are equal, or hardly numbers."""
    match how:
        case "few":
            return rng.integers(0, 3, N_DRAWS).astype(float)
        case "nasty":
            return rng.choice(NASTY, N_DRAWS)
        case _:
            return rng.normal(size=N_DRAWS)


#: The best processor and, as code without fused operations takes long to compile, at leisure the least; what
#: lies between is written like the one or the other.
BEST, *_, LEAST = [*cf.processors()[:1], *cf.processors()]
processors = pytest.mark.parametrize(
    "processor", [BEST, *([pytest.param(LEAST, marks=pytest.mark.slow)] if LEAST != BEST else [])]
)


@processors
@pytest.mark.parametrize("key", ["vensim.vector_sort_order", "vensim.vector_rank"])
def test_elements_are_sorted_alike(key: str, processor: str) -> None:
    rng = np.random.default_rng(1)
    for n, how in ((1, "any"), (3, "nasty"), (6, "few"), (33, "any"), (20, "nasty")):
        direction: float | np.ndarray = rng.choice([1.0, -1.0, 0.0, np.nan], N_DRAWS) if n % 2 else 1.0
        check(key, [direction, *(numbers(rng, how) for _ in range(n))], processor)


@processors
def test_the_element_of_a_rank_is_the_same(processor: str) -> None:
    rng = np.random.default_rng(2)
    for n, how in ((1, "any"), (4, "few"), (5, "nasty"), (17, "few")):
        wanted = rng.choice([1.0, 2.0, 2.4, 0.5, 0.0, n, n + 0.5, np.nan, np.inf], N_DRAWS)
        check("xmile.rank", [wanted, *(numbers(rng, how) for _ in range(2 * n))], processor)


@processors
def test_an_element_by_its_position_is_the_same(processor: str) -> None:
    rng = np.random.default_rng(3)
    for n in (1, 2, 9, 40):
        position = rng.choice(
            [0.0, 1.0, 1.5, -0.5, -0.4, n - 1.0, n - 0.5, n, np.nan, np.inf, -np.inf], N_DRAWS
        )
        elements = [numbers(rng, "nasty") for _ in range(n)]
        check("xmile.element", [position, *elements], processor)
        picked = compiled("pick", 1, [position, *elements], processor)[:, 0]
        outside = ~((position > -0.5) & (position < n - 0.5))
        place = np.where(outside, 0.0, np.floor(position + 0.5)).astype(int)
        wanted = np.where(outside, NOT_AVAILABLE, np.stack(elements)[place, np.arange(N_DRAWS)])
        same_bits(picked, np.where(np.isnan(position), np.nan, wanted))


@processors
def test_a_deviation_is_the_same(processor: str) -> None:
    rng = np.random.default_rng(4)
    for n in (1, 2, 7, 50):
        check("xmile.stddev", [numbers(rng, "any") for _ in range(n)], processor)


@processors
@pytest.mark.parametrize("mode", [*range(11), None])
def test_a_vector_read_as_a_lookup_is_the_same(mode: int | None, processor: str) -> None:
    rng = np.random.default_rng([5, mode or 0])
    for n in (1, 2, 3, 12) if mode is None else ((2, 9)[mode % 2],):
        x = np.where(rng.random(N_DRAWS) < 0.8, rng.integers(-2, 12, N_DRAWS) / 2.0, numbers(rng, "nasty"))
        least, most = np.zeros(N_DRAWS), rng.choice([4.0, 8.0, 0.0], N_DRAWS, p=[0.5, 0.45, 0.05])
        how = rng.choice(["few", "any"])
        ys = [numbers(rng, how) for _ in range(n)]
        if mode in (5, 8):
            ys = list(np.sort(np.stack(ys), axis=0))
        chosen_mode = rng.integers(-1, 12, N_DRAWS).astype(float) if mode is None else float(mode)
        check("vensim.vector_lookup", [x, least, most, chosen_mode, *ys], processor)


@processors
@pytest.mark.parametrize("action", [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11])
def test_what_is_selected_is_the_same(action: int, processor: str) -> None:
    rng = np.random.default_rng([6, action])
    for n, how in ((4, "any"), (12, "few")):
        pairs = []
        for _ in range(n):
            pairs += [rng.choice([0.0, 1.0, 2.0, -1.0], N_DRAWS), numbers(rng, how)]
        error = rng.choice([0.0, 1.0, 2.0, 3.0], N_DRAWS)
        agree = same_numbers if action in (2, 3, 7, 8) else same_bits
        check("vensim.vector_select", [numbers(rng, "any"), float(action), error, *pairs], processor, agree)


@processors
@pytest.mark.parametrize("action", [5.0, None])
def test_a_product_of_powers_is_nearly_the_same(action: float | None, processor: str) -> None:
    rng = np.random.default_rng(7)
    pairs = [rng.uniform(0.5, 2.0, N_DRAWS) for _ in range(6)]
    actions = rng.integers(0, 12, N_DRAWS).astype(float) if action is None else action
    check("vensim.vector_select", [-1.0, actions, 0.0, *pairs], processor, nearly)


@processors
def test_matrices_have_the_same_inverse(processor: str) -> None:
    rng = np.random.default_rng(8)
    for n, how in ((1, "few"), (2, "few"), (3, "any"), (3, "nasty"), (4, "few"), (7, "any")):
        check("vensim.invert_matrix", [numbers(rng, how) for _ in range(n * n)], processor)


def test_an_inverse_is_an_inverse() -> None:
    rng = np.random.default_rng(9)
    matrices = rng.normal(size=(N_DRAWS, 6, 6))
    entries = [matrices[:, i, j].copy() for i in range(6) for j in range(6)]
    found = meant("vensim.invert_matrix", [*entries]).reshape(matrices.shape)
    np.testing.assert_allclose(found, np.linalg.inv(matrices), rtol=1e-7, atol=1e-9)


# --- sharing a supply --------------------------------------------------------------------------------


def _claims(rng: np.random.Generator, n: int, kinds: list[float] | None) -> Arguments:
    """Return claims of known types, or of any."""
    claims: Arguments = []
    for k in range(n):
        kind = rng.integers(0, 3, N_DRAWS).astype(float) if kinds is None else kinds[k % len(kinds)]
        width = rng.choice([0.0, 1.0, 2.5, -1.0], N_DRAWS)
        claims += [rng.integers(0, 10, N_DRAWS) / 2.0, kind, rng.integers(0, 5, N_DRAWS).astype(float), width]
        claims.append(0.0)
    return claims


@processors
@pytest.mark.parametrize("kinds", [[1.0], [2.0, 0.0], None])
def test_a_supply_is_shared_alike(kinds: list[float] | None, processor: str) -> None:
    rng = np.random.default_rng(10)
    for n in (1, 3, 9):
        available = rng.choice([0.0, 1.0, 5.3, 12.0, 100.0, -1.0, np.nan], N_DRAWS)
        check("vensim.allocate_available", [available, *_claims(rng, n, kinds)], processor)


@processors
@pytest.mark.parametrize("kinds", [[3.0], [4.0], [3.0, 1.0, 4.0]])
def test_a_supply_is_shared_nearly_alike_by_curves_with_exponentials(
    kinds: list[float], processor: str
) -> None:
    rng = np.random.default_rng(11)
    available = rng.choice([1.0, 5.3, 12.0, 100.0], N_DRAWS)
    check("vensim.allocate_available", [available, *_claims(rng, 4, kinds)], processor, nearly)


@processors
def test_a_supply_is_shared_alike_by_priority(processor: str) -> None:
    rng = np.random.default_rng(12)
    for n in (1, 4, 11):
        pairs: Arguments = [rng.integers(0, 6, N_DRAWS).astype(float) for _ in range(2 * n)]
        available, width = rng.uniform(-1.0, 20.0, N_DRAWS), rng.choice([0.0, 1.0, 3.0], N_DRAWS)
        check("vensim.allocate_by_priority", [available, width, *pairs], processor)


@processors
def test_a_market_has_the_same_price(processor: str) -> None:
    rng = np.random.default_rng(13)
    for n, m, kinds in ((1, 1, [1.0]), (3, 2, [2.0, 1.0, 0.0]), (2, 2, None)):
        claims = _claims(rng, n + m, kinds)
        check("vensim.find_market_price", [float(n), *claims], processor)
    for key in ("vensim.demand_at_price", "vensim.supply_at_price"):
        for kinds in ([0.0], [1.0], [2.0], [3.0], None):
            check(key, [rng.normal(size=N_DRAWS), *_claims(rng, 1, kinds)], processor)


@processors
def test_a_type_of_curve_that_only_some_draws_have_is_right_for_each(processor: str) -> None:
    rng = np.random.default_rng(14)
    claims = _claims(rng, 3, None)
    for k in range(3):
        claims[5 * k + 1] = rng.integers(0, 5, N_DRAWS).astype(float)
    check("vensim.allocate_available", [rng.uniform(0.0, 9.0, N_DRAWS), *claims], processor, nearly)


def test_a_type_of_curve_that_there_is_not_is_told() -> None:
    w = Writer(Module(Target()))
    claim = [w.number(2.0), w.number(5.0), "%priority", "%width", "%extra"]
    for key in ("vensim.allocate_available", "vensim.demand_at_price"):
        with pytest.raises(SimulationError, match="of type 5: only 0 fixed"):
            ARRAYS[key](w, 1, "%available", *claim)
    kind = np.where(np.arange(N_DRAWS) % 2, 1.0, 5.0)
    found = compiled("vensim.allocate_available", 1, [1.0, 2.0, kind, 0.0, 1.0, 0.0], cf.processors()[0])
    assert (np.isnan(found[:, 0]) == (kind == 5.0)).all()


def test_every_function_of_arrays_is_compiled() -> None:
    several = {key for key, row in BUILTINS.items() if row.is_vector}
    assert several <= set(ARRAYS)
    assert set(ARRAYS) - {"pick"} <= set(BUILTINS)
