"""Small modules become one script in the order in which they need each other."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from realities.report.bundle import OPERATORS, bundle, page_script, page_style, squeeze


def test_a_module_stands_after_those_it_imports() -> None:
    modules = {
        "main": 'import { two } from "./b.js";\nimport { one } from "./a.js";\ntwo(one);\n',
        "a": "export const one = 1;\n",
        "b": 'import { one } from "./a.js";\nexport function two() {\n  return one;\n}\n',
        "unused": "export const never = 1;\n",
    }
    script = bundle(modules, "main")
    assert script.index("const one") < script.index("function two") < script.index("two(one)")
    assert "import" not in script
    assert "export" not in script
    assert "never" not in script


def test_a_circle_a_gap_and_a_name_used_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="circle: a -> b -> a"):
        bundle({"a": 'import "./b.js";\n', "b": 'import "./a.js";\n'}, "a")
    with pytest.raises(ValueError, match=r"no module b\.js"):
        bundle({"a": 'import "./b.js";\n'}, "a")
    with pytest.raises(ValueError, match=r"same is defined in b\.js and in a\.js"):
        bundle({"a": 'import "./b.js";\nlet same;\n', "b": "const same = 1;\n"}, "a")


def test_only_comments_on_lines_of_their_own_and_types_are_taken_away() -> None:
    text = '// gone\nconst a = "// kept";\n /** gone\n * too */\n /** @type {any} */ (a).b = 1;\n\n\nlet c;\n'
    assert squeeze(text) == 'const a = "// kept";\n(a).b = 1;\nlet c;\n'


def test_every_module_of_the_page_is_used_and_documented() -> None:
    folder = files("realities.report") / "template" / "js"
    script = page_script()
    for entry in folder.iterdir():
        text = entry.read_text(encoding="utf-8")
        assert text.startswith("// "), entry.name
        names = re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.MULTILINE)
        assert all(re.search(rf"\b{name}\b", script) for name in names)
    assert "</script" not in script
    assert "</style" not in page_style()


def test_no_text_between_quotes_holds_a_blank_that_is_squeezed() -> None:
    folder = files("realities.report") / "template" / "js"
    quoted = re.compile(r'"(?:[^"\\\n]|\\.)*"')
    for entry in folder.iterdir():
        lines = entry.read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith(("//", "/**", "*")))
        plain = re.sub(r"\$\{[^{}]*\}", "", re.sub(r"`[^`]*`", "", text))
        assert not [found[0] for found in quoted.finditer(plain) if OPERATORS.search(found[0])], entry.name
    assert bundle({"a": "const a = (b) => { if (b === 1) return b + 1; };\n"}, "a").splitlines()[-1] == (
        "const a=(b)=>{ if(b===1) return b+1; };})();"
    )
