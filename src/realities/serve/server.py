"""A local server of cases: binds 127.0.0.1, answers GET and HEAD of a handful of addresses, and nothing else.

In comes a case, or a folder of cases; out go its page, built again at every save, or an index of pages.
Names in addresses are looked up in a list and never become paths. Requests are judged by `guard.py`; pages
come from `pages.py`, builds from `workshop.py`. Nothing is written but temporary files, which go with the
server.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore, Lock, Thread
from typing import Any, Final, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from realities.serve.builder import Builder
from realities.serve.desk import Desk
from realities.serve.guard import refusal
from realities.serve.shelf import case_folders, describe
from realities.serve.workshop import Listener, Settings, Worker, Workshop

ADDRESS: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8300
#: Requests answered at the same time; one more is turned away.
MOST_AT_ONCE: Final = 48
#: A request has to arrive within so long, and news are waited for so long before a page asks again.
PATIENCE_S: Final = 10.0
HOLD_S: Final = 5.0
#: So often it is looked whether the server is to stop.
LOOK_S: Final = 0.2
#: Said with every answer.
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: The policy of whatever is no page.
NO_PAGE: Final = "default-src 'none'; base-uri 'none'; form-action 'none'"


class PortTakenError(OSError):
    """The port cannot be listened on; the message is for whoever chose it."""


class Library:
    """The cases that are served, each with its desk: one case, or a folder of them with the bundled ones."""

    def __init__(self, case: Path | None = None, folder: Path | None = None) -> None:
        self.folder = folder
        self.only = None if case is None else Desk(case.resolve().name, case, "/")
        self._desks: dict[str, Desk] = {}
        self._lock = Lock()

    def desk(self, name: str) -> Desk | None:
        """Return the desk of a case by its name in the index, or None."""
        with self._lock:
            folder = case_folders(self.folder).get(name)
            if folder is not None and name not in self._desks:
                self._desks[name] = Desk(name, folder, f"/{quote(name, safe='')}/")
            return self._desks.get(name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back: a status, text with its type, the policy of a page, further headers."""

    status: int
    text: str
    kind: str = "text/html"
    policy: str = NO_PAGE
    headers: tuple[tuple[str, str], ...] = ()


