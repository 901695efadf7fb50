"""The pages that the server gives: a report with a strip at its foot, one that waits for it, and the index.

In come a report's text, news of a case, or a list of cases; out come HTML and its policy. The report is
served as the file holds it but for two things: its policy allows one address more, where news of the case
are, and the script of the strip stands at its end. Text of a case reaches these pages through autoescape, or
as text by the strip's script. Next is `server.py`, which answers with them.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from realities.errors import InternalError
from realities.report.bundle import squeeze
from realities.report.page import POLICY, no_tags, page_look
from realities.serve.desk import News
from realities.serve.shelf import Entry

#: The mark of the page's bar, for the tab of a browser.
ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 22 22'%3E"
    "%3Cpath d='M1 15C7 15 9 3 21 3M1 15c7 0 9-5 20-5M1 15c7 0 10 3 20 4' fill='none' stroke='%23386de0' "
    "stroke-width='2.4'/%3E%3C/svg%3E"
)
#: Name of the element that tells the script of the strip which page it stands in.
STRIP_ID: Final = "serve"


def report_policy(news: str) -> str:
    """Return the policy of a served report: that of the file, and news of its case."""
    return f"{POLICY}; connect-src {news}"


def own_policy(news: str) -> str:
    """Return the policy of the server's own pages: their one script, and news where there are any."""
    return (
        f"default-src 'none'; script-src {_hash(_script())}; style-src 'unsafe-inline'; img-src data:; "
        f"connect-src {news or chr(39) + 'none' + chr(39)}; base-uri 'none'; form-action 'none'"
    )


def with_strip(report: str, server: str, news: News, address: str, *, home: bool) -> str:
    """Return a report that follows its case.

    Parameters
    ----------
    report
        The page as `render_payload` gives it.
    server
        What tells this run of the server from others.
    news
        How things stood when the report was taken.
    address
        Where news of the case are, with `http://`.
    home
        Whether there is an index to go back to.

    Raises
    ------
    InternalError
        If the report is not of the form that this was made for.
    """
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    served = f'<meta http-equiv="Content-Security-Policy" content="{report_policy(escape(address))}">'
    if report.count(head) != 1 or report.count("</body>") != 1:
        raise InternalError("this report has not one policy and one end: it cannot be served")
    return report.replace(head, f'{served}\n<link rel="icon" href="{ICON}">').replace(
        "</body>", f"{_strip(server, news, home=home, is_report=True)}</body>"
    )


def waiting_page(case: Entry, server: str, news: News, *, home: bool) -> str:
    """Return the page that stands where there is no report yet: how far it is, or what is wrong."""
    return _render(
        "wait.html.jinja",
        case=case,
        news=news,
        home=home,
        strip=Markup(_strip(server, news, home=home, is_report=False)),
    )


def index_page(entries: Sequence[Entry], folder: str) -> str:
    """Return the list of cases: those of the folder, then the bundled ones."""
    groups = [
        (folder, [entry for entry in entries if not entry.is_bundled]),
        ("Bundled with Realities", [entry for entry in entries if entry.is_bundled]),
    ]
    return _render("index.html.jinja", groups=groups, folder=folder)


def look_of(news: News) -> str:
    """Return what tells whether a waiting page has to be loaded again to show how things stand."""
    shown = [news.mark == "bad", news.message, news.found["items"], news.page > 0]
    return sha256(json.dumps(shown).encode()).hexdigest()[:16]


def _strip(server: str, news: News, *, home: bool, is_report: bool) -> str:
    """Return what is put at the end of a page: what it shows, and the script that follows the case."""
    look = "" if is_report else look_of(news)
    known = {"server": server, "page": news.page, "look": look, "home": home}
    data = no_tags(json.dumps(known))
    return f'<script type="application/json" id="{STRIP_ID}">{data}</script>\n<script>{_script()}</script>\n'


def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


@cache
def _script() -> str:
    style = squeeze(_text("strip.css")).replace("}\n", "}")
    return squeeze(_text("strip.js")).replace(
        '"STYLE_OF_THE_STRIP"', json.dumps(style).replace("<", "\\u003c")
    )


def _text(name: str) -> str:
    return (files("realities.serve") / "template" / name).read_text(encoding="utf-8")


def _render(name: str, **values: object) -> str:
    look = Markup(page_look() + squeeze(_text("serve.css")))
    return _environment().get_template(name).render(look=look, icon=ICON, **values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
