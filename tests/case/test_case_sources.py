"""BibTeX as authors write it, and what is wrong with it."""

from __future__ import annotations

import time

import pytest

from realities.case.sources import Source, check_keys, parse_sources, plain_address, plain_text, source_keys
from realities.errors import Findings
from realities.source import SourceText


def read(text: str) -> tuple[dict[str, Source], list[str]]:
    findings = Findings()
    sources = parse_sources(SourceText("sources.bib", text), findings)
    return sources, [
        f"{item.span.line}:{item.span.column} {item.code} {item.message}" for item in findings.items
    ]


def test_an_entry_gives_its_fields_in_plain_text() -> None:
    sources, wrong = read(
        """@article{levada_2023,
  title  = {{Trust in {Institutions}}},
  author = "M{\\"u}ller, A. and {\\v S}koda, B.",
  date   = {2023-05-01},
  url    = {https://example.org/a_b?x=1%20--y},
  note   = {5\\% of \\emph{replies}; a\\_b},
}"""
    )
    assert not wrong
    assert sources["levada_2023"] == Source(
        key="levada_2023",
        kind="article",
        title="Trust in Institutions",
        author="Müller, A. and Škoda, B.",
        year="2023",
        url="https://example.org/a_b?x=1%20--y",
        note="5% of replies; a_b",
    )


def test_a_source_says_from_what_its_dates_were_inferred() -> None:
    sources, wrong = read(
        "@misc{post, title={A post}, inferred = {the {Events} it speaks of}}\n@misc{b, title={B}}"
    )
    assert (sources["post"].inferred, sources["b"].inferred, wrong) == ("the Events it speaks of", "", [])


@pytest.mark.parametrize("said", ["{}", "{yes}", "true"])
def test_dates_inferred_from_nothing_that_is_named_are_an_error(said: str) -> None:
    assert read(f"@misc{{post, inferred = {said}}}")[1] == [
        '1:7 bad-value "inferred" does not say from what the dates were inferred'
    ]


def test_macros_numbers_joins_and_parentheses_are_read() -> None:
    sources, wrong = read(
        '@string{press = "U. Press" # ", Ltd"}\n@book(b1, title = "A " # press, year = 1999)'
    )
    assert not wrong
    assert (sources["b1"].title, sources["b1"].year) == ("A U. Press, Ltd", "1999")


def test_text_between_entries_is_a_comment() -> None:
    sources, wrong = read("write to me@example.org\n@comment{old}\n@preamble{x}\n@misc{a, title={A}} % @b\n")
    assert (list(sources), wrong) == (["a"], [])


def test_an_empty_file_has_no_sources() -> None:
    assert read("") == ({}, [])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "@misc{a, title = {never closed\n@misc{b}",
            '1:18 bad-bibtex what opens here is never closed by "}"',
        ),
        ('@misc{a, title = "open}\n@misc{b}', '1:18 bad-bibtex what opens here is never closed by """'),
        ("@misc{, title={x}}\n@misc{b}", "1:7 bad-bibtex an entry needs a key, followed by a comma"),
        ("@misc{a title={x}}\n@misc{b}", "1:7 bad-bibtex an entry needs a key, followed by a comma"),
        ("@misc{a, title {x}}\n@misc{b}", '1:10 bad-bibtex expected "name = value" or "}"'),
        ("@misc{a, title = {x} year = 3}\n@misc{b}", '1:22 bad-bibtex expected a comma or "}" after a value'),
        ("@misc{a, title = ,}\n@misc{b}", "1:18 bad-bibtex expected a value in braces or quotes"),
        (
            "@misc{a, title = {x}\n@misc{b}",
            '1:1 bad-bibtex this entry is not closed by "}" before the next begins',
        ),
        ("@{a}\n@misc{b}", '1:1 bad-bibtex expected an entry such as "@misc{key, title = {...}}"'),
        ("@misc{b}\n@misc{b}", '2:7 duplicate-id two sources have the key "b"'),
    ],
)
def test_a_broken_entry_costs_no_other(text: str, place: str) -> None:
    sources, wrong = read(text)
    assert wrong == [place]
    assert "b" in sources


def test_the_key_of_a_broken_entry_still_counts() -> None:
    sources, wrong = read("@misc{a, title = {never closed")
    assert len(wrong) == 1
    findings = Findings()
    check_keys("a", SourceText("x", "a").span(0), sources, findings)
    assert not findings.items


def test_a_file_of_lost_braces_is_read_in_linear_time() -> None:
    text = "@misc{a, title = {\n" * 20_000
    started = time.process_time()
    _, wrong = read(text)
    assert len(wrong) == 20_000
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"Gar{\c c}on \& \L{}ukasz \'{E}t\'e \o{} \ss", "Garçon & Łukasz Été ø ß"),
        (r"1990--1992 --- a~b \{c\} \$5 \#1", "1990–1992 — a b {c} $5 #1"),
        (r"\textbf{Bold} \LaTeX{} word", "Bold word"),
        ("plain  \n text", "plain text"),
        ("\\", "\\"),
        (r"\^{\i}le", "île"),
    ],
)
def test_tex_becomes_plain_text(tex: str, text: str) -> None:
    assert plain_text(tex) == text


def test_an_address_keeps_its_signs() -> None:
    assert plain_address(r"\url{https://a.org/~b\_c--d\%20e}") == "https://a.org/~b_c--d%20e"


def test_several_keys_are_parted_by_semicolons() -> None:
    assert source_keys(" a; b ;; ") == ("a", "b")


def test_an_unknown_key_is_told_with_the_nearest() -> None:
    findings = Findings()
    span = SourceText("x", "council2019; other").span(0, 18)
    check_keys(span.text, span, {"council2018": Source("council2018", "misc")}, findings)
    assert [item.code for item in findings.items] == ["unknown-source", "unknown-source"]
    assert findings.items[0].help == ('did you mean "council2018"?',)
    check_keys(" ", span, {}, findings, required=True)
    assert findings.items[-1].code == "missing-source"
