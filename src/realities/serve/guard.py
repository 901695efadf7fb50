"""Which requests are answered: those of this computer's own browser pages, and of nobody else.

In come the first line and the headers of a request; out comes None, or why it is refused. A page somewhere
in the world can make a browser send requests to 127.0.0.1, also under a name of its own that it lets point
there: so the name asked for must be ours, and whatever is not the opening of a page must come from a page of
ours. Next is `server.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Final

METHODS: Final = ("GET", "HEAD")
#: Longest address that is read; ours are far shorter.
MOST_TARGET: Final = 2_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status of HTTP, and a sentence for whoever asked."""

    status: int
    sentence: str


def hosts(port: int) -> tuple[str, ...]:
    """Return the names under which a server may be asked: with the port, and without where it is HTTP's."""
    names = ("127.0.0.1", "localhost")
    own = tuple(f"{name}:{port}" for name in names)
    return (*own, *names) if port == 80 else own


def refusal(method: str, target: str, headers: Message, port: int) -> Refusal | None:
    """Return why a request is refused, or None.

    Parameters
    ----------
    method, target
        The first two words of the request.
    headers
        Its headers; one that is given twice is never trusted.
    port
        Where this server listens.
    """
    given = [name.strip().lower() for name in headers.get_all("Host", [])]
    if len(given) != 1:
        return Refusal(400, "A request needs one Host header.")
    if given[0] not in hosts(port):
        return Refusal(421, f"This is a page of this computer only: ask for http://127.0.0.1:{port}/.")
    if method not in METHODS:
        return Refusal(405, "Pages can be read here, and nothing can be sent.")
    if len(target) > MOST_TARGET:
        return Refusal(414, "This address is too long.")
    if not target.startswith("/") or target.startswith("//"):
        return Refusal(400, "An address begins with one slash here.")
    if headers.get("Transfer-Encoding") or (headers.get("Content-Length") or "0").strip() != "0":
        return Refusal(413, "Nothing can be sent here.")
    return _refused_origin(headers, port)


def _refused_origin(headers: Message, port: int) -> Refusal | None:
    """Refuse what a page of another site makes a browser ask; programs that are no browser say nothing."""
    elsewhere = Refusal(403, "A page of another site cannot ask this.")
    allowed = [f"http://{name}" for name in hosts(port)]
    if any(origin not in allowed for origin in _lower(headers.get_all("Origin", []))):
        return elsewhere
    sites = _lower(headers.get_all("Sec-Fetch-Site", []))
    if all(site in ("same-origin", "none") for site in sites) or _is_opening(headers):
        return None
    return elsewhere


def _is_opening(headers: Message) -> bool:
    """Whether a person opens a page, by a link from wherever: it changes nothing, and no script reads it."""
    mode, target = headers.get_all("Sec-Fetch-Mode", []), headers.get_all("Sec-Fetch-Dest", [])
    return _lower(mode) == ["navigate"] and _lower(target) == ["document"]


def _lower(values: Sequence[str]) -> list[str]:
    return [value.strip().lower() for value in values]
