"""Load and run model files, each in a process of its own with little time and memory.

In comes a list of paths as JSON on stdin; out goes one JSON line for each: how it ended, how long it
took and how much memory it took. Started by `fuzz_support.py`; it imports everything once and forks,
so that a case costs what it costs and no more.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
import traceback
import warnings
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from realities.engine.reference import simulate
from realities.errors import InputError, SimulationError
from realities.model.load import build_model, load_model
from realities.reality.judging import judge_model
from realities.source import SourceText

#: More than a case may take; a runaway is stopped here.
MOST_SECONDS = 30
MOST_BYTES = 3 * 2**30


def attempt(path: Path) -> str:
    """Load a model, and run it and its Reality Checks where it loads; return how that ended."""
    try:
        model = load_model(path)
        simulate(model)
        if b":IMPLIES:" in path.read_bytes():
            judge_model(model.source)
    except InputError as error:
        assert str(error)
        codes = sorted({item.code for item in error.diagnostics if item.severity == "error"})
        return f"refused: {' '.join(codes)}"
    except SimulationError as error:
        assert str(error)
        return "failed while running"
    return "ran"


def child(path: Path, out: int) -> None:
    """Attempt one file under the limits and write how it ended."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
    warnings.simplefilter("error")
    try:
        ending = attempt(path)
    except BaseException:
        ending = "crashed: " + traceback.format_exc()[-1500:]
    os.write(out, ending.encode()[:4000])
    os._exit(0)


def measured(path: Path) -> dict[str, object]:
    """Return how a file's attempt ended, its seconds, and its megabytes beyond those of the imports."""
    at_rest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reading, writing = os.pipe()
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        child(path, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        ending = pipe.read().decode(errors="replace")
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - began
    if not ending:
        ending = (
            f"crashed: ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "crashed: silent"
        )
    megabytes = max(0, usage.ru_maxrss - at_rest) / 1024
    return {
        "path": str(path),
        "ending": ending,
        "seconds": seconds,
        "cpu": usage.ru_utime,
        "megabytes": megabytes,
    }


def warm_up() -> None:
    """Make the parsers, so that no case pays for them."""
    control = "INITIAL TIME=0~~|FINAL TIME=1~~|TIME STEP=1~~|SAVEPER=1~~|"
    simulate(build_model(SourceText("model.mdl", f"x=Time~m~|{control}")))
    specs = "<sim_specs><start>0</start><stop>1</stop></sim_specs>"
    body = '<model><variables><aux name="a"><eqn>TIME</eqn></aux></variables></model>'
    simulate(build_model(SourceText("model.xmile", f"<xmile>{specs}{body}</xmile>")))


if __name__ == "__main__":
    warm_up()
    gc.freeze()  # what is imported is not gone through again in every process
    for name in json.load(sys.stdin):
        print(json.dumps(measured(Path(name))), flush=True)
