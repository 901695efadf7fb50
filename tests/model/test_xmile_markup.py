"""The markup of XMILE files: every element with its place, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from xmile_text import aux, first, problems, xmile

from realities.errors import Findings
from realities.model.load import load_model
from realities.model.xmile.markup import DEEPEST, Element, read_markup
from realities.source import SourceText


def parsed(text: str) -> Element:
    """Return the outermost element of a text."""
    findings = Findings()
    root = read_markup(SourceText("model.xmile", text), findings)
    assert root is not None, findings.items
    return root


def test_every_element_knows_where_it_stands() -> None:
    text = '<xmile>\n  <a name="é">é</a>\n  <b  x="1"\n     y=\'two\'/>\n</xmile>'
    a, b = parsed(text).children
    assert (a.span.line, a.span.column, a.span.text) == (2, 3, '<a name="é">')
    assert (a.text, a.text_span.text, a.text_span.column) == ("é", "é", 15)
    assert (b.span.line, b.attribute_span("y").line, b.attribute_span("y").column) == (3, 4, 9)
    assert b.attribute_span("y").text == "two"
    assert b.attributes == {"x": "1", "y": "two"}


def test_a_text_stands_at_the_same_places_as_in_the_file() -> None:
    text = "<xmile><e>a &lt; b <!-- c --><![CDATA[& d]]>&#x41;</e></xmile>"
    (element,) = parsed(text).children
    assert len(element.text) == element.closed - element.opened
    for word in ("a", "b", "d"):
        assert text[element.opened + element.text.index(word)] == word
    assert element.words == "a < b & dA"


def test_names_of_vendors_stay_apart() -> None:
    root = parsed('<xmile xmlns="urn:x" xmlns:v="urn:v"><v:a/><a/><a xmlns="urn:v"/><unbound:a/></xmile>')
    assert [child.is_standard for child in root.children] == [False, True, False, False]
    assert len(list(root.all("a"))) == 1


def test_the_format_may_have_a_prefix_of_its_own() -> None:
    root = parsed('<x:xmile xmlns:x="urn:x"><x:a/><a/></x:xmile>')
    assert [child.is_standard for child in root.children] == [True, False]


def test_of_a_drawing_only_the_place_is_kept() -> None:
    root = parsed("<xmile><model><views><view><aux/></view></views></model></xmile>")
    (views,) = root.children[0].children
    assert (views.name, views.children) == ("views", [])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("<xmile>\n<a></b></xmile>", 2, "this is not well-formed XML: mismatched tag"),
        ("<xmile>\n\n", 3, "this is not well-formed XML: no element found"),
        ("", 1, "this is not well-formed XML: no element found"),
        ("<xmile>\n<a x=1/></xmile>", 2, "this is not well-formed XML: not well-formed (invalid token)"),
        ("<xmile>\n\n&nobody;</xmile>", 3, "this is not well-formed XML: undefined entity"),
        (
            '<!DOCTYPE xmile [<!ENTITY a "b">]>\n<xmile>&a;</xmile>',
            1,
            "a document type (<!DOCTYPE>) is not read: no model needs one",
        ),
        (
            '<?xml version="1.0"?>\n<!DOCTYPE xmile SYSTEM "file:///etc/passwd">\n<xmile/>',
            2,
            "a document type (<!DOCTYPE>) is not read: no model needs one",
        ),
    ],
)
def test_broken_markup_is_one_error_at_its_place(text: str, line: int, message: str) -> None:
    ((found_line, code, found),) = problems(text)
    assert (found_line, code, found) == (line, "syntax-error", message)


def test_elements_nested_too_deep_are_refused() -> None:
    text = "<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1)
    assert [code for _, code, _ in problems(text)] == ["too-deep"]


def test_another_kind_of_xml_is_no_model() -> None:
    ((_, code, message),) = problems("<html><body/></html>")
    assert (code, message) == (
        "unknown-format",
        "this file holds <html>, not <xmile>: it is no model in XMILE",
    )


def test_a_comment_cannot_break_a_file() -> None:
    text = xmile("<!-- it -- is\n -- é <aux> -->" + aux("a", "1") + aux("b", "a + oops"))
    ((line, code, _),) = problems(text)
    assert (line, code) == (8, "unknown-name")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-2", "cp1252"])
def test_a_file_is_read_in_the_encoding_it_declares(tmp_path: Path, encoding: str) -> None:
    name = "ärger" if encoding == "cp1252" else "příliš" if encoding == "iso-8859-2" else "smör"
    text = xmile(aux(name, "7") + aux("b", f"{name} + 1"))
    text = text.replace('encoding="utf-8"', f'encoding="{encoding.removesuffix("-sig")}"')
    path = tmp_path / "model.stmx"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    assert name in load_model(path)


def test_a_byte_above_127_moves_no_place() -> None:
    text = xmile(aux("größe der häuser", "1") + "\n" + aux("b", "größe_der_häuser + oops"))
    ((line, code, _),) = problems(text)
    assert (line, code) == (8, "unknown-name")
    assert first(text.replace("oops", "1"))["b"] == 2.0
