"""Models to measure engines with: always the same text for the same size, and nothing in them is idle.

    python bench/workloads.py NAME [--out MODEL.mdl] [--prove]

    B          150 equations, 20 of them stocks, 40 constants, 1000 steps of Euler, 5 outputs at 51 times
    B50, B500, B1500    the same mix of operations, with other numbers of equations
    lookups    300 equations, 50 of them lookups, 400 steps, 5 outputs at 51 times
    sir        3 stocks and 6 auxiliaries, 4 divisions a step, 1000 steps, 3 outputs at 51 times

Each is Vensim text (`Workload.text`), so that other programs can open it, and a model (`Workload.model()`).
A compiler leaves out what no output needs, so an idle equation would make it look faster than it is:
`idle` must find nothing. (`--prove` also prints `unfelt`: variables that are needed, but that a MIN or MAX
happens to hide in all of some draws; no compiler can know that.) `by_hand.py` writes the same models as
NumPy, JAX and C; `bench_engines.py` compares.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from realities.engine.reference import Simulator
from realities.ir.expr import Binary, Call, references, walk
from realities.ir.model import Model
from realities.model.load import load_model

TIME_STEP = 0.25
N_CONSTANTS, N_TIMES, N_SAVES = 40, 8, 50

#: Of 130 auxiliaries, how many are of a kind, and what it computes from earlier variables a, b, c and
#: constants p > q, r. With the 20 stocks that is 61 additions, 242 products, 34 differences, 46 divisions,
#: 32 MIN, 18 MAX, 12 choices, 10 lookups of 10 points, 5 EXP, 4 LN and 4 powers. Values stay below about 2.
KINDS: tuple[tuple[int, str], ...] = (
    (10, "{p} * table {i}({a} + {r} * {b})"),
    (5, "{p} * {a} * EXP(-0.5 * {b})"),
    (4, "LN(1.5 + {p} * {a} * {b})"),
    (4, "{q} * (0.1 + {p} * {a}) ^ {r}"),
    (12, "IF THEN ELSE({a} > {b}, {p} * {a}, {p} * {b})"),
    (3, "({p} * {a} + {q} * {b}) / (1 + {r} * {c})"),
    (17, "{p} * {a} / (1 + {q} * {b})"),
    (6, "{a} / (1 + {p} * {b})"),
    (14, "{p} * {a} * (1.1 - {q} * {b})"),
    (32, "MIN({a}, {p} * {b})"),
    (18, "MAX({a}, {p} * {b})"),
    (1, "{p} * {a} * {b}"),
    (4, "{a} * {b}"),
)
#: Seven of ten stocks, and the other three.
STOCKS = (
    "{s} = INTEG((0.1 + {p} * {a} - {s}) / {t}, {start})",
    "{s} = INTEG(({p} * {a} - {s}) / {t}, {start})",
)


@dataclass(frozen=True, slots=True)
class Workload:
    """A model as Vensim text, what to keep of a run, and how many steps one has.

    `varied` are its constants and their values; draws take them up to 10 % higher or lower.
    """

    name: str
    text: str
    outputs: tuple[str, ...]
    n_steps: int
    varied: Mapping[str, float]

    def model(self) -> Model:
        """Return the model, read from a file as a user's would be."""
        with tempfile.TemporaryDirectory() as folder:
            return load_model(self.write(Path(folder) / f"{self.name}.mdl"))

    def write(self, path: Path) -> Path:
        """Write the text to a file."""
        path.write_text(self.text, encoding="utf-8")
        return path

    def draws(self, n_draws: int, seed: int = 0) -> dict[str, np.ndarray]:
        """Return the varied constants, (draw,) each."""
        shares = np.random.default_rng(seed).uniform(0.9, 1.1, (len(self.varied), n_draws))
        return {name: value * row for (name, value), row in zip(self.varied.items(), shares, strict=True)}


def workload(name: str) -> Workload:
    """Return a workload by its name: sir, lookups, or B with a number of equations behind it (150)."""
    if name == "sir":
        return sir()
    if name == "lookups":
        return mixed(name, 300, n_steps=400, n_lookups=50)
    if found := re.fullmatch(r"B(\d*)", name):
        return mixed(name, int(found[1] or 150), n_steps=1000)
    raise ValueError(f"there is no workload {name}")


