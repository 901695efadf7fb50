"""Realities: rival accounts of one system, run side by side and weighed by dated observations.

Every public name is importable from here and loaded when first used, so that `import realities`
and `realities --help` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realities.account_runs import simulate_accounts
    from realities.case.accounts import Account
    from realities.case.case import Case
    from realities.case.claims import Claim
    from realities.case.folder import load_case
    from realities.case.observations import Observation
    from realities.engine.batch import run_batch
    from realities.engine.engines import make_simulator, simulate
    from realities.engine.reducers import Count, Each, Moments, Quantiles
    from realities.errors import InputError, RealitiesError, SimulationError
    from realities.ir.model import Model
    from realities.model.load import load_model
    from realities.model.write.convert import convert_model
    from realities.report import reading, why_leading, write_report
    from realities.trajectories import AccountTrajectories, Trajectories
    from realities.version import __version__
    from realities.weigh.fits import Weighing
    from realities.weigh.handover.dataset import to_arviz, to_xarray
    from realities.weigh.sensitivity.analysis import Sensitivity, sensitivity_of
    from realities.weigh.study import Study, run_case
    from realities.weigh.timeline import Moment, weigh_timeline
    from realities.weigh.weighing import weigh_accounts

_HOME = {
    "Account": "case.accounts",
    "AccountTrajectories": "trajectories",
    "Case": "case.case",
    "Claim": "case.claims",
    "Count": "engine.reducers",
    "Each": "engine.reducers",
    "InputError": "errors",
    "Model": "ir.model",
    "Moment": "weigh.timeline",
    "Moments": "engine.reducers",
    "Observation": "case.observations",
    "Quantiles": "engine.reducers",
    "RealitiesError": "errors",
    "Sensitivity": "weigh.sensitivity.analysis",
    "SimulationError": "errors",
    "Study": "weigh.study",
    "Trajectories": "trajectories",
    "Weighing": "weigh.fits",
    "__version__": "version",
    "convert_model": "model.write.convert",
    "load_case": "case.folder",
    "load_model": "model.load",
    "make_simulator": "engine.engines",
    "reading": "report",
    "run_batch": "engine.batch",
    "run_case": "weigh.study",
    "sensitivity_of": "weigh.sensitivity.analysis",
    "simulate": "engine.engines",
    "simulate_accounts": "account_runs",
    "to_arviz": "weigh.handover.dataset",
    "to_xarray": "weigh.handover.dataset",
    "weigh_accounts": "weigh.weighing",
    "weigh_timeline": "weigh.timeline",
    "why_leading": "report",
    "write_report": "report",
}

__all__ = [
    "Account",
    "AccountTrajectories",
    "Case",
    "Claim",
    "Count",
    "Each",
    "InputError",
    "Model",
    "Moment",
    "Moments",
    "Observation",
    "Quantiles",
    "RealitiesError",
    "Sensitivity",
    "SimulationError",
    "Study",
    "Trajectories",
    "Weighing",
    "__version__",
    "convert_model",
    "load_case",
    "load_model",
    "make_simulator",
    "reading",
    "run_batch",
    "run_case",
    "sensitivity_of",
    "simulate",
    "simulate_accounts",
    "to_arviz",
    "to_xarray",
    "weigh_accounts",
    "weigh_timeline",
    "why_leading",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'realities' has no attribute {name!r}")
    return getattr(import_module(f"realities.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
