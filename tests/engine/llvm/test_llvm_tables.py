"""Compiled tables read what the reference engine reads, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import compile_function as cf
import numpy as np
import pytest

from realities.engine.llvm.tables.readings import READINGS
from realities.engine.llvm.writer import Target
from realities.engine.reference.kernels import READINGS as MEANINGS
from realities.engine.reference.lookups import Table
from realities.ir.model import Lookup, LookupMode

NASTY = [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308]
MODES: tuple[LookupMode, ...] = ("interpolate", "extrapolate", "discrete", "backward")
#: Sizes on both sides of each change of method, and two of data series.
SIZES = (1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 70, 3000)


#: Processors, and lanes of a vector.
TARGETS = [(processor, lanes) for processor in cf.processors() for lanes in (8, 16)]


def _compiled(
    table: Lookup, processor: str, lanes: int = 8, reading: str = "lookup", n_arguments: int = 1
) -> cf.Compiled:
    usual = cf.PROCESSORS[processor]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(cf.PROCESSORS, processor, Target(lanes, usual.has_fma, usual.has_avx512))
        return cf.compile_function(
            lambda w, *x: READINGS[reading](w, table, *x[:n_arguments]), max(n_arguments, 1), processor
        )


def _abscissas(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    match kind:
        case "even":
            return np.linspace(0.0, 2.0, n)
        case "years":
            return 2000.0 + 0.1 * np.arange(n)
        case "random":
            return np.sort(rng.normal(size=n))
        case "shared":
            return np.sort(rng.integers(0, n // 2 + 1, n)).astype(float)
        case "wide":
            return np.sort(10.0 ** rng.uniform(-300, 300, n) * rng.choice([-1.0, 1.0], n))
        case _:
            few = [0.0, 5e-324, 1e-310, 1.0, np.nextafter(1.0, 2.0), -1.0, 1e308, -1.7e308, 3.0]
            return np.sort(rng.choice(few, n))


def _ordinates(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    match kind:
        case "random":
            return rng.normal(size=n)
        case "falling":
            return np.sort(rng.random(n))[::-1]
        case "steps":
            return np.round(rng.normal(size=n))
        case _:
            return rng.choice([-0.0, 0.0, 1e308, -1e308, 5e-324, 1.0, np.inf, np.nan], n)


def _arguments(rng: np.random.Generator, xs: np.ndarray) -> np.ndarray:
    """Return every point, its neighbours, what lies between and beyond, and what is hardly a number."""
    with np.errstate(over="ignore"):
        around = rng.uniform(-0.2, 1.2, 300) * min(xs[-1] - xs[0], 1e308) + xs[0]
    near = [np.nextafter(xs, np.inf), np.nextafter(xs, -np.inf), xs[1:] / 2 + xs[:-1] / 2]
    return np.concatenate([xs, *near, around, NASTY])


def _agrees(found: np.ndarray, wanted: np.ndarray) -> None:
    same = (found.view(np.int64) == wanted.view(np.int64)) | (np.isnan(found) & np.isnan(wanted))
    assert same.all(), (found[~same][:5], wanted[~same][:5])


def _table(rng: np.random.Generator, n: int, abscissas: str, ordinates: str, mode: LookupMode) -> Lookup:
    xs, ys = _abscissas(rng, abscissas, n), _ordinates(rng, ordinates, n)
    return Lookup("table", tuple(xs.tolist()), tuple(ys.tolist()), mode)


@pytest.mark.parametrize(("processor", "lanes"), TARGETS)
@pytest.mark.parametrize("abscissas", ["even", "years", "random", "shared", "wide", "nasty"])
def test_a_compiled_table_is_the_reference_table_to_the_last_bit(
    processor: str, lanes: int, abscissas: str
) -> None:
    rng = np.random.default_rng([len(processor), lanes, len(abscissas)])
    for n in rng.choice(SIZES, 5, replace=False):
        ordinates, mode = rng.choice(["random", "falling", "steps", "nasty"]), rng.choice(MODES)
        table = _table(rng, n, abscissas, ordinates, mode)
        x = _arguments(rng, np.array(table.xs))
        with np.errstate(all="ignore"):
            _agrees(_compiled(table, processor, lanes)(x), Table.of(table).at(x))


@pytest.mark.slow
@pytest.mark.parametrize(("processor", "lanes"), TARGETS)
@pytest.mark.parametrize("mode", MODES)
def test_tables_of_every_size_agree(processor: str, lanes: int, mode: LookupMode) -> None:
    rng = np.random.default_rng(7)
    for n in (*range(1, 19), 31, 32, 33, 34, 63, 64, 65, 70, 500, 5000):
        for abscissas in rng.choice(["even", "random", "shared", "wide", "nasty"], 2, replace=False):
            ordinates = rng.choice(["random", "falling", "steps", "nasty"])
            table = _table(rng, n, abscissas, ordinates, mode)
            x = _arguments(rng, np.array(table.xs))
            with np.errstate(all="ignore"):
                _agrees(_compiled(table, processor, lanes)(x), Table.of(table).at(x))


@pytest.mark.slow
def test_millions_of_arguments_agree() -> None:
    rng = np.random.default_rng(8)
    for n in (2, 7, 10, 16, 30, 100):
        for abscissas in ("even", "random"):
            table = _table(rng, n, abscissas, "random", "interpolate")
            x = rng.uniform(table.xs[0] - 0.1, table.xs[-1] + 0.1, 1_000_000)
            _agrees(_compiled(table, cf.processors()[0])(x), Table.of(table).at(x))


def test_every_reading_is_compiled() -> None:
    assert set(READINGS) == set(MEANINGS)


# --- the other readings ------------------------------------------------------------------------------


def _times(rng: np.random.Generator, table: Lookup, n: int = 400) -> np.ndarray:
    """Return points, times near them and elsewhere, in no order."""
    xs = np.array(table.xs)
    near = rng.choice(xs, n) + rng.choice([0.0, 1e-9, -1e-9, 1e-4, -1e-4], n)
    low, high = xs[0] - 1.0, xs[-1] + 1.0
    return np.where(rng.random(n) < 0.5, near, rng.uniform(low, high, n))


def _others(rng: np.random.Generator, reading: str, table: Lookup) -> list[np.ndarray]:
    """Return arguments of a reading other than that of a lookup."""
    x = np.concatenate([_times(rng, table), NASTY])
    match reading:
        case "vensim.lookup_slope":
            return [x, rng.choice([0.0, 1.0, -1.0, 2.0, np.nan], x.size)]
        case "vensim.lookup_invert":
            y = rng.choice(np.array(table.ys), x.size)
            return [np.where(rng.random(x.size) < 0.5, y, y + 0.1 * rng.normal(size=x.size))]
        case "vensim.data_between_times":
            modes = rng.choice([0.0, 1.0, -1.0, 0.5, np.nan], x.size)
            return [x, modes, rng.choice([0.25, 1.0, 0.0, np.nan], x.size)]
        case "vensim.random_lookup":
            n = x.size
            least, most = rng.choice([-np.inf, -1.0, 0.2, 3.0], n), rng.choice([np.inf, 1.0, 0.5], n)
            return [rng.random(n), least, most, rng.choice([0.0, 0.3], n), rng.choice([1.0, -2.0, 0.0], n)]
        case "vensim.data_at_time":
            return [x]
        case _ if reading in ("vensim.data_first_time", "vensim.data_last_time", "vensim.data_total_points"):
            return []
        case _:
            return [x, rng.permutation(x)]


def _check_reading(reading: str, processor: str, n: int, abscissas: str) -> None:
    rng = np.random.default_rng([len(reading), len(processor), n, len(abscissas)])
    table = _table(rng, n, abscissas, "random" if rng.random() < 0.5 else "falling", "interpolate")
    if reading == "vensim.random_lookup":
        table = replace(table, ys=tuple(abs(y) for y in table.ys))
    arguments = _others(rng, reading, table)
    with np.errstate(all="ignore"):
        wanted = MEANINGS[reading](Table.of(table), *arguments)
    found = _compiled(table, processor, 8, reading, len(arguments))(*arguments or [0.0])
    _agrees(found, np.broadcast_to(wanted, found.shape))


#: The best processor and the least.
EXTREMES = sorted({cf.processors()[0], cf.processors()[-1]})
READ_OTHERWISE = sorted(set(MEANINGS) - {"lookup"})


@pytest.mark.parametrize("reading", READ_OTHERWISE)
@pytest.mark.parametrize("processor", EXTREMES)
def test_every_other_reading_is_that_of_the_reference_engine(processor: str, reading: str) -> None:
    for n, abscissas in ((1, "even"), (7, "shared"), (25, "random")):
        _check_reading(reading, processor, n, abscissas)


@pytest.mark.slow
@pytest.mark.parametrize("reading", READ_OTHERWISE)
@pytest.mark.parametrize("processor", cf.processors())
def test_other_readings_of_every_size_agree(processor: str, reading: str) -> None:
    for n in (1, 2, 3, 5, 9, 12, 16, 25, 60, 200):
        for abscissas in ("even", "years", "shared", "random"):
            _check_reading(reading, processor, n, abscissas)
