"""A whole study as a notebook shows it: small, in the case's order, and only as text."""

from __future__ import annotations

import re
from html import escape
from typing import Any
from xml.etree import ElementTree

from report_synthetic import HOSTILE, synthetic_study

from realities.figures.card import MOST_BYTES
from realities.report import sentences
from realities.report.schema import Payload
from realities.report.view import View
from realities.report.why import why
from realities.weigh.card import study_card

SVG = "{http://www.w3.org/2000/svg}svg"


def test_a_study_shows_weights_the_first_quantity_and_claims(study: Any) -> None:
    text = study_card(study)
    assert len(text.encode()) < MOST_BYTES
    root = ElementTree.fromstring(text)
    assert len(list(root.iter(SVG))) == 2
    names = [account.name for account in study.case.accounts]
    said = next(node.text or "" for node in root.iter("p") if "Weights in 100" in (node.text or ""))
    assert [said.index(name) for name in names] == sorted(said.index(name) for name in names)
    assert sum(map(int, re.findall(r" (\d+)[,.]", said.split("Weights in 100:")[1]))) == 100
    assert f"and {len(study.claims) - 10} more" in text


def test_a_study_says_why_the_leading_account_leads_as_its_page_does(study: Any, payload: Payload) -> None:
    told = why(View(payload), payload["as_of"])
    assert told
    assert f"<p>{escape(told)}</p>" in study_card(study)


def test_a_study_begins_with_the_first_sentence_of_its_page(study: Any, payload: Payload) -> None:
    view = View(payload)
    page = "".join(text for text, _ in sentences.reading(view, len(study.dates) - 1))
    text = study_card(study)
    assert text.index(f"<p>{escape(page)}</p>") == text.index("<p>") < text.index("Weights in 100")


def test_hostile_text_of_a_study_stays_text(hostile_study: Any) -> None:
    root = ElementTree.fromstring(study_card(hostile_study))
    assert not {node.tag.rsplit("}", 1)[-1] for node in root.iter()} & {"script", "img", "iframe"}
    assert not any(name.startswith("on") for node in root.iter() for name in node.attrib)
    assert HOSTILE in "".join(root.itertext())


def test_what_is_not_reliable_is_faint_and_says_so() -> None:
    shaky = synthetic_study(n_accounts=2, n_quantities=1, n_dates=2, n_claims=2, unreliable="engineer")
    text = study_card(shaky)
    assert "not reliable" in text
    assert "rl-faint" in text
