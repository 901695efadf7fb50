"""A second opinion on an evidence: nested sampling by dynesty, in development only.

In comes an account's log-likelihood over N(0, I); out comes a log evidence with its error. Dynesty moves
points one by one; here many moves go on at once, each in a thread that waits until all have asked for a
likelihood, so that the model runs for all of them together.

References
----------
Skilling, J. (2006). Nested sampling for general Bayesian computation. Bayesian Analysis 1(4), 833-859.
Speagle, J. S. (2020). dynesty: a dynamic nested sampling package. MNRAS 493(3), 3132-3158.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]
LogLikelihood = Callable[[FloatArray], FloatArray]

#: What stands for a likelihood of zero: dynesty wants finite numbers.
NOTHING = -1e300


class Together:
    """Answers scalar calls from many threads with one call for all of them.

    `map` is what dynesty asks of a pool. A call waits until every thread at work has one waiting.
    """

    def __init__(self, log_likelihood: LogLikelihood, size: int) -> None:
        self.size, self.n_evaluations = size, 0
        self._log_likelihood = log_likelihood
        self._threads = ThreadPoolExecutor(size)
        self._condition = Condition()
        self._working = 0
        self._asked: dict[int, FloatArray] = {}
        self._answered: dict[int, float] = {}
        self._next = 0

    def __call__(self, point: FloatArray) -> float:
        """Return the log-likelihood of one point (dimension,)."""
        with self._condition:
            if not self._working:
                return self._answer(np.array(point)[None])[0]
            ticket, self._next = self._next, self._next + 1
            self._asked[ticket] = np.array(point)
            self._answer_if_all_wait()
            while ticket not in self._answered:
                self._condition.wait()
            return self._answered.pop(ticket)

    def map(self, function: Callable[[Any], Any], arguments: Iterable[Any]) -> list[Any]:
        """Return the function's values, worked out side by side."""
        waiting = list(arguments)
        return [
            one
            for k in range(0, len(waiting), self.size)
            for one in self._some(function, waiting[k:][: self.size])
        ]

    def _some(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        self._working = len(arguments)

        def run(argument: Any) -> Any:
            try:
                return function(argument)
            finally:
                with self._condition:
                    self._working -= 1
                    self._answer_if_all_wait()

        return list(self._threads.map(run, arguments))

    def _answer_if_all_wait(self) -> None:
        if self._asked and len(self._asked) == self._working:
            tickets = sorted(self._asked)
            found = self._answer(np.array([self._asked[ticket] for ticket in tickets]))
            self._answered.update(zip(tickets, found, strict=True))
            self._asked.clear()
            self._condition.notify_all()

    def _answer(self, points: FloatArray) -> list[float]:
        self.n_evaluations += len(points)
        found = self._log_likelihood(points)
        return [float(value) for value in np.where(np.isfinite(found), found, NOTHING)]

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()


def nested_evidence(
    log_likelihood: LogLikelihood, dimension: int, *, n_live: int = 400, seed: int = 1, sample: str = "rwalk"
) -> tuple[float, float, int]:
    """Return the log of the mean likelihood under N(0, I), its standard error and the evaluations it took."""
    from dynesty import NestedSampler  # type: ignore[import-untyped]

    together = Together(log_likelihood, size=64)
    sampler = NestedSampler(
        together,
        ndtri,
        dimension,
        nlive=n_live,
        bound="multi",
        sample=sample,
        rstate=np.random.default_rng(seed),
        pool=together,
        queue_size=together.size,
    )
    sampler.run_nested(print_progress=False, dlogz=0.01)
    together.close()
    found = sampler.results
    return float(found.logz[-1]), float(found.logzerr[-1]), together.n_evaluations
