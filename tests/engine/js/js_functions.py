"""Functions of the library that pages carry, called under Node with many arguments at once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from realities.engine.js.needed import library_of
from realities.engine.js.node import node

FloatArray = NDArray[np.float64]

needs_node = pytest.mark.skipif(
    node() is None and os.environ.get("REALITIES_REQUIRE_ALL") != "1", reason="there is no Node"
)

#: From the standard input, rows of arguments; of a function that gives several numbers the first is taken.
_CALLS = """
const numbers = new Float64Array(new Uint8Array(require("fs").readFileSync(0)).buffer), found = [];
let at = 0;
for (const [name, width, count] of WANTED) {
  for (let i = 0; i < count; i++, at += width) {
    const result = library[name](...numbers.subarray(at, at + width));
    found.push(typeof result === "number" ? result : result[0]);
  }
}
require("fs").writeFileSync(1, Buffer.from(Float64Array.from(found).buffer));
"""


def evaluate(script: str, data: bytes = b"") -> bytes:
    """Return what a script writes to its standard output."""
    program = node()
    assert program is not None
    done = (
        subprocess.run([program, "-"], input=script.encode(), capture_output=True, check=False)
        if not data
        else (subprocess.run([program, "-e", script], input=data, capture_output=True, check=False))
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def called(calls: Sequence[tuple[str, Sequence[ArrayLike]]]) -> list[FloatArray]:
    """Return the values of functions of reals, each for arrays of arguments of one length."""
    rows = [
        np.stack([np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(*args)], axis=-1)
        for _, args in calls
    ]
    wanted = [[name, one.shape[-1], one[..., 0].size] for (name, _), one in zip(calls, rows, strict=True)]
    names = sorted({name for name, _ in calls})
    script = f"const library={library_of(names)},WANTED={wanted};{_CALLS}"
    found = np.frombuffer(evaluate(script, b"".join(one.tobytes() for one in rows)))
    return np.split(found, np.cumsum([count for _, _, count in wanted])[:-1])
