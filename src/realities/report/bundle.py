"""Small script modules -> one script a page can carry.

In come the `.js` files beside the template, written as modules with `import` and `export`; out comes one
text in the order in which they need each other, without the import lines, and as short as `shrink.py` makes
it. Names are shared once the modules stand in one scope, so no two modules may define the same one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from realities.report.encode import pack
from realities.report.shrink import own_names, shrink

_IMPORT = re.compile(r"^import\s+(?:\{[^}]*\}\s+from\s+)?\"\./(\w+)\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_BLANK = re.compile(r"\n{2,}")
#: Runs the packed script of the page, as a blob, which the policy allows; without it the page can be read.


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


@cache
def packed_script() -> str:
    """Return the script of the page as the page carries it, for `loader_script` to run."""
    return pack(page_script())


@cache
def worker_script() -> str:
    """Return the script of the page's worker, which runs the model."""
    return bundle(_modules("worker"), "worker")


def _modules(name: str) -> dict[str, str]:
    folder = files("realities.report") / "template" / name
    return {
        entry.name.removesuffix(".js"): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".js")
    }


@cache
def page_style() -> str:
    """Return the style sheet of the page, without the palette and the rules of the charts."""
    text = (files("realities.report") / "template" / "page.css").read_text(encoding="utf-8")
    return squeeze(text).replace("}\n", "}")
