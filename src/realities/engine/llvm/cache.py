"""Machine code kept on disk, so that the next process need not compile: keys in, entries out.

An entry that is truncated, altered, of another key or of another version is none, and what cannot be
written is not kept: a cache may cost time, never a result. REALITIES_CACHE is `off`, or the folder to use
instead of the system's place for such files. `native.py` asks here before it compiles.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

#: The oldest entries go where all together take more bytes than this; an entry of 1,500 equations is 0.5 MB.
MOST_BYTES = 256 * 2**20
_MAGIC = b"realities object 1\n"
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """Object code, and what a caller of it has to know, as JSON values."""

    code: bytes
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of entries; None keeps nothing."""

    folder: Path | None
    most_bytes: int = MOST_BYTES

    def get(self, key: str) -> Entry | None:
        """Return the entry of a key, or None where there is no sound one."""
        if self.folder is None:
            return None
        path = self.folder / f"{key}.o"
        try:
            # What is read here is run: neither the folder nor the file may be another user's.
            if not _is_ours(self.folder.stat()):
                return None
            with path.open("rb") as file:
                if not _is_ours(os.fstat(file.fileno())):
                    return None
                entry = _unpacked(file.read(), key)
        except (OSError, ValueError):
            return None
        with suppress(OSError):
            os.utime(path)  # the least used go first, not the first written
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry, if the folder can be written to and is nobody else's."""
        if self.folder is None:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if _is_ours(self.folder.stat()):
                _write(self.folder / f"{key}.o", _packed(entry, key))
                self._prune()

    def _prune(self) -> None:
        """Remove the entries not used for longest, until the others are small enough together."""
        assert self.folder is not None
        found = sorted(_sizes(self.folder.glob("*.o")), reverse=True)
        total = 0
        for _, size, path in found:
            total += size
            if total > self.most_bytes:
                path.unlink(missing_ok=True)


def user_cache() -> Cache:
    """Return the cache of this user, as REALITIES_CACHE and the system would have it."""
    wish = os.environ.get("REALITIES_CACHE", "")
    if wish.lower() == "off":
        return Cache(None)
    with suppress(RuntimeError):  # there may be no home
        folder = (Path(wish) if wish else _system_folder()) / "objects"
        if not folder.exists() or _is_ours(folder.stat()):
            return Cache(folder)
    return Cache(None)


def digest(*parts: str | bytes) -> str:
    """Return a key for texts: equal for equal ones, in the same order."""
    total = blake2b(digest_size=20)
    for part in parts:
        data = part.encode("utf-8") if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little"))
        total.update(data)
    return total.hexdigest()


def _system_folder() -> Path:
    """Return where this system keeps what can be made again."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "realities" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "realities"
    given = os.environ.get("XDG_CACHE_HOME", "")
    # A relative path is to be ignored: XDG Base Directory Specification.
    return (Path(given) if given.startswith("/") else Path.home() / ".cache") / "realities"


def _is_ours(status: os.stat_result) -> bool:
    """Return whether nobody else can put code that we would run into a folder or file."""
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _sizes(paths: Iterable[Path]) -> Iterable[tuple[float, int, Path]]:
    """Return when each was last used, its bytes, and its path; one that has just gone is left out."""
    for path in paths:
        with suppress(OSError):
            status = path.stat()
            yield status.st_mtime, status.st_size, path


def _write(path: Path, data: bytes) -> None:
    """Write beside a path, then rename: nobody sees half an entry."""
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _packed(entry: Entry, key: str) -> bytes:
    about = json.dumps(entry.about).encode("utf-8")
    body = b"".join((key.encode("ascii"), b"\n", len(about).to_bytes(8, "little"), about, entry.code))
    return _MAGIC + blake2b(body, digest_size=_DIGEST).digest() + body


def _unpacked(data: bytes, key: str) -> Entry:
    """Return the entry that bytes hold; ValueError if they are not sound or not of this key."""
    start = len(_MAGIC) + _DIGEST
    body = data[start:]
    if (
        data[: len(_MAGIC)] != _MAGIC
        or blake2b(body, digest_size=_DIGEST).digest() != data[len(_MAGIC) : start]
    ):
        raise ValueError("not an entry, or an altered one")
    name, _, rest = body.partition(b"\n")
    if name != key.encode("ascii"):
        raise ValueError("the entry of another key")
    n_about = int.from_bytes(rest[:8], "little")
    return Entry(rest[8 + n_about :], json.loads(rest[8 : 8 + n_about]))
