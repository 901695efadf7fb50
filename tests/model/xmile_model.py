"""Small XMILE models for tests: variables in, a `Model` or a run out."""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference import simulate
from realities.errors import Findings, InputError
from realities.ir.model import Model
from realities.model.load import build_model
from realities.source import SourceText


def aux(name: str, equation: str, *marks: str) -> str:
    """Return an auxiliary."""
    return f'<aux name="{name}"><eqn>{escape(equation)}</eqn>{"".join(marks)}</aux>'


def flow(name: str, equation: str = "", *marks: str) -> str:
    """Return a flow."""
    eqn = f"<eqn>{escape(equation)}</eqn>" if equation else ""
    return f'<flow name="{name}">{eqn}{"".join(marks)}</flow>'


def stock(name: str, initial: str, inflows: str = "", outflows: str = "", *marks: str) -> str:
    """Return a stock; its flows are separated by blanks."""
    ins = "".join(f"<inflow>{one}</inflow>" for one in inflows.split())
    outs = "".join(f"<outflow>{one}</outflow>" for one in outflows.split())
    return f'<stock name="{name}"><eqn>{escape(initial)}</eqn>{ins}{outs}{"".join(marks)}</stock>'


NON_NEGATIVE = "<non_negative/>"


def text(
    *variables: str,
    start: float = 0,
    stop: float = 10,
    dt: float = 1,
    method: str = "euler",
    dimensions: str = "",
    macros: str = "",
    behavior: str = "",
) -> str:
    """Return a whole file."""
    dims = f"<dimensions>{dimensions}</dimensions>" if dimensions else ""
    return (
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">'
        "<header><vendor>a test</vendor><product version='1'>a test</product></header>"
        f'<sim_specs method="{method}"><start>{start}</start><stop>{stop}</stop><dt>{dt}</dt></sim_specs>'
        f"{behavior}{dims}{macros}<model><variables>{''.join(variables)}</variables></model></xmile>"
    )


def build(*variables: str, findings: Findings | None = None, **about: object) -> Model:
    """Return a model; `about` is as for `text`."""
    return build_model(SourceText("model.xmile", text(*variables, **about)), findings=findings)  # type: ignore[arg-type]


def run(*variables: str, **about: object) -> dict[str, NDArray[np.float64]]:
    """Return what every variable is at each saved time, of one draw."""
    return {name: values[0] for name, values in simulate(build(*variables, **about)).values.items()}


def value(equation: str, *variables: str, **about: object) -> float:
    """Return what an equation is at the start of a run."""
    return float(run(aux("x", equation), *variables, **about)["x"][0])


def over_time(equation: str, *variables: str, **about: object) -> list[float]:
    """Return what an equation is at each saved time."""
    return [float(one) for one in run(aux("x", equation), *variables, **about)["x"]]


def errors(*variables: str, **about: object) -> list[tuple[str, str]]:
    """Return code and message of each error in a model."""
    try:
        build(*variables, **about)
    except InputError as error:
        return [(item.code, item.message) for item in error.diagnostics if item.severity == "error"]
    return []
