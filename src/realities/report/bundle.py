"""Small script modules -> one script a page can carry.

In come the `.js` files beside the template, written as modules with `import` and `export`; out comes one
text in the order in which they need each other, without the import lines, and as short as `shrink.py` makes
it. Names are shared once the modules stand in one scope, so no two modules may define the same one. The
page's own script is packed by `mixing.py`, which takes seconds: what it gave is kept in
`template/packed.bin`, and `make packed` makes that anew after a change of the scripts.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from realities.figures.style import LATER_RULES
from realities.report.mixing import mixed
from realities.report.scopes import own_names
from realities.report.shrink import shrink

_IMPORT = re.compile(r"^import\s+(?:\{[^}]*\}\s+from\s+)?\"\./(\w+)\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_BLANK = re.compile(r"\n{2,}")
#: What the page's script was packed to, after the hash of what was packed: text and the way it is packed.
_PACKED: Final = "packed.bin"
_HASH: Final = 32  # bytes of it
_LATE: Final = 'document.head.insertAdjacentHTML("beforeend",`<style>{}</style>`);'


def bundle(modules: Mapping[str, str], entry: str) -> str:
    """Return the modules that `entry` needs as one script, each after those it imports.

    Raises
    ------
    ValueError
        If a module is missing, imports run in a circle, or two modules define one name.
    """
    order: list[str] = []
    _visit(entry, modules, order, ())
    owners: dict[str, str] = {}
    bodies = {name: _EXPORT.sub("", _IMPORT.sub("", modules[name])) for name in order}
    for name, body in bodies.items():
        for defined in sorted(own_names(body)):
            if defined in owners:
                raise ValueError(f"{defined} is defined in {owners[defined]}.js and in {name}.js")
            owners[defined] = name
    body = "".join(bodies.values())
    return f'(()=>{{"use strict";\n{shrink(body)}}})();'


def _visit(name: str, modules: Mapping[str, str], order: list[str], path: tuple[str, ...]) -> None:
    if name in path:
        raise ValueError(f"imports run in a circle: {' -> '.join((*path, name))}")
    if name in order:
        return
    if name not in modules:
        raise ValueError(f"no module {name}.js")
    for needed in _IMPORT.findall(modules[name]):
        _visit(needed, modules, order, (*path, name))
    order.append(name)


def squeeze(text: str) -> str:
    """Return a style sheet without comments on their own lines, indents and empty lines."""
    return _BLANK.sub("\n", _INDENT.sub("", _COMMENT.sub("", text))).lstrip("\n")


@cache
def page_script() -> str:
    """Return the script of the page."""
    return bundle(_modules("js"), "main")


@cache
def loader_script() -> str:
    """Return the script that unpacks and runs the page's own: all that a page carries plainly."""
    return bundle(_modules("loader"), "loader")


def unpacker(script: str) -> str:
    """Return a script's first function: in the loader's, what unpacks, which learns from its own text."""
    start = script.index("function ")
    end = depth = 0
    for sign in re.finditer(r"[{}]", script[start:]):
        depth += 1 if sign[0] == "{" else -1
        if depth == 0:
            end = start + sign.end()
            break
    return script[start:end]


@cache
def packed_script() -> str:
    """Return the script of the page as the page carries it, for `loader_script` to run."""
    kept = (_template() / _PACKED).read_bytes()
    text = _to_pack()
    return b64encode(kept[_HASH:] if kept[:_HASH] == _hash(text) else _mixed(text)).decode("ascii")


def keep_packed() -> int:
    """Pack the script of the page and keep it beside the modules; return how many bytes it takes."""
    text = _to_pack()
    packed = _mixed(text)
    Path(str(_template() / _PACKED)).write_bytes(_hash(text) + packed)
    return len(packed)


def is_packed() -> bool:
    """Whether what is kept is that of the modules as they stand."""
    return (_template() / _PACKED).read_bytes()[:_HASH] == _hash(_to_pack())


def _to_pack() -> bytes:
    """Return the late style and the page's script in ASCII: what is not stands in texts and is escaped."""
    text = _LATE.format(late_style()) + page_script()
    if max(text) > "\uffff":
        raise ValueError("a sign that takes more than four digits cannot be escaped alike in scripts")
    return text.encode("ascii", "backslashreplace")


def _mixed(text: bytes) -> bytes:
    return mixed(text, unpacker(loader_script()).encode())


def _hash(text: bytes) -> bytes:
    """Return what tells whether a packed script is that of this text, packed in this way."""
    return sha256(
        text + loader_script().encode() + (files("realities.report") / "mixing.py").read_bytes()
    ).digest()


@cache
def worker_script() -> str:
    """Return the script of the page's worker, which runs the model."""
    return bundle(_modules("worker"), "worker")


def _template() -> Traversable:
    return files("realities.report") / "template"


def _modules(name: str) -> dict[str, str]:
    folder = _template() / name
    return {
        entry.name.removesuffix(".js"): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".js")
    }


@cache
def page_style() -> str:
    """Return the style sheet of the page, without the palette and the rules of the charts."""
    return _style("page.css")


@cache
def late_style() -> str:
    """Return the rules for what only the script brings into view, which are packed with it."""
    style = squeeze(LATER_RULES).replace("}\n", "}") + _style("late.css")
    if re.search(r"[`\\]|\$\{", style):
        raise ValueError("late.css stands in a text of a script: no `, \\ or ${")
    return style


def _style(name: str) -> str:
    return squeeze((_template() / name).read_text(encoding="utf-8")).replace("}\n", "}")
