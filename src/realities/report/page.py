"""Payload -> one HTML file that needs nothing else.

In comes the payload of `payload.py`, fresh or saved; out comes the page's text. Text of a case reaches it
through the template's autoescape, numbers through JSON in which no tag can start; the page's own policy
forbids every request. Written beside the target and renamed, so that a reader never sees half a page.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from realities.figures import account, draw, fan, mark, steps
from realities.figures.style import DARK, FIRST_RULES, LIGHT, N_COLOURS, letter, palette
from realities.report import sentences, standings, supply_map, tables, trusted
from realities.report.against import counts_against
from realities.report.bundle import loader_script, packed_script, page_style
from realities.report.causes.shown import summary
from realities.report.cited import Reference, cited_by, linked, references
from realities.report.live.pack import packed_live
from realities.report.moved import largest
from realities.report.own_claims import own_claims
from realities.report.payload import embedded
from realities.report.schema import SCHEMA, Payload, number_date
from realities.report.view import Quantity, View
from realities.report.why import whys

#: Nothing is fetched, nothing is sent; only what stands in the file runs.
POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'"
)

#: Reports drawn, and days stepped over, in the picture that shows before any script runs.
_FIRST_MARKS: Final = 150
_FIRST_STEP: Final = 2
#: Characters from which a piece of the page is packed.
_LONG: Final = 1000
_NUMBER_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def write_text(path: Path, text: str, *, scratch: Path | None = None) -> None:
    """Write a text file beside its target, or in the folder `scratch` on the same disk, and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=scratch or path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        beside = Path(file.name)
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            beside.chmod(0o666 & ~_umask())
            beside.replace(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise


def _umask() -> int:
    """The permissions a new file would not get; a temporary file is private until it is renamed."""
    current = os.umask(0o022)
    os.umask(current)
    return current


def render_payload(payload: Payload) -> str:
    """Return the page of a payload, fresh or read from a saved file.

    Raises
    ------
    ValueError
        If the payload was written in a form that this version does not know.
    """
    if payload.get("schema") != SCHEMA:
        raise ValueError(f"payload of form {payload.get('schema')!r}; this version reads form {SCHEMA}")
    view, cited = View(payload), references(payload)
    last = len(payload["dates"]) - 1
    return _template().render(
        p=payload,
        view=view,
        last=last,
        as_of_text=sentences.day_text(payload["as_of"]),
        **_carried_along(payload),
        **_said(view, last),
        **_charts(view, last),
        **_cited(view, cited),
        **_scores(view),
        **_network(payload),
        **_words(payload, cited),
    )


def _carried_along(payload: Payload) -> dict[str, object]:
    """Return what a page needs to wake up: styles, scripts, data."""
    return {
        "policy": Markup(POLICY),
        "style": Markup(page_look()),
        "code": Markup(packed_script()),
        "loader": Markup(loader_script()),
        "part": Parts(),
        "carried": lambda parts: _carried(payload, parts),
        "live": Markup(packed_live(payload.get("live"))),
    }


def _said(view: View, last: int) -> dict[str, object]:
    """Return what the head and the foot of a page say as of the last date."""
    payload = view.payload
    return {
        "accounts_text": _accounts_text(len(payload["accounts"])),
        "reading": sentences.reading(view, last),
        "whys": whys(view),
        "counts_against": counts_against(view),
        "cards": tables.cards(view, last),
        "own_claims": own_claims(view),
        "weighing": view.weighing(last),
        "status": _status(payload),
        "weak": any(not fit["reliable"] for weighing in payload["weighings"] for fit in weighing["fits"]),
        "sound": view.sound(payload["dates"][last]),
        "fits": tables.fit_rows(view, last),
    }


def _charts(view: View, last: int) -> dict[str, object]:
    """Return the first quantity's chart and table, all quantities on the last date, and weights over time."""
    main = view.charted[0] if view.charted else None
    return {
        "charted": view.charted,
        "main": main,
        "main_svg": Markup(_main_figure(view, main, last)) if main else "",
        "main_sentence": sentences.figure_sentence(view, main, last) if main else "",
        "main_rows": tables.figure_rows(view, main, last) if main else [],
        "overview": tables.overview_rows(view, last),
        "weights_svg": Markup(_weights_figure(view)),
        "weight_rows": tables.weight_rows(view),
        "moves": largest(view),
    }


def _cited(view: View, cited: dict[str, Reference]) -> dict[str, object]:
    """Return the tables whose rows lead to sources."""
    return {
        "claims": tables.claim_rows(view, cited),
        "reporters": tables.reporter_groups(view, cited),
        "references": cited,
        "causes": summary(view.payload.get("causes")),
    }


def _scores(view: View) -> dict[str, object]:
    """Return what the section on scores and that on trust are written from."""
    scores = view.payload["scores"]
    return {
        "account_scores": scores,
        "claim_scores": standings.claim_score_rows,
        "mixture": view.payload.get("mixture"),
        "report_scores": standings.report_score_rows(scores),
        "missed": standings.missed_rows(scores),
        "claimants": standings.claimant_groups(view),
        "bins": standings.bin_rows(scores),
        "score_parts": standings.part_rows(scores),
        "scores_sentence": standings.scores_sentence(view),
        "diagram_sentence": standings.diagram_sentence(view),
        "trust": view.payload.get("trust"),
        "trusted": trusted,
    }


def _network(payload: Payload) -> dict[str, object]:
    """Return the supply network, drawn wide and narrow; empty texts where a case has none."""
    supply = supply_map.read_network(payload["network"])
    narrow = supply_map.read_network(payload["network"], supply_map.NARROW)
    title = f"Schematic supply network of {payload['case']['title']}"
    return {
        "supply": supply,
        "supply_svg": Markup(supply_map.draw(supply, title)) if supply else "",
        "supply_narrow": Markup(supply_map.draw(narrow, title)) if narrow else "",
    }


def _words(payload: Payload, cited: dict[str, Reference]) -> dict[str, object]:
    """Return what turns numbers, days and keys into words."""
    return {
        "cited_by": partial(cited_by, cited),
        "linked": partial(linked, cited),
        "dated_text": partial(sentences.dated_text, payload),
        "day_text": sentences.day_text,
        "kinds": sentences.KIND_TEXT,
        "statuses": sentences.STATUS_TEXT,
        "letter": letter,
        "n_colours": N_COLOURS,
        "posterior_text": tables.posterior_text,
        "switch_text": tables.switch_text,
    }


@dataclass(slots=True)
class Parts:
    """Long pieces of the page that its script puts in place, so that what few open does not fill the file.

    What is short stays where it is, and so does every sentence and the head of each list: without a script
    the page can be read, and says what is missing.
    """

    held: list[str] = field(default_factory=list)

    def __call__(
        self, tag: str = "div", title: str = "", fills: bool = False, *, caller: Callable[..., Markup]
    ) -> Markup:
        """Return a piece as it is, or an element of that name to be replaced by it.

        Where the script `fills` cells of a piece anyway, the piece is asked whether it comes later, and
        leaves them empty then.
        """
        piece = caller(False) if fills else caller()
        if len(piece) < _LONG:
            return piece
        self.held.append(str(caller(True) if fills else piece))
        missing = Markup("<noscript><p class=small>{}</p></noscript>").format(
            f"{title or 'This table'}: shown where scripts are switched on."
        )
        inside = missing if tag == "div" else ""
        return Markup("<{0} data-part={1}>{2}</{0}>").format(tag, len(self.held) - 1, inside)


def _carried(payload: Payload, parts: Sequence[str]) -> tuple[Markup, Markup, Markup]:
    """Return the payload as the page carries it, with those parts of the page that stand nowhere else."""
    data, bulk, curves = embedded(payload, parts)
    return Markup(no_tags(data)), Markup(bulk), Markup(curves)


def no_tags(json_text: str) -> str:
    """Return JSON in which no tag or comment can start: `<` becomes its escape."""
    return json_text.replace("<", "\\u003c")


def page_look() -> str:
    """Return the styles of a page: the palette by the system's wish and by the reader's, then the rules."""
    light, dark = palette(LIGHT), palette(DARK)
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}"
        f"@media print{{:root:root:root{{color-scheme:light;{light}}}}}\n{FIRST_RULES}{page_style()}"
    )


