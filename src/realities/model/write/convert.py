"""One model file into another: `convert_model` reads, translates, prints, and writes.

    read        any model file -> syntax tree              load.py
    translate   the tree in the other language             translate.py
    draw        views, where Vensim is to show some        sketch/redraw.py
    print       the tree -> text                           vensim.py, xmile.py
    write       beside the file that is wanted, then renamed into its place

What is printed is read once more before it is written, so that no file leaves here that does not open.
The ending of the name says what is wanted. `cli/convert.py` calls this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from realities.errors import Diagnostic, Findings, InputError, InternalError
from realities.ir.model import Dialect
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.languages import LANGUAGES, READERS
from realities.model.load import read_file, read_source
from realities.model.write.claims import claims_of
from realities.model.write.sketch.redraw import redrawn_text, with_views
from realities.model.write.translate import translate
from realities.model.write.vensim import vensim_text
from realities.model.write.xmile import xmile_text
from realities.output import write_beside
from realities.source import SourceText, Span

#: The language of each kind of model file that is written, by the ending of its name.
DIALECTS: Mapping[str, Dialect] = {
    ".mdl": "vensim",
    **dict.fromkeys((".xmile", ".stmx", ".xml"), "xmile"),
}
#: What prints each language.
PRINTERS: Mapping[Dialect, Callable[[syntax.ModelFile], str]] = {"vensim": vensim_text, "xmile": xmile_text}
#: Files of networks, which this does not convert yet.
NETWORKS = frozenset((".geojson", ".graphml"))


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written.

    Attributes
    ----------
    path
        The file.
    text
        What stands in it.
    n_variables
        How many names it defines; for claims, how many Reality Checks became claims.
    macros, added
        Names of the macros and of the variables that were made, to say what the language has no word for.
    n_views
        How many views were drawn.
    settings
        Names of the time settings that are variables in the file that was read and none in the one written.
    """

    path: Path
    text: str
    n_variables: int
    macros: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    n_views: int = 0
    settings: tuple[str, ...] = ()


def convert_model(
    model: Path | str,
    out: Path | str,
    *,
    data: Sequence[Path | str] = (),
    views: bool = False,
    findings: Findings | None = None,
) -> Converted:
    """Write a model in the language that a file's name asks for, and return what was written.

    Both files give the same results. Stocks, equations, units, comments and groups are kept; functions
    that the other language lacks are written out, or become macros of the same meaning. What becomes a
    Vensim model is drawn: a view for each group or module.

    Parameters
    ----------
    model
        A model file: `.mdl`, `.xmile`, `.stmx`, `.xml`.
    out
        The file to write: `.mdl`, `.xmile` or `.stmx`; or `.toml` for a model's Reality Checks as claims. A
        model that is there is replaced, unless it is the one to read; claims that are there never are.
    data
        Files with the values of data variables, which become graphical functions in XMILE.
    views
        Whether to draw a Vensim model anew too: views take the place of its drawing, and its equations
        stay as they are written. Then both files may be one.
    findings
        Takes the warnings: what was left out, renamed or settled.

    Raises
    ------
    UnreadableError
        If the model is missing or cannot be read.
    InputError
        If the model is wrong, says something that the other language cannot say, or a name ends in nothing
        that is written; with every problem that could be found. Nothing is written then.
    """
    source_path, target = Path(model), Path(out)
    found = Findings()
    dialect = _dialect(target)
    if views and dialect != "vensim":
        raise _refusal("unknown-format", "views are drawn in .mdl files only", target)
    _check_distinct(
        source_path, target, may_be_one=views and DIALECTS.get(source_path.suffix.lower()) == dialect
    )
    if dialect is None and target.exists():
        message = f'"{target}" is there already, and may hold claims that somebody wrote'
        advice = "choose another name, and copy what is wanted out of it"
        raise _refusal("exists", message, target, advice)
    file = read_file(read_source(source_path), found)
    if not file.equations and not found.errors:
        found.error("empty-model", "this file holds no equations", Span(file.source, 0, 0))
    found.check()
    if dialect is None:
        text = claims_of(file)
        result = Converted(target, text, text.count("[[claim]]"))
    else:
        result = _converted(file, dialect, target, data, found, views=views)
    found.check()
    write_beside(target, lambda path: path.write_text(result.text, encoding="utf-8", newline="\n"))
    if findings is not None:
        findings.extend(found.items)
    return result


def _converted(
    file: syntax.ModelFile,
    dialect: Dialect,
    target: Path,
    data: Sequence[Path | str],
    found: Findings,
    *,
    views: bool,
) -> Converted:
    """Return a model as text in a language; what it cannot say is noted."""
    translated = translate(file, dialect, found, data)
    found.check()
    n_views = 0
    if dialect == "vensim" and (views or file.dialect != dialect):
        translated, n_views = with_views(translated, has_modules=file.dialect != dialect)
    if views and file.dialect == dialect:
        text = redrawn_text(translated, file)
    else:
        text = PRINTERS[dialect](translated)
    _check_readable(text, target)
    before, after = _names(file), _names(translated)
    known = {name_key(one.name) for one in file.macros}
    macros = [one.name for one in translated.macros if name_key(one.name) not in known]
    added = [name for key, name in after.items() if key not in before] if dialect != file.dialect else []
    settings = _settings(file) if dialect == "xmile" and file.dialect != dialect else ()
    return Converted(target, text, len(after), tuple(macros), tuple(added), n_views, settings)


def _settings(file: syntax.ModelFile) -> tuple[str, ...]:
    """Return the time settings that a file defines by equations of their own, as they are written there."""
    settings = {name_key(name) for name in LANGUAGES[file.dialect].controls.names()}
    return tuple(one.left.name for one in file.equations if name_key(one.left.name) in settings)


def _names(file: syntax.ModelFile) -> dict[str, str]:
    """Return the names that a file defines by key, those of its time settings left out."""
    settings = {name_key(name) for name in LANGUAGES[file.dialect].controls.names()}
    named = {name_key(one.left.name): one.left.name for one in file.equations}
    return {key: name for key, name in named.items() if key not in settings}


def _dialect(target: Path) -> Dialect | None:
    """Return the language that a file's name asks for, None for claims."""
    suffix = target.suffix.lower()
    if suffix == ".toml":
        return None
    if suffix in DIALECTS:
        return DIALECTS[suffix]
    message = f'cannot write "{target.name}": its name ends in none of {", ".join(DIALECTS)}, .toml'
    if suffix in NETWORKS:
        message = f'cannot write "{target.name}": networks are not converted yet'
    raise _refusal("unknown-format", message, target)


def _check_distinct(model: Path, target: Path, *, may_be_one: bool) -> None:
    if not may_be_one and target.exists() and model.exists() and target.samefile(model):
        raise _refusal("exists", f'"{target}" is the model itself; choose another name', target)
    if not target.resolve().parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(target.parent))


def _refusal(code: str, message: str, path: Path, *advice: str) -> InputError:
    return InputError(Diagnostic("error", code, message, SourceText(str(path), "").span(0, 0), advice))


def _check_readable(text: str, target: Path) -> None:
    """Make sure that what was printed is read again without an error."""
    found = Findings()
    READERS[target.suffix.lower()](SourceText(str(target), text), found)
    if found.errors:
        raise InternalError(f"what was written cannot be read: {found.errors[0].render()}")
