"""Macros that a translator left behind: in comes an XMILE tree, out comes one that knows them.

Tools that turn Vensim models into XMILE write calls of macros, and not always the macros themselves. Where
a file calls what nothing in it defines, and the Vensim model it was made from lies beside it under the same
name, the macro is taken from there, said in XMILE, and a warning says so. `load.py` asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from realities.errors import Findings, InputError
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Language
from realities.source import SourceText, encoding_of

#: A model beside another that is larger than this is not looked into, in bytes.
LARGEST_FILE = 64_000_000


def with_macros_beside(file: syntax.ModelFile, language: Language, findings: Findings) -> syntax.ModelFile:
    """Return the tree with the macros that it calls, does not define, and finds beside it."""
    calls = _unknown_calls(file, language)
    original = _read_beside(Path(file.source.name)) if calls else None
    if original is None:
        return file
    ours, adopted = {name_key(macro.name) for macro in file.macros}, []
    for macro in _said_in_xmile(original):
        key = name_key(macro.name)
        if key not in ours:
            adopted.append(macro)
        if key in calls:
            place = original.source.name.rpartition("/")[2]
            message = (
                f'this file does not define the macro "{macro.name}"; it is taken from {place} beside it'
            )
            findings.warning("macro-elsewhere", message, calls[key].function.span, f"see {macro.span}")
    if not calls.keys() & {name_key(macro.name) for macro in adopted}:
        return file
    return replace(file, macros=(*file.macros, *adopted))


def _unknown_calls(file: syntax.ModelFile, language: Language) -> dict[str, syntax.Apply]:
    """Return the first call of each name that neither the file nor the language knows, by key."""
    known = {name_key(one.left.name) for one in file.equations} | {name_key(one.name) for one in file.macros}
    found: dict[str, syntax.Apply] = {}
    for call in _calls(file):
        key = name_key(call.function.name)
        tables = (known, language.simple, language.unfold, language.whole, language.refused)
        if not key.startswith(":") and not any(key in table for table in tables):
            found.setdefault(key, call)
    return found


def _calls(file: syntax.ModelFile) -> Iterator[syntax.Apply]:
    for equation in file.equations:
        if equation.right is not None:
            yield from (term for term in syntax.terms(equation.right) if isinstance(term, syntax.Apply))


def _read_beside(path: Path) -> syntax.ModelFile | None:
    """Return the Vensim model of the same name in the same folder, where there is a sound one."""
    from realities.model.vensim.read import read_vensim

    beside = path.with_suffix(".mdl")
    try:
        if not beside.is_file() or beside.resolve().parent != path.resolve().parent:
            return None
        content = beside.read_bytes() if beside.stat().st_size <= LARGEST_FILE else b""
    except OSError:
        return None
    encoding = encoding_of(content)
    text = content.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    problems = Findings()
    file = read_vensim(SourceText(str(beside), text, encoding), problems)
    return None if problems.errors else file


def _said_in_xmile(original: syntax.ModelFile) -> tuple[syntax.MacroDef, ...]:
    """Return the macros of a Vensim model as XMILE says them; none where it cannot say them all."""
    # The writers stand on the readers, so this one door is opened only where it is needed.
    from realities.model.write.translate import translate

    problems = Findings()
    stand_in = syntax.Equation(syntax.Left("macros alone"), syntax.Numeral(0.0))
    alone = replace(original, equations=(stand_in,), dimensions=(), reality_checks=(), display="")
    try:
        said = translate(alone, "xmile", problems)
    except InputError:
        return ()
    return () if problems.errors else said.macros
