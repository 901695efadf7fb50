"""Charts and tables as one piece of HTML that a notebook shows.

Texts come in untrusted, with charts as `chart.py` has them; one `<div>` goes out, with its own scoped style,
in light and dark, and without any script. A notebook shows light or dark as the system wishes, and
JupyterLab's own theme wins over that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Final

from realities.figures.axes import frame_of, tick_labels
from realities.figures.chart import Chart
from realities.figures.draw import draw
from realities.figures.style import DARK, LIGHT, N_COLOURS, RULES, letter, palette

#: Bytes that one object may take in a notebook.
MOST_BYTES: Final = 50_000

_LOOKS: Final = """\
.realities{background:var(--card);color:var(--ink);border:1px solid var(--rule);border-radius:6px;\
padding:12px 16px 16px;max-width:860px;min-width:0;box-sizing:border-box;text-align:left;\
font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;\
font-variant-numeric:tabular-nums;overflow-wrap:break-word}
.realities p{margin:0 0 8px;max-width:46em;color:var(--ink)}
.realities .kind{font-size:12px;color:var(--ink2);margin:0}
.realities .title{font:700 19px/1.25 Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,\
"DejaVu Serif",serif;margin:0 0 6px}
.realities .note,.realities small{font-size:12px;color:var(--ink2)}
.realities p.keys{max-width:none}
.realities figure{margin:12px 0}
.realities figcaption{font-size:12px;color:var(--ink2);max-width:none}
.realities .smalls{display:flex;flex-wrap:wrap;gap:12px 20px;align-items:end}
.realities .smalls figure{margin:4px 0;flex:none;width:250px;max-width:100%}
.realities figure b{display:block;font-size:13px;line-height:1.3;margin-bottom:4px}
.realities .scroll{overflow-x:auto;max-width:100%}
.realities table{border-collapse:collapse;margin:8px 0;font-size:13px;border:0;color:var(--ink)}
.realities caption{caption-side:top;text-align:left;color:var(--ink2);padding:0 0 4px}
.realities tr,.realities tbody tr:nth-child(odd),.realities tbody tr:hover{background:none}
.realities th,.realities td{text-align:left;vertical-align:top;padding:4px 16px 4px 0;\
border:0;border-bottom:1px solid var(--faint);font-weight:400;max-width:30em;white-space:normal}
.realities thead th{color:var(--ink2);border-color:var(--rule)}
.realities .num{text-align:right;white-space:nowrap}
.realities .badge{display:inline-block;width:20px;height:20px;border-radius:50%;text-align:center;\
font:700 12px/20px system-ui,sans-serif;background:var(--c);color:var(--card);margin-right:4px}
.realities .badge.rl-4{background:none;color:var(--ink);box-shadow:inset 0 0 0 2px var(--c)}
.realities svg{max-width:100%;height:auto}
.realities .key{white-space:nowrap;margin-right:16px}
.realities .key svg{display:inline-block;margin-right:6px;height:8px;vertical-align:middle}
"""


@dataclass(frozen=True, slots=True)
class Html:
    """Text that is HTML already, beside plain text that is still to be escaped."""

    text: str


Cell = str | Html


def card(kind: str, title: str, *parts: Html | None) -> str:
    """Return one piece of HTML: what it is, its title, and its parts; those that are None are left out."""
    body = "".join(part.text for part in parts if part is not None)
    label = escape(f"{kind}: {title}" if title else kind)
    head = f'<p class="kind">{escape(kind)}</p>' + (f'<p class="title">{escape(title)}</p>' if title else "")
    style = f"<style>{_style()}</style>"
    return f'<div class="realities" role="group" aria-label="{label}">{style}{head}{body}</div>'


def paragraph(text: str, *, is_note: bool = False) -> Html | None:
    """Return a paragraph; nothing for an empty text."""
    if not text:
        return None
    kind = ' class="note"' if is_note else ""
    return Html(f"<p{kind}>{escape(text)}</p>")


def figure(chart: Chart, caption: str = "", *, title: str = "", unit: str = "") -> Html:
    """Return a chart with its caption below, and its title above, which names a chart that has no name.

    The unit behind the title says what the labels of the axis count in, as in `million person`.
    """
    chart = chart.copy()
    if unit or title:
        word = tick_labels(frame_of(chart).ticks)[1]
        title = ", ".join(filter(None, (title, " ".join(filter(None, (word, unit))))))
    chart["name"] = chart.get("name") or title
    head = f"<b>{escape(title)}</b>" if title else ""
    foot = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return Html(f"<figure>{head}{draw(chart)}{foot}</figure>")


def smalls(figures: Iterable[Html]) -> Html | None:
    """Return small figures side by side; nothing if there are none."""
    text = "".join(one.text for one in figures)
    return Html(f'<div class="smalls">{text}</div>') if text else None


def legend(names: Iterable[str]) -> Html:
    """Return which line and letter is which account's, in one paragraph."""
    looks = 'xmlns="http://www.w3.org/2000/svg" class="rl" width="26" height="8" aria-hidden="true"'
    keys = "".join(
        f'<span class="key"><svg {looks}>'
        f'<path class="rl-line rl-{k % N_COLOURS}" d="M0 4H26"/></svg>{letter(k)} {escape(name)}</span> '
        for k, name in enumerate(names)
    )
    return Html(f'<p class="note keys">{keys}</p>')