def sir() -> Workload:
    """Return an epidemic in which people meet less the more are ill."""
    constants = {"usual contacts": 8.0, "fear": 20.0, "chance": 0.05, "days ill": 10.0, "days immune": 60.0}
    equations = [
        "S = INTEG(waning - infection, 990)",
        "I = INTEG(infection - recovery, 10)",
        "R = INTEG(recovery - waning, 0)",
        "people = S + I + R",
        "prevalence = I / people",
        "contacts = usual contacts / (1 + fear * prevalence)",
        "infection = S * contacts * chance * prevalence",
        "recovery = I / days ill",
        "waning = R / days immune",
        *(f"{name} = {value!r}" for name, value in constants.items()),
    ]
    return Workload("sir", _text(equations, 1000), ("S", "I", "R"), 1000, constants)


def mixed(name: str, n_equations: int, *, n_steps: int, n_lookups: int | None = None) -> Workload:
    """Return a model of the mix of operations above, with more lookups and less of the rest if asked for."""
    rng = np.random.default_rng(3)
    n_stocks = round(n_equations * 20 / 150)
    n_shares = (N_CONSTANTS - N_TIMES) // 2
    high = {f"high share {i}": round(rng.uniform(0.82, 0.98), 3) for i in range(n_shares)}
    low = {f"low share {i}": round(rng.uniform(0.45, 0.6), 3) for i in range(n_shares)}
    times = {f"time {i}": round(rng.uniform(2.0, 9.0), 3) for i in range(N_TIMES)}
    stocks = [f"stock {i}" for i in range(n_stocks)]
    operands = _Operands(rng, stocks)
    equations = list(
        _auxiliaries(_counts(n_equations - n_stocks, n_lookups), operands, list(high), list(low), rng)
    )
    for i, (stock, inflow) in enumerate(zip(stocks, operands.left_over(n_stocks), strict=True)):
        share, time = list(high)[i % n_shares], list(times)[i % N_TIMES]
        form = STOCKS[i % 10 >= 7]
        equations.append(form.format(s=stock, p=share, a=inflow, t=time, start=0.4 + i % 11 / 10))
    constants = high | low | times
    used = set(re.findall(r"(?:high share|low share|time) \d+", " ".join(equations)))
    constants = {name: value for name, value in constants.items() if name in used}
    equations += [f"{constant} = {value!r}" for constant, value in constants.items()]
    outputs = tuple(stocks[i * n_stocks // 5] for i in range(5))
    return Workload(name, _text(equations, n_steps), outputs, n_steps, constants)


def _counts(n: int, n_lookups: int | None) -> list[int]:
    """Return how many of `n` auxiliaries are of each kind: shares as in `KINDS`, rounded to add up."""
    whole = [count for count, _ in KINDS]
    first = [n * whole[0] // sum(whole)] if n_lookups is None else [n_lookups]
    rest, total = n - first[0], sum(whole[1:])
    ends = [round(rest * sum(whole[1 : kind + 1]) / total) for kind in range(len(whole))]
    return first + [end - start for start, end in pairwise(ends)]


class _Operands:
    """Hands out variables, mostly the oldest that is still unused, so that in the end every one is used."""

    def __init__(self, rng: np.random.Generator, first: Sequence[str]) -> None:
        self._rng, self._known, self._unused = rng, list(first), list(first)

    def take(self) -> str:
        if self._unused and self._rng.random() < 0.7:
            return self._unused.pop(0)
        return self._known[self._rng.integers(len(self._known))]

    def add(self, name: str) -> None:
        self._known.append(name)
        self._unused.append(name)

    def left_over(self, n: int) -> list[str]:
        """Return `n` variables, with all that nothing uses yet among them."""
        if len(self._unused) > n:
            raise ValueError(f"{len(self._unused)} variables are unused and only {n} can be placed")
        others = self._rng.choice(self._known, n - len(self._unused))
        return [*self._unused, *others.tolist()]


def _auxiliaries(
    counts: Sequence[int],
    operands: _Operands,
    high: Sequence[str],
    low: Sequence[str],
    rng: np.random.Generator,
) -> Iterator[str]:
    """Yield the equations of the auxiliaries, their kinds evenly mixed, and the tables they read."""
    order = sorted(((place + 0.5) / n, kind) for kind, n in enumerate(counts) for place in range(n))
    for i, (_, kind) in enumerate(order):
        form = KINDS[kind][1]
        abc = {letter: operands.take() for letter in "abc" if f"{{{letter}}}" in form}
        p, q, r = high[i % len(high)], *(low[(j * i + j) % len(low)] for j in (1, 3))
        yield f"aux {i} = {form.format(**abc, p=p, q=q, r=r, i=i)}"
        if "table" in form:
            yield f"table {i}({','.join(_points(rng))})"
        operands.add(f"aux {i}")


def _points(rng: np.random.Generator) -> list[str]:
    """Return ten points of a curve that rises from about 0.3 to about 1.6, unevenly spaced."""
    xs = np.round(np.linspace(0.0, 2.2, 10) + rng.uniform(-0.05, 0.05, 10), 3)
    ys = np.round(0.3 + np.cumsum(rng.uniform(0.05, 0.25, 10)), 3)
    return [f"({x},{y})" for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def _text(equations: Sequence[str], n_steps: int) -> str:
    end = n_steps * TIME_STEP
    control = [
        "INITIAL TIME = 0",
        f"FINAL TIME = {end:g}",
        f"TIME STEP = {TIME_STEP:g}",
        f"SAVEPER = {end / N_SAVES:g}",
    ]
    return "{UTF-8}\n" + "".join(f"{line}\n\t~\t\n\t~\t\t|\n\n" for line in [*equations, *control])


def operations(model: Model) -> Counter[str]:
    """Return how often each operation stands in the equations of auxiliaries and stocks."""
    running = (v.expression for v in model.variables if v.kind in ("auxiliary", "stock") and v.expression)
    nodes = [node for expression in running for node in walk(expression)]
    return Counter(
        node.op if isinstance(node, Binary) else node.function
        for node in nodes
        if isinstance(node, Binary | Call)
    )


def idle(model: Model, outputs: Sequence[str]) -> set[str]:
    """Return the variables that no output depends on, however indirectly."""
    needed, waiting = set(outputs), list(outputs)
    while waiting:
        variable = model[waiting.pop()]
        parts = (variable.expression, variable.initial, *variable.extra)
        found = {ref.name for part in parts if part is not None for ref in references(part)} - needed
        needed |= found
        waiting += found
    controls = {model.time.initial_time, model.time.final_time, model.time.time_step, model.time.save_period}
    return {variable.name for variable in model.variables} - needed - controls


def unfelt(made: Workload, n_draws: int = 64) -> set[str]:
    """Return the variables that in none of some draws change an output when they are held 1 % off."""
    model, draws = made.model(), made.draws(n_draws)
    moving = [variable.name for variable in model.variables if variable.kind in ("auxiliary", "stock")]
    ends = Simulator(model, outputs=moving).run(draws, n_draws=n_draws)
    dull = set()
    for name in moving:
        value = float(np.median(ends[name]))
        low, high = (
            Simulator(model, outputs=made.outputs, hold={name: value * factor}).run(draws, n_draws=n_draws)
            for factor in (0.99, 1.01)
        )
        if not any(np.any(low[output] != high[output]) for output in made.outputs):
            dull.add(name)
    return dull


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--out", type=Path, help="write the model here")
    parser.add_argument("--prove", action="store_true", help="show that every equation matters (slow)")
    options = parser.parse_args()
    made = workload(options.name)
    model = made.model()
    kinds = Counter(variable.kind for variable in model.variables)
    print(f"{made.name}: {', '.join(f'{count} of kind {kind}' for kind, count in kinds.items())}")
    print("  " + ", ".join(f"{count} {name}" for name, count in operations(model).most_common()))
    print(f"  outputs {', '.join(made.outputs)}; {made.n_steps} steps")
    values = Simulator(model).run(made.draws(1000))
    moving = [values[v.name] for v in model.variables if v.kind in ("auxiliary", "stock")]
    low, high = min(map(np.min, moving)), max(map(np.max, moving))
    print(f"  1,000 draws: values from {low:.3g} to {high:.3g}, {int(values.failed.sum())} failed")
    print(f"  idle: {sorted(idle(model, made.outputs)) or 'none'}")
    if options.prove:
        print(f"  unfelt in all of 64 draws: {sorted(unfelt(made)) or 'none'}")
    if options.out:
        made.write(options.out)


if __name__ == "__main__":
    main()
