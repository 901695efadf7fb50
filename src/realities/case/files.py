"""Files of a case: found inside its folder, bounded in size, decoded, or refused with a reason.

A case is untrusted input: a path that leads out of the folder, by `..` or by a link, is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from realities.errors import Diagnostic, InputError, UnreadableError, did_you_mean
from realities.source import SourceText, Span

#: Where the cases that come with the package are.
BUNDLED: Final = Path(__file__).resolve().parents[1] / "cases"

#: Largest file of each kind, in bytes.
MOST_BYTES: Final = {".toml": 4_000_000, ".csv": 64_000_000, ".bib": 8_000_000, ".geojson": 16_000_000}
_MOST_MODEL: Final = 32_000_000

_NEEDED: Final = (
    "a case holds case.toml, a model, accounts/*.toml, measures.toml, observations.csv, claims.toml and "
    "sources.bib; for an example to start from: realities new NAME"
)


def shown_name(folder: Path, relative: str) -> str:
    """Return how a file of a case is named in messages."""
    return (folder / relative).as_posix()


def inside(folder: Path, relative: str, span: Span | None = None) -> Path:
    """Return the path of a file of a case.

    Raises
    ------
    InputError
        If the path leads out of the folder.
    UnreadableError
        If no file is there, or it is too large.
    """
    where = span or SourceText(shown_name(folder, relative), "").span(0, 0)
    parts = relative.replace("\\", "/").split("/")
    if not relative.strip() or "\0" in relative or parts[0] == "" or ".." in parts or ":" in parts[0]:
        message = f'"{relative}" does not name a file inside the case folder'
        raise InputError(Diagnostic("error", "outside-folder", message, where))
    path = folder / relative
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            message = f'"{relative}" leads out of the case folder'
            raise InputError(Diagnostic("error", "outside-folder", message, where))
        if not path.is_file():
            what = "is a folder, not a file" if path.is_dir() else "is missing"
            hint = "" if path.is_dir() else _NEEDED if span is None else _like(folder, relative)
            raise _unreadable("missing-file", f'"{relative}" {what}', where, hint)
        size = path.stat().st_size
    except (OSError, ValueError, RuntimeError) as problem:
        raise _unreadable(
            "missing-file", f'"{relative}" cannot be opened: {_reason(problem)}', where
        ) from None
    most = MOST_BYTES.get(path.suffix.lower(), _MOST_MODEL)
    if size > most:
        message = f'"{relative}" has {size:,} bytes; at most {most:,} are read'
        raise _unreadable("too-large", message, where)
    return path


def _like(folder: Path, relative: str) -> str:
    """Return which file of the same kind was meant, if one there has nearly this name."""
    path = Path(relative)
    beside = (folder / path.parent).glob(f"*{path.suffix}")
    return did_you_mean(relative, [(path.parent / found.name).as_posix() for found in sorted(beside)])


def read_text(folder: Path, relative: str, span: Span | None = None) -> SourceText:
    """Return a file of a case as text; errors as `inside`, and `UnreadableError` if it is not UTF-8."""
    path = inside(folder, relative, span)
    name = shown_name(folder, relative)
    try:
        raw = path.read_bytes()
    except OSError as problem:
        message = f'"{relative}" cannot be read: {_reason(problem)}'
        raise _unreadable("missing-file", message, SourceText(name, "").span(0, 0)) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        good = SourceText(name, raw[: problem.start].decode("utf-8", "ignore"))
        message = f"byte {problem.start} is not UTF-8"
        hint = "save the file with the encoding UTF-8"
        place = good.span(len(good.text))
        raise UnreadableError(Diagnostic("error", "not-text", message, place, (hint,))) from None
    if (at := text.find("\0")) >= 0:
        source = SourceText(name, text[:at])
        raise _unreadable("not-text", "this is not a text file: it holds a zero byte", source.span(at))
    return SourceText(name, text)


def _unreadable(code: str, message: str, span: Span, *hints: str) -> UnreadableError:
    return UnreadableError(Diagnostic("error", code, message, span, tuple(filter(None, hints))))


def _reason(problem: Exception) -> str:
    return (getattr(problem, "strerror", None) or str(problem)).lower()
