"""How fast the reference engine is, and where its time goes.

    python bench/bench_reference.py [--equations 150] [--draws 4096] [--steps 1000]

Generates a model of one fifth stocks and four fifths auxiliaries (none of them idle) with the mix of
operations of a real one: mostly products and sums, some divisions, choices, lookups and powers. Prints
million steps per second of processor time for several sizes, and how the time of one divides.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np

from realities.engine.reference import BLOCK, Simulator
from realities.engine.reference.tape import Workspace
from realities.ir.expr import Binary, Call, Expr, Number, Ref, references
from realities.ir.model import Integrator, Lookup, Model, TimeSpec, Variable

N_CONSTANTS = 40


def synthetic_model(
    n_equations: int, n_steps: int, *, seed: int = 1, integrator: Integrator = "euler"
) -> Model:
    """Return a model whose values all stay between 0 and about 2."""
    rng = np.random.default_rng(seed)
    n_stocks = max(n_equations * 2 // 15, 1)
    constants = [f"c{i}" for i in range(N_CONSTANTS)]
    stocks = [f"stock {i}" for i in range(n_stocks)]
    unused = list(stocks)
    known = list(stocks)
    auxiliaries: list[Variable] = []
    lookups: dict[str, Lookup] = {}

    def operand() -> Expr:
        """Return a variable, first those that nothing uses yet."""
        few = unused[:4] if unused and rng.random() < 0.8 else known
        return Ref(few[rng.integers(len(few))])

    def constant() -> Expr:
        return Ref(constants[rng.integers(N_CONSTANTS)])

    def equation(i: int) -> Expr:
        kind = i % 15
        a, b, c = operand(), operand(), operand()
        mixed = Binary("+", Binary("*", constant(), a), Binary("*", Binary("-", Number(1.0), constant()), b))
        product = Binary("*", Binary("*", constant(), a), b)
        if kind in (0, 5):
            return Call("min", (mixed, Binary("*", Number(1.7), Binary("*", constant(), c))))
        if kind == 1:
            return Call("max", (product, Binary("*", constant(), c)))
        if kind in (2, 7, 12):
            return Binary("/", mixed, Binary("+", Number(0.5), Binary("*", constant(), c)))
        if kind == 3:
            return Call("if_then_else", (Binary(">", a, b), mixed, product))
        if kind == 4:
            lookups[f"table {i}"] = _table(rng, f"table {i}")
            return Binary("*", constant(), Call("lookup", (mixed,), table=f"table {i}"))
        if kind == 6 and i % 2:
            return Binary("*", mixed, Call("exp", (Binary("*", Number(-0.5), c),)))
        if kind == 8 and i % 2:
            return Call("ln", (Binary("+", Number(1.0), product),))
        if kind == 9 and i % 2:
            return Binary("^", Binary("+", Number(0.1), mixed), constant())
        if kind in (10, 13):
            return Call("min", (Binary("+", product, Binary("*", constant(), c)), Number(2.0)))
        return Binary("+", Binary("*", constant(), product), Binary("*", constant(), c))

    for i in range(n_equations - n_stocks):
        expression = equation(i)
        used = {ref.name for ref in references(expression)}
        unused[:] = [name for name in unused if name not in used]
        auxiliaries.append(Variable(f"aux {i}", "auxiliary", expression))
        known.append(f"aux {i}")
        unused.append(f"aux {i}")
    levels = []
    for i, name in enumerate(stocks):
        inflow: Expr = Number(0.1)
        for source in unused[i :: len(stocks)]:
            inflow = Call("min", (Binary("+", inflow, Binary("*", constant(), Ref(source))), Number(2.0)))
        outflow = Binary("/", Ref(name), Binary("+", Number(1.0), constant()))
        levels.append(Variable(name, "stock", Binary("-", inflow, outflow), initial=Number(0.5 + 0.02 * i)))
    given = [Variable(name, "constant", Number(0.3 + 0.4 * rng.random())) for name in constants]
    control = {
        "INITIAL TIME": 0.0,
        "FINAL TIME": n_steps * 0.25,
        "TIME STEP": 0.25,
        "SAVEPER": n_steps * 0.25 / 50,
    }
    clock = [Variable(name, "constant", Number(value)) for name, value in control.items()]
    return Model(
        "synthetic", (*given, *levels, *auxiliaries, *clock), TimeSpec(integrator=integrator), lookups=lookups
    )


def _table(rng: np.random.Generator, name: str) -> Lookup:
    xs = np.linspace(0.0, 2.0, 10)
    return Lookup(name, tuple(xs.tolist()), tuple(np.sort(rng.random(10)).tolist()))


def draws_of(model: Model, n_draws: int) -> dict[str, np.ndarray]:
    """Return every constant but the control variables within ten percent of its value."""
    rng = np.random.default_rng(2)
    return {
        v.name: v.expression.value * rng.uniform(0.9, 1.1, n_draws)
        for v in model.constants
        if v.name.startswith("c") and isinstance(v.expression, Number)
    }


def best_time(task: Callable[[], object], repeats: int) -> float:
    """Return the least processor time of several runs, in seconds."""
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        task()
        best = min(best, time.process_time() - start)
    return float(best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--equations", type=int, default=150)
    parser.add_argument("--draws", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--integrator", choices=["euler", "rk2", "rk4", "rk45"], default="euler")
    parser.add_argument("--blocks", action="store_true", help="also compare sizes of blocks")
    options = parser.parse_args()
    model = synthetic_model(options.equations, options.steps, integrator=options.integrator)
    simulator = Simulator(model, outputs=[stock.name for stock in model.stocks])  # so that nothing is idle
    program = simulator._program({name: np.zeros(2) for name in draws_of(model, 2)})
    graph, schedule = program.plan.graph, program.schedule
    mix = Counter(graph.nodes[node].op for node in (*schedule.core, *schedule.tail))
    print(f"{options.equations} equations, {len(schedule.core)} operations a step:")
    print("  " + ", ".join(f"{count} {op}" for op, count in mix.most_common()))
    print(f"  registers: {schedule.n_reals} of numbers, {schedule.n_truths} of truth values")
    for n_draws in sorted({1, 200, 1000, 2000, options.draws, 20000}):
        _print_speed(simulator, model, n_draws, options, BLOCK)
    if options.blocks:
        for block in (256, 512, 1024, 2048, 4096, 8192):
            _print_speed(simulator, model, 8192, options, block)
    _print_shares(Workspace(program.plan, schedule, 2048), model)


def _print_speed(
    simulator: Simulator, model: Model, n_draws: int, options: argparse.Namespace, block: int
) -> None:
    draws = draws_of(model, n_draws)
    n_steps = min(options.steps, max(2_000_000 // max(n_draws, 1000), 20))
    simulator.run(draws, final_time=n_steps * 0.25, block=block)
    seconds = best_time(lambda: simulator.run(draws, final_time=n_steps * 0.25, block=block), options.repeats)
    steps = n_draws * n_steps
    print(
        f"{n_draws:6d} draws, blocks of {block:5d}: {steps / seconds / 1e6:5.2f} million steps/s, "
        f"{steps * options.equations / seconds / 1e6:5.0f} million equations/s, "
        f"{seconds / n_steps * 1e6:6.0f} us a step"
    )


def _print_shares(workspace: Workspace, model: Model) -> None:
    """Time every operation where it stands in the step: registers hold what a run leaves in them."""
    graph, schedule = workspace.plan.graph, workspace.schedule
    draws = draws_of(model, workspace.width)
    leaves = workspace.plan.leaves
    known = {node: draws[str(name)] for (op, name), node in leaves.items() if op == "parameter"}
    values = graph.evaluate(schedule.once, known)
    for node in schedule.once:
        workspace.place[node][...] = values[node]
    for row, slot in enumerate(workspace.plan.stocks):
        workspace.state[row] = workspace.place[slot.start]
    names = [graph.nodes[node].op for node in schedule.core]
    spent: dict[str, list[int]] = defaultdict(list)
    clock = time.perf_counter_ns
    for _ in range(100):
        for name, (function, args) in zip(names, workspace.core, strict=False):
            start = clock()
            function(*args)
            spent[name].append(clock() - start)
    total = sum(sum(times) for times in spent.values())
    print(f"where the time goes, {workspace.width} draws:")
    for name, times in sorted(spent.items(), key=lambda item: -sum(item[1])):
        share, each = sum(times) / total, sum(times) / len(times) / 1e3
        print(f"  {name:8s} {100 * share:5.1f} %   {len(times) // 100:4d} a step, {each:5.2f} us each")


if __name__ == "__main__":
    main()