def _status(payload: Payload) -> list[str]:
    """Return the sentences under the reading; of an older payload also what its one view of days knows."""
    inputs = [f"{event['parameter']} from {sentences.day_text(event['day'])}" for event in payload["events"]]
    if "stated" in payload or not inputs:
        return payload["status"]
    known = "As first stated, accounts know of dated inputs before they were published, in hindsight"
    return [*payload["status"], f"{known}: {', '.join(inputs)}."]


def _accounts_text(n: int) -> str:
    count = _NUMBER_WORDS[n] if n < len(_NUMBER_WORDS) else str(n)
    return f"{count} account" if n == 1 else f"{count} accounts"


def _main_figure(view: View, quantity: Quantity, date_index: int) -> str:
    """The picture that stands before any script runs: bands and reports as of the last date."""
    payload = view.payload
    names = [account["name"] for account in payload["accounts"]]
    n = len(quantity.days)
    kept = slice((n - 1) % _FIRST_STEP, n, _FIRST_STEP)  # the last day is always kept
    sound = view.sound(payload["dates"][date_index])
    accounts = [
        account(
            name if sound[k] else f"? {name}",
            k,
            quantity.bands(date_index, k)[:, kept],
            is_faint=not sound[k],
        )
        for k, name in enumerate(names)
    ]
    drawn = [report for report in quantity.reports if not quantity.is_copy(report)]
    every = max(1, -(-len(drawn) // _FIRST_MARKS))
    chart = fan(
        quantity.days[kept],
        accounts,
        marks=[mark(r.happened, r.value, r.reporter, low=r.low, high=r.high) for r in drawn[::every]],
        as_of=number_date(payload["as_of"]),
        name=sentences.figure_sentence(view, quantity, date_index),
        width=1120,
    )
    if levels := quantity.data.get("levels"):
        chart["ticks"] = levels
    return draw(chart)


def _weights_figure(view: View) -> str:
    """The weights that are listed, until the script draws those of every day."""
    payload = view.payload
    places = tables.listed(view)
    weighings = [payload["weighings"][k] for k in places]
    series = []
    for k, one in enumerate(payload["accounts"]):
        values = [100 * w["weights"][k] if w["fits"][k]["reliable"] else float("nan") for w in weighings]
        series.append(account(one["name"], k, [values]))
    name = "Weight of each account in 100, by as-of date; the table below has the numbers."
    days = [w["day"] for w in weighings]
    chart = steps(days, series, as_of=number_date(payload["as_of"]), name=name, width=1120)
    chart["stale"] = [view.stale[k] for k in places]
    return draw(chart)


@cache
def _template() -> Template:
    folder = files("realities.report") / "template"
    environment = Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja")
