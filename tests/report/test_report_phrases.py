"""Phrases that repeat: whatever text comes back, and takes less."""

from __future__ import annotations

import json
from typing import Any

from columns_read import without_signs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from realities.report.phrases import phrases_of, with_signs

WORDS = st.sampled_from(
    [
        "Kherson",
        "Kherson city",
        "men of age",
        "men of age[Donetsk]",
        "<td>",
        '</td><td class="num">',
        "×",
        "–",
    ]
)
SIGNS = st.sampled_from(["\x80", "\x81", "é", "߿", "ࠀ", "\U0001f600", "\\n", "\\u0000", '\\"', "~", " "])
TEXTS = st.lists(st.one_of(WORDS, SIGNS, st.text(st.characters(exclude_characters="\n"), max_size=5))).map(
    "".join
)


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.lists(WORDS, max_size=6))
@example("", [])
@example("Kherson cityKherson city", ["Kherson", "Kherson city"])
@example("<td>a<td>b<td>c<td>d<td><td>x<td><td>", ["<td><td>", "<td>", "<td>a<td>b"])
@example("<small>a<small>b<small>c<small> <small><b><small><b>", ["<small>", "<small><b>"])
def test_every_text_comes_back(text: str, phrases: list[str]) -> None:
    assert without_signs(with_signs(text, phrases)) == text


@settings(max_examples=20, deadline=None)
@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=12))
def test_json_comes_back_with_its_own_texts_as_phrases(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(without_signs(with_signs(text, phrases_of(value)))) == value


def test_a_phrase_stands_once_and_of_two_that_overlap_the_longer_is_taken() -> None:
    text = json.dumps(["men of age", "men of age[Donetsk]", "about men of age[Donetsk]", "men of age"])
    *lines, last = with_signs(text, ["men of age", "men of age[Donetsk]"]).split("\n")
    assert sorted(lines) == ["men of age", "men of age[Donetsk]"]
    assert "men" not in last
    assert len(last) < 0.4 * len(text)


def test_a_sign_that_the_text_has_is_none_of_those_that_stand_for_phrases() -> None:
    text = "\x80 Kherson city \x81 Kherson city \x83"
    lines = with_signs(text, ["Kherson city"]).split("\n")
    assert lines == ["\x80", "\x81", "Kherson city", "\x80 \x82 \x81 \x82 \x83"]


def test_there_are_no_more_phrases_than_signs_of_two_bytes() -> None:
    phrases = [f"phrase {k:04}" for k in range(2500)]
    text = " ".join(phrases * 2)
    packed = with_signs(text, phrases)
    assert without_signs(packed) == text
    assert max(map(ord, packed)) < 0x800