def two_lines(first: str, second: str) -> Html:
    """Return a cell of two lines, the second small."""
    return Html(f"{escape(first)}<br/><small>{escape(second)}</small>" if second else escape(first))


def badge(index: int) -> Html:
    """Return the letter of an account in its colour."""
    return Html(f'<span class="badge rl-{index % N_COLOURS}">{letter(index)}</span>')


def named(index: int, name: str) -> Html:
    """Return an account's badge and name."""
    return Html(badge(index).text + escape(name))


def table(
    caption: str,
    heads: Sequence[Cell],
    rows: Iterable[Sequence[Cell]],
    *,
    numeric: Sequence[int] = (),
    most: int = 12,
) -> Html | None:
    """Return a table whose first column heads its rows; nothing without rows.

    `numeric` are the places of columns of numbers. Rows beyond `most` are counted and left out.
    """
    every = list(rows)
    if not every:
        return None
    kinds = [' class="num"' if k in numeric else "" for k in range(len(heads))]
    head = "".join(f'<th scope="col"{kind}>{_text(one)}</th>' for one, kind in zip(heads, kinds, strict=True))
    body = "".join(_row(row, kinds) for row in every[:most])
    left = len(every) - most
    more = f'<p class="note">and {left} more</p>' if left > 0 else ""
    return Html(
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def _row(row: Sequence[Cell], kinds: Sequence[str]) -> str:
    first = f'<th scope="row"{kinds[0]}>{_text(row[0])}</th>'
    rest = "".join(f"<td{kind}>{_text(one)}</td>" for one, kind in zip(row[1:], kinds[1:], strict=True))
    return f"<tr>{first}{rest}</tr>"


def _text(cell: Cell) -> str:
    return cell.text if isinstance(cell, Html) else escape(cell)


@cache
def _style() -> str:
    """Palette and rules, for nothing but what stands inside a card."""
    light, dark = f"color-scheme:light;{palette(LIGHT)}", f"color-scheme:dark;{palette(DARK)}"
    rules = re.sub(r"(^|[},])\.rl", r"\1.realities .rl", RULES, flags=re.MULTILINE)
    # A badge has the colour of its account outside of any chart, and halos are those of the card.
    colours = "".join(f".realities .badge.rl-{k}{{--c:var(--a{k})}}" for k in range(N_COLOURS))
    halo = ",".join(f".realities .rl text.rl-{kind}" for kind in ("end", "now", "count"))
    return (
        f".realities{{{light}}}@media(prefers-color-scheme:dark){{.realities{{{dark}}}}}"
        f"[data-jp-theme-light=true] .realities{{{light}}}[data-jp-theme-light=false] .realities{{{dark}}}"
        f"{_LOOKS}{rules}{colours}{halo}{{stroke:var(--card)}}"
    ).replace("\n", "")
