"""What the tests of the server share: a builder that does as it is told, and a client of few words."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from realities.report.page import POLICY
from realities.serve.work import Job

#: The smallest text that can be served as a report.
PAGE = (
    f'<!doctype html><head><meta http-equiv="Content-Security-Policy" content="{POLICY}"></head>'
    "<body><p>{}</p></body>"
)
ERROR = {
    "severity": "error",
    "code": "bad-toml",
    "place": "mine/case.toml:3:7",
    "message": "this is <not> TOML",
    "excerpt": "    |\n  3 | title = <b>\n    |       ^",
    "help": ["close the quotation"],
    "text": "mine/case.toml:3:7: error[bad-toml]: this is <not> TOML",
}
FOUND = {"errors": 1, "warnings": 0, "items": [ERROR]}
NOTHING = {"errors": 0, "warnings": 0, "items": []}


class FakeBuilder:
    """Notes the jobs it is given and says what a test has it say, or at once what `answers` gives."""

    def __init__(self, folder: Path, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self.folder, self.tell = folder, tell
        self.jobs: list[Job] = []
        self.n_stopped = 0
        self.is_closed = False
        self.answers: Callable[[Job], list[dict[str, Any]]] = lambda _job: []

    def start(self) -> None:
        """Nothing has to be started."""

    def send(self, job: Job) -> None:
        self.jobs.append(job)
        for message in self.answers(job):
            self.say(message)

    def say(self, message: Mapping[str, Any], job: int | None = None) -> None:
        self.tell({"job": self.jobs[-1].number if job is None else job, **message})

    def stop(self) -> None:
        self.n_stopped += 1

    def close(self) -> None:
        self.is_closed = True


def built(text: str = "First") -> list[dict[str, Any]]:
    """What a builder says of a build that succeeds."""
    return [
        {"kind": "checked", "found": NOTHING, "as_of": "1 Oct 2023"},
        {"kind": "built", "page": PAGE.replace("{}", text), "warnings": ["a weight moved"]},
    ]


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something holds; fail when it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


class Reply:
    """An answer: its status, headers in lower case, and body."""

    def __init__(self, raw: bytes) -> None:
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        self.text = body.decode("utf-8")


def ask(port: int, target: str = "/", method: str = "GET", **headers: str) -> Reply:
    """Send one request as a socket would, with `Host` unless it is given; a name's `_` is a `-`."""
    given = {"Host": f"127.0.0.1:{port}", **{name.replace("_", "-"): v for name, v in headers.items()}}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return send(port, "\r\n".join([*lines, "", ""]).encode("latin-1"))


def send(port: int, raw: bytes) -> Reply:
    """Send bytes and return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(raw)
        parts = []
        while part := connection.recv(1 << 16):
            parts.append(part)
    return Reply(b"".join(parts))
