"""Whether the files of a case have changed, and come to rest.

In comes a folder, looked at a few times a second; out comes "changed" once after each save, when nothing has
moved for a moment. Sizes and times of files tell that something moved; what they hold tells whether it
changed, so that a file saved as it was rebuilds nothing. Next is `workshop.py`, which asks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final

#: Files of a case have these endings or names; what editors leave beside them has not.
SUFFIXES: Final = (
    *(".toml", ".csv", ".bib", ".geojson", ".mdl", ".xmile", ".stmx", ".itmx", ".xml"),
    *(".txt", ".md", ".tab", ".dat", ".xls", ".xlsx"),
)
NAMES: Final = ("NOTICE", "LICENSE")
#: Folders that hold results, not the case.
ASIDE: Final = ("runs", "results", "__pycache__", "node_modules")

#: A change counts when nothing has moved for so long: editors write a file in several steps.
QUIET_S: Final = 0.3
#: A file written so recently may be written again without its time changing: its content is looked at again.
YOUNG_S: Final = 2.5
#: A case has a few dozen files; of a folder that holds far more, only the first are watched.
MOST_FILES: Final = 2_000
MOST_DEPTH: Final = 4
MOST_BYTES: Final = 64_000_000

Stamp = tuple[int, int, int]


class Watch:
    """The files of one case folder. `changed` is to be called again and again.

    Parameters
    ----------
    folder
        The case's folder; it may go away and come back.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stamps: dict[str, Stamp] = stamps(folder)
        self._digest = digest(folder, self._stamps)
        self._moved: float | None = None

    def changed(self, now: float) -> bool:
        """Return whether what the files hold differs from when this was last true, and has come to rest.

        Parameters
        ----------
        now
            Seconds of a clock that never goes back.
        """
        found = stamps(self.folder)
        if found != self._stamps:
            self._stamps, self._moved = found, now
            return False
        if self._moved is None or now - self._moved < QUIET_S:
            return False
        if not _is_young(found):
            self._moved = None
        content = digest(self.folder, found)
        is_new = content != self._digest
        self._digest = content
        return is_new


def stamps(folder: Path) -> dict[str, Stamp]:
    """Return time, size and number of every file of a case, by its path in the folder."""
    found: dict[str, Stamp] = {}
    for name, entry in _files(folder, "", MOST_DEPTH):
        try:
            seen = entry.stat(follow_symlinks=False)
        except OSError:  # it went away meanwhile
            continue
        found[name] = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
        if len(found) >= MOST_FILES:
            break
    return found


def digest(folder: Path, names: dict[str, Stamp]) -> str:
    """Return a fingerprint of what files hold; one that cannot be read counts as such.

    Of a file larger than any that a case may have, time and size stand for its content.
    """
    total = blake2b(digest_size=16)
    for name, stamp in sorted(names.items()):
        total.update(name.encode("utf-8", "surrogateescape") + b"\0")
        try:
            content = (folder / name).read_bytes() if stamp[1] <= MOST_BYTES else repr(stamp).encode()
        except OSError:
            content = b"unreadable"
        total.update(blake2b(content, digest_size=16).digest())
    return total.hexdigest()


def _files(folder: Path, prefix: str, depth: int) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files below a folder; links, pipes, hidden ones and results are left out."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in listed:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth > 1 and entry.name not in ASIDE:
                yield from _files(folder / entry.name, f"{prefix}{entry.name}/", depth - 1)
        elif entry.is_file() and (entry.name.lower().endswith(SUFFIXES) or entry.name in NAMES):
            yield prefix + entry.name, entry


def _is_young(found: dict[str, Stamp]) -> bool:
    newest = max((stamp[0] for stamp in found.values()), default=0)
    return abs(time.time() - newest / 1e9) < YOUNG_S
