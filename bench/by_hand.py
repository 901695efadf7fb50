"""A model as the code somebody would write for it alone: NumPy, JAX, or C in lanes for gcc.

In comes one of `workloads.py`; out comes source text whose function runs all draws. It stands on `ir` and on
nothing of the engines it is compared with. Only what those workloads use can be written.

    NumPy   one expression over all draws for each equation, as in a notebook
    JAX     one draw's step; `rivals.py` scans it over time and maps it over draws
    C       W draws side by side in an `omp simd` loop, so that gcc calls glibc's vector functions (libmvec)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

from workloads import N_SAVES, TIME_STEP, Workload

from realities.ir.expr import Binary, Call, Expr, Number, Ref, Unary
from realities.ir.model import Lookup, Model, Variable

Language = Literal["numpy", "jax", "c"]

FUNCTIONS: Mapping[Language, Mapping[str, str]] = {
    "numpy": {
        "min": "np.minimum({}, {})", "max": "np.maximum({}, {})", "if_then_else": "np.where({}, {}, {})",
        "exp": "np.exp({})", "ln": "np.log({})", "^": "({}) ** ({})",
    },
    "jax": {
        "min": "jnp.minimum({}, {})", "max": "jnp.maximum({}, {})", "if_then_else": "jnp.where({}, {}, {})",
        "exp": "jnp.exp({})", "ln": "jnp.log({})", "^": "jnp.power({}, {})",
    },
    "c": {
        "min": "least({}, {})", "max": "most({}, {})", "if_then_else": "(({}) ? ({}) : ({}))",
        "exp": "exp({})", "ln": "log({})", "^": "pow({}, {})",
    },
}  # fmt: skip


class _Writer:
    """Writes the expressions of one model in one language; names become v0, v1, ..."""

    def __init__(self, model: Model, language: Language) -> None:
        self.model, self.language = model, language
        self.names = {variable.name: f"v{i}" for i, variable in enumerate(model.variables)}
        self.tables = {name: f"table{i}" for i, name in enumerate(model.lookups)}

    def expression(self, expr: Expr) -> str:
        functions = FUNCTIONS[self.language]
        match expr:
            case Number(value):
                return repr(value)
            case Ref(name):
                return self.names[name]
            case Unary(op="-", operand=operand):
                return f"(-{self.expression(operand)})"
            case Binary(op="^", left=left, right=right):
                return functions["^"].format(self.expression(left), self.expression(right))
            case Binary(op=op, left=left, right=right) if op in "+-*/<>":
                return f"({self.expression(left)} {op} {self.expression(right)})"
            case Call(function="lookup", args=(x,), table=str(table)):
                return f"{self.tables[table]}({self.expression(x)})"
            case Call(function=function, args=args) if function in functions:
                return functions[function].format(*map(self.expression, args))
            case _:
                raise NotImplementedError(f"no workload uses {expr}")

    def of_kind(self, kind: str) -> list[Variable]:
        return [variable for variable in self.model.variables if variable.kind == kind]

    def auxiliaries(self, before: str = "", after: str = "") -> list[str]:
        return [
            f"{before}{self.names[v.name]} = {self.expression(_some(v.expression))}{after}"
            for v in self.of_kind("auxiliary")
        ]

    def rates(self) -> list[str]:
        return [self.expression(_some(v.expression)) for v in self.of_kind("stock")]

    def starts(self) -> list[str]:
        return [self.expression(_some(v.initial)) for v in self.of_kind("stock")]

    def stocks(self) -> list[str]:
        return [self.names[v.name] for v in self.of_kind("stock")]

    def fixed(self, varied: Sequence[str]) -> list[str]:
        """Return lines that set the constants that no draw varies."""
        return [
            f"{self.names[v.name]} = {self.expression(_some(v.expression))}"
            for v in self.of_kind("constant")
            if v.name not in varied
        ]


def _some(expr: Expr | None) -> Expr:
    assert expr is not None
    return expr


def numpy_code(made: Workload) -> str:
    """Return the text of `run(parameters (parameter, draw), n_periods)`, which gives (output, time, draw)."""
    writer = _Writer(made.model(), "numpy")
    tables = [
        f"def {writer.tables[name]}(x): return np.interp(x, {t.xs}, {t.ys})"
        for name, t in writer.model.lookups.items()
    ]
    names = [writer.names[name] for name in made.varied]
    stocks = writer.stocks()
    every = made.n_steps // N_SAVES
    saves = ", ".join(writer.names[name] for name in made.outputs)
    return "\n".join(
        [
            "import numpy as np",
            *tables,
            "def run(parameters, n_periods):",
            f"    {', '.join(names)} = parameters",
            *(f"    {line}" for line in writer.fixed(list(made.varied))),
            *(
                f"    {stock} = np.full(parameters.shape[1], {start})"
                for stock, start in zip(stocks, writer.starts(), strict=True)
            ),
            f"    out = np.empty(({len(made.outputs)}, n_periods + 1, parameters.shape[1]))",
            f"    for step in range(n_periods * {every}):",
            f"        if step % {every} == 0:",
            f"            out[:, step // {every}] = {saves}",
            *writer.auxiliaries("        "),
            *(
                f"        next_{stock} = {stock} + {TIME_STEP} * {rate}"
                for stock, rate in zip(stocks, writer.rates(), strict=True)
            ),
            *(f"        {stock} = next_{stock}" for stock in stocks),
            f"    out[:, n_periods] = {saves}",
            "    return out",
        ]
    )


def jax_code(made: Workload) -> str:
    """Return the text of `step(stocks, parameters)`, `start(parameters)` and `outputs(stocks)` of a draw."""
    writer = _Writer(made.model(), "jax")
    stocks = writer.stocks()
    places = [stocks.index(writer.names[name]) for name in made.outputs]
    given = [
        f"    {', '.join(writer.names[name] for name in made.varied)} = parameters",
        *(f"    {line}" for line in writer.fixed(list(made.varied))),
    ]
    return "\n".join(
        [
            "import jax.numpy as jnp",
            *(_choices(writer.tables[name], table) for name, table in writer.model.lookups.items()),
            "def start(parameters):",
            *given,
            f"    return jnp.array([{', '.join(writer.starts())}])",
            "def step(stocks, parameters):",
            *given,
            f"    {', '.join(stocks)} = stocks",
            *writer.auxiliaries("    "),
            f"    return stocks + {TIME_STEP} * jnp.array([{', '.join(writer.rates())}])",
            f"def outputs(stocks): return stocks[jnp.array({places})]",
        ]
    )


def c_code(made: Workload, lanes: int) -> str:
    """Return the text of `run(parameters, out, n_draws, first, end, n_periods)`.

    `parameters` is (parameter, draw), `out` (output, time, draw); `first` and `end` are multiples of `lanes`.
    """
    writer = _Writer(made.model(), "c")
    stocks = writer.stocks()
    every = made.n_steps // N_SAVES
    places = [stocks.index(writer.names[name]) for name in made.outputs]
    names = [writer.names[name] for name in made.varied]

    def loop(lines: Sequence[str]) -> list[str]:
        body = "\n".join(f"                {line}" for line in lines)
        return [f"#pragma omp simd\n            for (int l = 0; l < {lanes}; l++) {{\n{body}\n            }}"]

    save = [
        f"out[({j} * (n_periods + 1) + period) * n_draws + d + l] = s[{place}][l];"
        for j, place in enumerate(places)
    ]
    return "\n".join(
        [
            "#include <math.h>",
            "static inline double least(double a, double b) { return a < b ? a : b; }",
            "static inline double most(double a, double b) { return a > b ? a : b; }",
            *(_steps(writer.tables[name], table) for name, table in writer.model.lookups.items()),
            "void run(const double *restrict parameters, double *restrict out, long n_draws, long first,",
            "         long end, long n_periods) {",
            *(f"    const double {line};" for line in writer.fixed(list(made.varied))),
            f"    for (long d = first; d < end; d += {lanes}) {{",
            f"        double s[{len(stocks)}][{lanes}] __attribute__((aligned(64)));",
            f"        double p[{len(names)}][{lanes}] __attribute__((aligned(64)));",
            f"        for (int i = 0; i < {len(names)}; i++)",
            f"            for (int l = 0; l < {lanes}; l++) p[i][l] = parameters[i * n_draws + d + l];",
            *loop(
                [f"const double {name} = p[{i}][l]; (void){name};" for i, name in enumerate(names)]
                + [f"s[{i}][l] = {start};" for i, start in enumerate(writer.starts())]
            ),
            "        for (long period = 0; period < n_periods; period++) {",
            *loop(save),
            f"            for (int step = 0; step < {every}; step++) {{",
            *loop(
                [f"const double {name} = p[{i}][l];" for i, name in enumerate(names)]
                + [f"const double {stock} = s[{i}][l];" for i, stock in enumerate(stocks)]
                + writer.auxiliaries("const double ", ";")
                + [
                    f"s[{i}][l] = {stock} + {TIME_STEP} * {rate};"
                    for i, (stock, rate) in enumerate(zip(stocks, writer.rates(), strict=True))
                ]
            ),
            "            }",
            "        }",
            "        {",
            "            const long period = n_periods;",
            *loop(save),
            "        }",
            "    }",
            "}",
        ]
    )


def _choices(name: str, table: Lookup) -> str:
    """Return a table as a JAX function: the line of each segment, chosen from the last to the first."""
    points = list(zip(table.xs, table.ys, strict=True))
    text = repr(points[-1][1])
    for (right, _), line in reversed(list(zip(points[1:], _lines(points), strict=True))):
        text = f"jnp.where(x < {right!r}, {line}, {text})"
    return f"def {name}(x): return jnp.where(x < {points[0][0]!r}, {points[0][1]!r}, {text})"


def _steps(name: str, table: Lookup) -> str:
    """Return a table as a C function: one choice after the other, which gcc turns into vector selects."""
    points = list(zip(table.xs, table.ys, strict=True))
    pairs = zip(points[:-1], _lines(points), strict=True)
    choices = " ".join(f"y = x < {left!r} ? y : {line};" for (left, _), line in pairs)
    last = f"return x < {points[-1][0]!r} ? y : {points[-1][1]!r};"
    head = f"static inline __attribute__((always_inline)) double {name}(double x)"
    return f"{head} {{ double y = {points[0][1]!r}; {choices} {last} }}"


def _lines(points: Sequence[tuple[float, float]]) -> list[str]:
    """Return the straight lines between points, as expressions in x."""
    return [
        f"({y!r} + {(above - y) / (right - x)!r} * (x - {x!r}))"
        for (x, y), (right, above) in pairwise(points)
    ]
