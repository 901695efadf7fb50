"""Groups of draws through compiled code, on one thread or several: a frame with places for results comes in.

Threads take chunks of groups as they get done; groups share nothing, so who computes which changes no bit.
A chunk takes a few hundredths of a second: between two of them a new tier of code comes in, and Ctrl-C.
"""

from __future__ import annotations

import ctypes
import threading
import time

import numpy as np

from realities.engine.llvm.frame import Frame
from realities.engine.llvm.native import Kernel

#: How long a chunk is to take.
CHUNK_SECONDS = 0.03


class _Groups:
    """The groups that nobody has taken yet, and how long one takes."""

    def __init__(self, n_groups: int, threads: int) -> None:
        self.n_groups, self.threads = n_groups, threads
        self._lock = threading.Lock()
        self._next = 0
        self._seconds = 0.0  # of a group; 0: not known

    def take(self) -> tuple[int, int]:
        """Return the first group of a chunk and the one after it; the same where there are none left."""
        with self._lock:
            first = self._next
            left = self.n_groups - first
            size = max(1, int(CHUNK_SECONDS / self._seconds)) if self._seconds else 1
            # Towards the end chunks get smaller, so that threads get done together.
            size = min(size, max(1, left // (2 * self.threads)) if self.threads > 1 else left)
            self._next = min(first + size, self.n_groups)
            return first, self._next

    def note(self, n_groups: int, seconds: float) -> float:
        """Note how long some groups took; return how long those left will take one thread."""
        with self._lock:
            self._seconds = seconds / n_groups
            return self._seconds * (self.n_groups - self._next) / self.threads

    def stop(self) -> None:
        """Leave the rest."""
        with self._lock:
            self._next = self.n_groups


def run_groups(kernel: Kernel, frame: Frame, *, n_groups: int, n_workspace: int, threads: int) -> None:
    """Run all groups; return when they are done.

    Parameters
    ----------
    frame
        Keeps what it points to for as long as a thread may be at work.
    n_workspace
        Doubles that each thread needs to itself.
    """
    groups = _Groups(n_groups, min(threads, n_groups))
    errors: list[BaseException] = []

    def work() -> None:
        try:
            _work(kernel, ctypes.addressof(frame), groups, n_workspace)
        except BaseException as error:
            groups.stop()
            errors.append(error)

    others: list[threading.Thread] = []
    try:
        for _ in range(groups.threads - 1):
            others.append(threading.Thread(target=work, name="realities-run"))
            others[-1].start()
        work()  # this thread too, so that Ctrl-C is heard between two chunks
        for other in others:
            other.join()
    finally:  # Ctrl-C may come anywhere above; a thread that is still to start then finds nothing to do
        groups.stop()
        for other in others:
            if other.is_alive():
                other.join()
    if errors:
        raise errors[0]


def _work(kernel: Kernel, frame: int, groups: _Groups, n_workspace: int) -> None:
    workspace = np.empty(n_workspace)
    while True:
        first, end = groups.take()
        if first == end:
            return
        start = time.perf_counter()
        kernel.code.run(frame, first, end, workspace.ctypes.data)
        seconds = time.perf_counter() - start
        kernel.note(seconds, groups.note(end - first, seconds))
