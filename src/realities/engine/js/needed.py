"""What a program needs of `library/*.js`, and no more, without its comments.

In come the names of functions; out goes the text of an expression that gives an object of them. A library
file is plain: declarations begin at the first column, imports name what comes from another file, no string
holds what begins a comment, and no two declarations of the library have one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise

from realities.engine.js.functions import used_functions
from realities.engine.program.program import Program

_DECLARATION = re.compile(r"^(?:export )?(?:function|const|let) +(\w+)", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_IMPORT = re.compile(r"^import [^;]*;\n?", re.MULTILINE)
_WORD = re.compile(r"(?<![.\w])[A-Za-z_]\w*")


def library(program: Program) -> str:
    """Return what the text of a program (`emit.source`) is called with, as an expression."""
    return library_of({"program", *used_functions(program)})


def library_of(names: Iterable[str]) -> str:
    """Return the code of some functions of the library, and of all they use, as an expression.

    Raises
    ------
    KeyError
        If there is no such function.
    """
    declared = _declarations()
    wanted = sorted(set(names))
    needed, stack = set[str](), list(wanted)
    while stack:
        name = stack.pop()
        if name not in needed:
            needed.add(name)
            stack += [word for word in _WORD.findall(declared[name]) if word in declared]
    body = "\n".join(text for name, text in declared.items() if name in needed)
    return f"(()=>{{{body}\nreturn{{{','.join(wanted)}}}}})()"


@cache
def _declarations() -> Mapping[str, str]:
    """Return the text of each declaration by its name: constants first, as they are computed at once."""
    found: dict[str, str] = {}
    folder = files("realities.engine.js") / "library"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".js"):
            continue
        text = _IMPORT.sub("", _COMMENT.sub("", file.read_text(encoding="utf-8")))
        places = [*(match.start() for match in _DECLARATION.finditer(text)), len(text)]
        for start, end in pairwise(places):
            match = _DECLARATION.match(text, start)
            assert match is not None
            if match[1] in found:
                raise ValueError(f'two declarations of the library are named "{match[1]}"')
            found[match[1]] = _without_space(text[start:end].removeprefix("export "))
    return dict(sorted(found.items(), key=lambda item: item[1].startswith("function")))


def _without_space(text: str) -> str:
    """Return a declaration without what only its readers need."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)
