"""A folder of unfinished results, for one process at a time.

In comes a path; the folder is made there, and marked, so that nothing but our own is ever removed. The lock
goes with the process, however it ends. `blocks.py` and `kept.py` say what lies in it.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Self

from realities.errors import RealitiesError

_LOCK = "realities.lock"


class Place:
    """A folder of unfinished results, locked until `close`.

    Raises
    ------
    RealitiesError
        If another process works in it, or something else is there.
    """

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not _is_ours(folder):
            raise RealitiesError(
                f"{folder} is in the way: unfinished results would go there; move it elsewhere"
            )
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._handle: int | None = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o666)
        if not _lock(self._handle):
            self.close()
            raise RealitiesError(
                f"another run is writing into {folder}; wait for it, or choose another --out"
            )

    def empty(self) -> None:
        """Remove everything but the mark."""
        for path in sorted(self.folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let others work in the folder."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def remove(self) -> None:
        """Remove the folder: what it was for is written. The mark goes last."""
        self.empty()
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def discard(folder: Path) -> None:
    """Remove what an earlier run left unfinished, unless somebody works on it or it is none of ours."""
    if (folder / _LOCK).exists():
        with suppress(RealitiesError):
            Place(folder).remove()


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and ((folder / _LOCK).exists() or next(folder.iterdir(), None) is None)


def _lock(handle: int) -> bool:
    """Whether the lock was free; always so where the system has none of this kind."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
