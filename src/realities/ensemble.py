"""A case on an engine: parameter draws of an account in, trajectories out.

What an account assumes is a set of priors over the model's constants; what differs between as-of
dates is which dated inputs were known. Both meet here, so that weighing, claims and the report run
the model in one way only. The same draws (the same uniform numbers) serve every account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.case.priors import Prior
from realities.engine.reference import Event, Simulator
from realities.trajectories import Trajectories

FloatArray = NDArray[np.float64]

#: Purposes of random streams; the numbers key generators together with the seed of the run.
STREAM_PRIOR, STREAM_WEIGH, STREAM_FORWARD, STREAM_DISCREPANCY = range(4)


class Ensemble:
    """A case's model, prepared for one as-of date, set of outputs and intervention; run often.

    Parameters
    ----------
    case
        The case.
    as_of
        Dated inputs published later stay at the model's default.
    outputs
        Names of the variables to keep; everything they do not need is not computed.
    hold
        Variables held at a value for the whole run: the `do(x = v)` of a claim.
    """

    def __init__(
        self, case: Case, *, as_of: date, outputs: Sequence[str], hold: Mapping[str, float] | None = None
    ) -> None:
        events = [
            Event(event.parameter, case.calendar.time_of(event.date), event.value)
            for event in case.events_as_of(as_of)
        ]
        self._simulator = Simulator(case.model, outputs=tuple(outputs), hold=dict(hold or {}), events=events)

    def run(
        self,
        parameters: Mapping[str, FloatArray],
        *,
        save_times: FloatArray | None = None,
        final_time: float | None = None,
        seed: int = 0,
    ) -> Trajectories:
        """Return trajectories of the kept outputs, each (draw, time).

        Parameters
        ----------
        parameters
            Values of the model's constants by name, each (draw,); all of one length.
        save_times
            Model times to keep, ascending, shape (T,); default: the model's save points.
        final_time
            Stop there; default: the model's own final time.
        seed
            For random functions inside the model.
        """
        n_draws = max((np.size(values) for values in parameters.values()), default=1)
        return self._simulator.run(
            parameters, n_draws=n_draws, save_times=save_times, final_time=final_time, seed=seed
        )


def run_account(
    case: Case,
    account: str,
    parameters: Mapping[str, FloatArray],
    *,
    as_of: date,
    outputs: Sequence[str],
    save_times: FloatArray | None = None,
    final_time: float | None = None,
) -> Trajectories:
    """Return trajectories of one account's draws: `Ensemble` for a single use.

    Constants that the account fixes need not be in `parameters`.
    """
    fixed = {name: p.fixed for name, p in case.priors(account).items() if p.fixed is not None}
    n_draws = max((np.size(values) for values in parameters.values()), default=1)
    full = {name: np.full(n_draws, value) for name, value in fixed.items()} | dict(parameters)
    return Ensemble(case, as_of=as_of, outputs=outputs).run(full, save_times=save_times, final_time=final_time)


def prior_draws(priors: Mapping[str, Prior], n_draws: int, *, seed: int) -> dict[str, FloatArray]:
    """Return draws from an account's priors by parameter name, each (draw,).

    Parameter k of the sorted names always reads stream k of the seed: two accounts that assume the
    same of a parameter draw the same values of it, whatever else they assume.
    """
    draws: dict[str, FloatArray] = {}
    for name in sorted(priors):
        prior = priors[name]
        if prior.fixed is not None:
            draws[name] = np.full(n_draws, prior.fixed)
        else:
            draws[name] = prior.ppf(uniforms(name, n_draws, seed=seed))
    return draws


def uniforms(name: str, n_draws: int, *, seed: int) -> FloatArray:
    """Return numbers in (0, 1), shape (n_draws,), from the stream that a parameter's name keys."""
    key = int.from_bytes(name.encode("utf-8")[:64].ljust(1, b"\0"), "little")
    words = [key >> shift & 0xFFFFFFFF for shift in range(0, max(key.bit_length(), 1), 32)]
    rng = np.random.default_rng([seed, STREAM_PRIOR, *words])
    return (rng.integers(0, 1 << 53, size=n_draws) + 0.5) / float(1 << 53)
