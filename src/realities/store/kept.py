"""Results of finished tasks, kept in a folder until all of them are there.

In come a task's fingerprint and its result; one file for each, written beside and renamed, with a digest
under the fingerprint in front. A file that is torn, changed, or another task's is as good as none.
`ensemble.py` asks here before it begins a task.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from realities.output import write_beside
from realities.store.fingerprint import fingerprint
from realities.store.values import Plain

_DIGEST_BYTES = 32


class Kept:
    """Results by fingerprint, in a folder that is there.

    Parameters
    ----------
    folder
        Where the files are.
    plain
        How results become bytes.
    """

    def __init__(self, folder: Path, plain: Plain) -> None:
        self.folder, self._plain = folder, plain

    def keep(self, key: str, result: object) -> None:
        """Keep a result; `TypeError` if it is no plain data."""
        data = self._plain.to_bytes(result)
        write_beside(self._path(key), lambda path: path.write_bytes(_digest(key, data) + data))

    def recall(self, key: str) -> tuple[object] | None:
        """Return a result alone in a tuple, or None if it is not there or not as it was written."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if digest != _digest(key, data):
            return None
        try:
            return (self._plain.from_bytes(data),)
        except ValueError:
            return None

    def _path(self, key: str) -> Path:
        return self.folder / f"{key[:32]}.task"


def _digest(key: str, data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST_BYTES, key=bytes.fromhex(key)).digest()


class TaskMemory:
    """What tasks of one piece of work gave, by function and task.

    Parameters
    ----------
    kept
        Where results are.
    about
        Fingerprint of all that the tasks share, the program included.
    """

    def __init__(self, kept: Kept, about: str) -> None:
        self._kept, self._about = kept, about

    def key(self, function: Callable[..., object], task: object) -> str:
        """Return the fingerprint under which a task's result is kept."""
        return fingerprint(self._about, function, task)

    def keep(self, function: Callable[..., object], task: object, result: object) -> None:
        """Keep what `function` gave for a task."""
        self._kept.keep(self.key(function, task), result)

    def recall(self, function: Callable[..., object], task: object) -> tuple[object] | None:
        """Return what `function` gave for a task, alone in a tuple; None if it is not known."""
        return self._kept.recall(self.key(function, task))
