"""The process that builds, as the server holds it: started early, given one job at a time, ended at will.

In go jobs of `work.py`; out come its messages, by a callback from a thread. It stands in a process group of
its own, so that Ctrl-C reaches the server alone and everything a run has started can be ended with it. A job
that is of no use any more is ended with its process, and the next one finds a new one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import Any, Final

from realities.serve.work import Job

#: A process that was asked to end and has its own processes to end gets so long.
GRACE_S: Final = 2.0

Message = Mapping[str, Any]


class Builder:
    """One worker process, and after it the next. For one thread alone, but for the callback.

    Parameters
    ----------
    folder
        For its temporary files; the server removes it.
    tell
        Called with every message, from a thread of the builder; with `{"kind": "ended", "code": ...}` when a
        process ends that nobody asked to end.
    """

    def __init__(self, folder: Path, tell: Callable[[Message], None]) -> None:
        self._folder, self._tell = folder, tell
        self._process: subprocess.Popen[str] | None = None
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Start a process, so that it is ready when there is work."""
        if self._process is None:
            self._process = _started(self._folder)
            self._begin(self._follow, self._process)

    def send(self, job: Job) -> None:
        """Give a job to the process; there must be none under way."""
        self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended just now: `_follow` tells
            self._process.stdin.write(json.dumps(asdict(job)) + "\n")
            self._process.stdin.flush()

    def stop(self) -> None:
        """End the process and whatever it is doing; what it says from now on is not told."""
        process, self._process = self._process, None
        if process is not None:
            self._begin(_end, process)

    def close(self) -> None:
        """End the process and wait until it is gone."""
        self.stop()
        for thread in self._threads:
            thread.join()

    def _begin(self, what: Callable[[subprocess.Popen[str]], None], process: subprocess.Popen[str]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(Thread(target=what, args=(process,), daemon=True))
        self._threads[-1].start()

    def _follow(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                if self._process is process:
                    self._tell(json.loads(line))
        code = process.wait()
        if process.stdin is not None:
            with suppress(OSError):  # something for it may still wait there
                process.stdin.close()
        if self._process is process:
            self._process = None
            self._tell({"kind": "ended", "code": code})


def _started(folder: Path) -> subprocess.Popen[str]:
    home = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    environment = {
        **os.environ,
        "PYTHONPATH": home if not known else os.pathsep.join((home, known)),
        "TMPDIR": str(folder),
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    # -P: files of the folder we are in, which may be an untrusted case, are never taken for modules.
    with (folder / "errors.log").open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "realities.serve.work", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            encoding="utf-8",
            start_new_session=True,
        )


def _end(process: subprocess.Popen[str]) -> None:
    """Ask a process to end, and end it and all it started when it does not."""
    with suppress(OSError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
