"""Small modules become one script in the order in which they need each other."""

from __future__ import annotations

from importlib.resources import files

import pytest

from realities.report.bundle import bundle, loader_script, page_script, page_style, squeeze, worker_script


def test_a_module_stands_after_those_it_imports() -> None:
    modules = {
        "main": 'import { two } from "./b.js";\nimport { one } from "./a.js";\ntwo(one);\n',
        "a": "export const one = 1;\n",
        "b": 'import { one } from "./a.js";\nexport function two() {\n  return one;\n}\n',
        "unused": "export const never = 1;\n",
    }
    script = bundle(modules, "main")
    assert script == '(()=>{"use strict";\nlet A=1;function B(){return A}B(A);})();'


def test_a_circle_a_gap_and_a_name_used_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="circle: a -> b -> a"):
        bundle({"a": 'import "./b.js";\n', "b": 'import "./a.js";\n'}, "a")
    with pytest.raises(ValueError, match=r"no module b\.js"):
        bundle({"a": 'import "./b.js";\n'}, "a")
    with pytest.raises(ValueError, match=r"same is defined in b\.js and in a\.js"):
        bundle({"a": 'import "./b.js";\nlet one, same;\n', "b": "const same = 1;\n"}, "a")


def test_only_comments_on_lines_of_their_own_are_taken_from_a_style_sheet() -> None:
    text = '/* gone\n * too */\na { content: "/* kept */"; }\n\n\n  b { color: red }\n'
    assert squeeze(text) == 'a { content: "/* kept */"; }\nb { color: red }\n'


@pytest.mark.parametrize("folder", ["js", "worker"])
def test_every_module_is_used_and_documented(folder: str) -> None:
    place = files("realities.report") / "template" / folder
    texts = {entry.name: entry.read_text(encoding="utf-8") for entry in place.iterdir()}
    for name, text in texts.items():
        assert text.startswith("// "), name
        entries = {"main.js", "worker.js", "loader.js"}
        assert name in entries or any(f'from "./{name}"' in other for other in texts.values()), name


def test_scripts_and_style_cannot_end_their_elements() -> None:
    assert "</script" not in page_script() + worker_script() + loader_script()
    assert "</style" not in page_style()