class Server:
    """A server that runs while it is used in a `with`.

    Parameters
    ----------
    library
        What is served.
    settings
        How pages are made.
    port
        Where to listen; 0 for any port that is free.
    listen
        Called with a desk and its news whenever they change.

    Raises
    ------
    PortTakenError
        If the port cannot be listened on.
    """

    def __init__(
        self,
        library: Library,
        settings: Settings,
        *,
        port: int = DEFAULT_PORT,
        listen: Listener = lambda _desk, _news: None,
        make_builder: Callable[..., Worker] = Builder,
    ) -> None:
        self.library = library
        self.name = secrets.token_hex(4)
        self._http = _listening(port, self)
        self.port = int(self._http.server_address[1])
        self.address = f"http://{ADDRESS}:{self.port}/"
        self._folder = TemporaryDirectory(prefix="realities-serve-", ignore_cleanup_errors=True)
        self._workshop = Workshop(Path(self._folder.name), settings, listen, make_builder)

    def __enter__(self) -> Self:
        self._workshop.start()
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": LOOK_S}, daemon=True).start()
        if self.library.only is not None:
            self._workshop.open(self.library.only)
        Thread(target=_make_ready, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._workshop.close()
        self._folder.cleanup()

    def check(self) -> None:
        """Raise the mistake of ours by which building has ended, if there is one."""
        if self._workshop.failure is not None:
            raise self._workshop.failure

    def answer(self, target: str, host: str) -> Answer:
        """Return the answer to a request that was let in."""
        parts = urlsplit(target)
        name, slash, rest = parts.path[1:].partition("/")
        desk, rest = (self.library.only, parts.path[1:]) if self.library.only else (None, rest)
        if desk is None and not name:
            return self._index()
        desk = desk or self.library.desk(unquote(name))
        if desk is None:
            return missing(self.address)
        if not self.library.only and not slash:
            return Answer(308, "", headers=(("Location", desk.prefix),))
        match rest:
            case "":
                return self._page(desk, host)
            case "~state":
                return self._state(desk, parse_qs(parts.query).get("seen", [""])[0])
            case "report.html":
                return self._file(desk)
        return missing(self.address)

    def _index(self) -> Answer:
        from realities.serve.pages import index_page, own_policy

        folder = self.library.folder or Path()
        entries = [describe(name, path) for name, path in case_folders(self.library.folder).items()]
        return Answer(200, index_page(entries, str(folder.resolve().name)), policy=own_policy(""))

    def _page(self, desk: Desk, host: str) -> Answer:
        from realities.serve.pages import own_policy, report_policy, waiting_page, with_strip

        _, news, page = desk.look()
        address = f"http://{host}{desk.prefix}~state"
        home = self.library.only is None
        if page:
            text = with_strip(page, self.name, news, address, home=home)
            return Answer(200, text, policy=report_policy(address))
        case = describe(desk.name, desk.folder)
        return Answer(200, waiting_page(case, self.name, news, home=home), policy=own_policy(address))

    def _file(self, desk: Desk) -> Answer:
        """Return the page as `realities run` writes it, for keeping."""
        from realities.report.page import POLICY

        page = desk.look()[2]
        return Answer(200, page, policy=POLICY) if page else missing(self.address)

    def _state(self, desk: Desk, seen: str) -> Answer:
        """Return how things stand, at once to a page that is new here, else when that has changed."""
        from realities.serve.pages import look_of

        server, _, number = seen.partition(".")
        if server == self.name and number.isdecimal() and len(number) < 16:
            desk.wait(int(number), HOLD_S)
        else:
            self._workshop.open(desk)
        at, news, _ = desk.look()
        told = {
            "server": self.name,
            "number": at,
            "page": news.page,
            "look": look_of(news),
            "mark": news.mark,
            "line": news.line,
            "spoken": news.spoken,
            "share": news.share,
            "found": dict(news.found),
            "notes": list(news.notes),
        }
        return Answer(200, json.dumps(told), "application/json")


def _make_ready() -> None:
    """Import what the first page needs, while nobody waits."""
    import realities.serve.pages  # noqa: F401


def missing(home: str) -> Answer:
    """Return the answer to an address that leads nowhere."""
    return Answer(404, f"There is nothing here. All there is: {home}\n", "text/plain")


class _Http(ThreadingHTTPServer):
    """Threads that end with the process, and no more of them than `MOST_AT_ONCE`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 32
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers have one port

    def __init__(self, port: int, owner: Server) -> None:
        self.owner = owner
        self.room = BoundedSemaphore(MOST_AT_ONCE)
        super().__init__((ADDRESS, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking the network for a name of this computer, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = ADDRESS, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own, or close at once where there are too many."""
        if not self.room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.room.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, then make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of browsers that leave in the middle."""


class _Handler(BaseHTTPRequestHandler):
    """One request: read within bounds, judged, answered, closed."""

    timeout = PATIENCE_S
    default_request_version = "HTTP/1.0"  # of what cannot be read: an answer has headers, always
    server: _Http

    def version_string(self) -> str:
        """Return what this server calls itself."""
        return "Realities"

    def log_message(self, *_: object) -> None:
        """Say nothing: a page asks every few seconds."""

    def parse_request(self) -> bool:
        """Read the request, and refuse what is not to be answered."""
        if not super().parse_request():
            return False
        owner = self.server.owner
        refused = refusal(self.command, self.path, self.headers, owner.port)
        if refused is not None:
            self._send(Answer(refused.status, refused.sentence + "\n", "text/plain"))
        return refused is None

    def do_GET(self) -> None:
        """Answer a request that was let in."""
        try:
            answer = self.server.owner.answer(self.path, str(self.headers["Host"]).strip().lower())
        except Exception as problem:
            answer = Answer(500, f"This is our mistake, not yours: {problem}\n", "text/plain")
        self._send(answer)

    do_HEAD = do_GET  # noqa: N815

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what cannot even be read as a request."""
        phrase = message or HTTPStatus(code).phrase
        self._send(Answer(code, f"{phrase}\n", "text/plain"))

    def _send(self, answer: Answer) -> None:
        body = answer.text.encode("utf-8", "replace")
        self.send_response(answer.status)
        headers = {
            **HEADERS,
            "Content-Type": f"{answer.kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": f"{answer.policy}; frame-ancestors 'none'",
            **dict(answer.headers),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(body)


def _listening(port: int, owner: Server) -> _Http:
    try:
        return _Http(port, owner)
    except (OSError, OverflowError) as problem:
        number = getattr(problem, "errno", None)
        if number == errno.EADDRINUSE:
            why = f"port {port} is taken, perhaps by another realities serve"
        elif number == errno.EACCES:
            why = f"port {port} may not be used without special rights"
        else:
            why = f"port {port} cannot be used: {problem}"
        raise PortTakenError(why) from None
