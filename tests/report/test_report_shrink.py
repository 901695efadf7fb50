"""Scripts with short names do the same; what is not the script's own keeps its name."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from realities.report.bundle import page_script, worker_script
from realities.report.shrink import shrink


@pytest.mark.parametrize(
    ("script", "short"),
    [
        ("const total = 1; // a note\nconsole.log(total);\n", "let A=1;console.log(A);"),
        ("const one = { const: 1 }.const;\n", "let A={const:1}.const;"),
        ("const is = { true: false }.true || true;\n", "let A={true:!1}.true||!0;"),
        ("const is = (one) => (one ? true : false);\n", "let A=A=>A?!0:!1;"),
        ("const { name: first, second, ...rest } = data;", "let{name:A,second:B,...C}=data;"),
        ("const point = { x: one, one, go() { return 0.5; } };", "let A={x:one,one,go(){return .5}};"),
        ("function twice(value, by = 2) {\n  return value * by;\n}\n", "function A(A,B=2){return A*B}"),
        ("const f = ({ left, top: [high] }) => left + high;", "let A=({left:A,top:[B]})=>A+B;"),
        ("const f = async (one) => (one) => (one.two);", "let A=async(A)=>A=>A.two;"),
        ("const f = (one) => ({ one }), g = (one) => (one, 2), h = (a) => (a)(1);", None),
        (
            "const a = [new Map(), new Set(new Map())], b = new Map().size;",
            "let A=[new Map,new Set(new Map)],B=new Map().size;",
        ),
        ("let a = b + +c - -d;", "let A=b+ +c- -d;"),
        ("const say = (word) => `say ${word} ${ { word }.word } /* kept */`;", None),
        ('const ends = /[/]\\/"/g.test(text) ? 1 / 2 : text.x;', 'let A=/[/]\\/"/g.test(text)?1/2:text.x;'),
        ("class Tree {\n  grow(by) { this.size += by; return Tree; }\n}\n", None),
    ],
)
def test_names_and_blanks_go_and_meaning_stays(script: str, short: str | None) -> None:
    found = shrink(script)
    if short is not None:
        assert found == short
    assert len(found) < len(script)


@pytest.mark.parametrize(
    ("script", "short"),
    [
        ("const a = (one) => (two) => one + two;", "let A=A=>B=>A+B;"),
        ("const a = (one) => { g(a); return (two) => one; };", "let A=B=>{g(A);return A=>B};"),
        ("const all = []; for (const all of x) y(all); z(all);", "let A=[];for(let A of x)y(A);z(A);"),
        ("const a = 1; for (const b of x) if (b) y(a); else z(b); w(a);", None),
        ("const a = 1; { const b = 2; f(b); } f(a);", "let A=1;{let A=2;f(A);}f(A);"),
        ("const a = 1; try { f(); } catch (error) { g(error); }", "let A=1;try{f();}catch(A){g(A);}"),
        ("const a = one.catch((b) => b), c = 2 * f(a);", "let A=one.catch(A=>A),B=2*f(A);"),
        ("const a = 1, f = (b = a) => b;", "let A=1,B=(B=A)=>B;"),
        ("const a = (b) => `${b.map((c) => c + A)}`;", "let B=B=>`${B.map(B=>B+A)}`;"),
        ("const f = (at) => 'x' in at, g = 1;", "let A=A=>'x'in A,B=1;"),
        ("const a = 1, f = c ? (a) => a + 1 : a;", "let A=1,B=c?A=>A+1:A;"),
        ("const k = 1, f = ({ [k]: v }) => v + k;", "let A=1,B=({[A]:B})=>B+A;"),
        ("for (const a of x) for (const b of a) f(a ? b : a);", "for(let A of x)for(let B of A)f(A?B:A);"),
    ],
)
def test_inner_names_hide_outer_ones_only_where_those_are_not_used(script: str, short: str | None) -> None:
    if short is not None:
        assert shrink(script) == short


def test_a_name_of_the_browser_or_of_a_property_stays() -> None:
    script = "const width = (node) => node.width + document.title.length + name.width;\n"
    found = shrink(script + "const top = (name) => name.top;\n")
    assert "document.title.length" in found
    assert found.count(".width") == 2
    assert "name.width" in found
    assert "A=>A.top" in found  # here it is the script's own


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("var total = 1;", "no var"),
        ("switch (x) { case 2: { const size = 1; } }", "no switch"),
        ("const b = 7; const f = (a = b) => { const b = 2; return a + b; };", "a default uses b"),
    ],
)
def test_what_the_style_has_no_place_for_is_refused(script: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        shrink(script)


def test_names_that_meet_stay_apart() -> None:
    names = [f"name{i}" for i in range(300)]
    script = "".join(f"const {name} = {i};\n" for i, name in enumerate(names))
    script += f"const all = () => [{', '.join(names)}];\n"
    short = re.findall(r"let (\w+)=\d+;", shrink(script))
    assert len(set(short)) == 300
    assert not set(short) & {"do", "if", "in", "of", "as", "let", "new"} - {"as"}


@pytest.mark.parametrize("text", ["f(", "}", "const a = `b", "const a = \\;"])
def test_what_is_no_script_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"closes|closed|template|not a script"):
        shrink(text)


SAMPLE = """
const tally = new Map(), words = ["one", "two", "one"];
const count = (list) => { for (const one of list) tally.set(one, (tally.get(one) ?? 0) + 1); };
function sum({ from = 0, to }, step = (from, to) => to - from) {
  let total = 0;
  for (let i = from; i < to; i++) total += i;
  return { total, step: step(from, to), text: `${from}..${to} ${total > 3 ? `big ${total}` : "small"}` };
}
class Box {
  constructor(words) { this.words = words; }
  get size() { return this.words.length; }
  static of(...words) { return new Box(words); }
  async later(words) { try { throw words; } catch (error) { return [error, this.size]; } }
}
count(words);
const { total: all, text, ...rest } = sum({ to: 5 });
const shadow = (all) => {
  for (const one of all) for (const all of one) if (all > 2) return (one, step = all) => all + step;
};
const later = async () =>
  JSON.stringify([[...tally], all, text, rest, Box.of(1, 2).size, shadow([[1, 2], [3]])(4)]);
const last = async () => [await Box.of(1).later("x"), "a/b".split(/\\//).length, 0.25 + 1 / 4];
later().then(async (found) => console.log(found, ...(await last()), typeof words === "object"));
"""


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("no Node")
    return found


def test_a_shrunk_script_does_the_same(node: str) -> None:
    said = [
        subprocess.run([node, "-e", script], capture_output=True, text=True, check=True, timeout=60).stdout
        for script in (SAMPLE, shrink(SAMPLE))
    ]
    assert said[0] == said[1]
    assert "big 10" in said[0]


def test_scripts_of_the_page_are_scripts_and_shorter(node: str, tmp_path: Path) -> None:
    for name, script in (("js", page_script()), ("worker", worker_script())):
        path = tmp_path / f"{name}.js"
        path.write_text(script, encoding="utf-8")
        subprocess.run([node, "--check", str(path)], check=True, timeout=60)
        folder = files("realities.report") / "template" / name
        sources = sum(len(entry.read_text(encoding="utf-8")) for entry in folder.iterdir())
        assert len(script) < 0.75 * sources
