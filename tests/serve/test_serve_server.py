"""What a client gets: pages, news, an index; and what it never gets."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from serve_fakes import FOUND, NOTHING, PAGE, FakeBuilder, ask, built, send, until

from realities.case.folder import bundled_cases
from realities.serve import PortTakenError, Server
from realities.serve.desk import News
from realities.serve.pages import STRIP_ID, with_strip
from realities.serve.server import MOST_AT_ONCE

Serve = Callable[..., tuple[Server, FakeBuilder]]


def news(server: Server, at: str = "/", seen: str = "") -> dict[str, Any]:
    reply = ask(server.port, f"{at}~state?seen={seen}")
    assert reply.status == 200
    return json.loads(reply.text)


def until_ready(server: Server, at: str = "/") -> dict[str, Any]:
    until(lambda: news(server, at)["mark"] == "ready")
    return news(server, at)


def test_a_case_is_served_as_soon_as_it_is_built(serve: Serve, folder: Path) -> None:
    server, builder = serve(case=folder, answers=None)
    until(lambda: builder.jobs)
    waiting = ask(server.port)
    assert waiting.status == 200
    assert "Why?" in waiting.text
    assert "is being built" in waiting.text
    assert ask(server.port, "/report.html").status == 404
    for message in built("Hello"):
        builder.say(message)
    until_ready(server)
    assert "<p>Hello</p>" in ask(server.port).text
    assert ask(server.port, "/report.html").text == PAGE.replace("{}", "Hello")


def test_the_served_report_is_the_file_but_for_one_address_an_icon_and_the_strip(
    serve: Serve, folder: Path
) -> None:
    server, _ = serve(case=folder)
    until_ready(server)
    served, file = ask(server.port), ask(server.port, "/report.html")
    address = f"http://127.0.0.1:{server.port}/~state"
    assert served.text.count(f"; connect-src {address}") == 1
    start = served.text.index(f'<script type="application/json" id="{STRIP_ID}">')
    rest = served.text[:start] + served.text[served.text.index("</body>") :]
    icon = rest[rest.index("\n<link rel") : rest.index("</head>")]
    assert rest.replace(f"; connect-src {address}", "").replace(icon, "") == file.text
    assert f"connect-src {address}; frame-ancestors 'none'" in served.headers["content-security-policy"]
    assert "connect-src" not in file.headers["content-security-policy"]
    as_localhost = ask(server.port, Host=f"localhost:{server.port}")
    assert f"connect-src http://localhost:{server.port}/~state" in as_localhost.text


def test_a_report_of_another_form_is_never_served_half_protected() -> None:
    from realities.errors import InternalError

    for text in ("<body></body>", PAGE + "</body>"):
        with pytest.raises(InternalError):
            with_strip(text, "s", News(), "http://127.0.0.1:1/~state", home=False)


def test_every_answer_forbids_keeping_framing_and_guessing(serve: Serve, folder: Path) -> None:
    server, _ = serve(case=folder)
    until_ready(server)
    for target in ("/", "/report.html", "/~state", "/nothing"):
        headers = ask(server.port, target).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "target",
    [
        "/case.toml",
        "/mine/",
        "/../case.toml",
        "/%2e%2e/case.toml",
        "/..%2fmine%2fcase.toml",
        "/accounts/",
        "/accounts/a.toml",
        "/report.html/..",
        "/~state/",
        "/%00",
        "/report.html%00",
        "/etc/passwd",
    ],
)
def test_no_address_leads_to_a_file(serve: Serve, folder: Path, target: str) -> None:
    server, _ = serve(case=folder)
    assert ask(server.port, target).status == 404


@pytest.mark.parametrize(
    "target", ["/..", "/%2e%2e/", "/.git/", "/mine/case.toml", "/mine/accounts/", "/unknown/"]
)
def test_no_address_below_the_index_leads_to_a_file(serve: Serve, folder: Path, target: str) -> None:
    server, _ = serve(folder=folder.parent)
    assert ask(server.port, target).status == 404


def test_requests_of_others_get_a_sentence_and_start_nothing(serve: Serve, folder: Path) -> None:
    server, builder = serve(folder=folder.parent)
    rebound = ask(server.port, "/mine/~state", Host="evil.example")
    assert rebound.status == 421
    assert f"ask for http://127.0.0.1:{server.port}/" in rebound.text
    assert ask(server.port, "/mine/~state", Origin="http://evil.example").status == 403
    assert ask(server.port, "/mine/~state", Sec_Fetch_Site="cross-site").status == 403
    assert ask(server.port, "/mine/", method="POST", Content_Length="3").status == 405
    ask(server.port, "/mine/")  # a page by itself builds nothing: its script asks for that
    time.sleep(0.05)
    assert builder.jobs == []
    news(server, "/mine/")
    until(lambda: builder.jobs)


def test_head_gives_what_get_gives_without_the_text(serve: Serve, folder: Path) -> None:
    server, _ = serve(case=folder)
    until_ready(server)
    got, asked = ask(server.port, "/report.html"), ask(server.port, "/report.html", method="HEAD")
    assert asked.text == ""
    assert asked.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"a" * 3_000 + b" HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(200)) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_is_too_long_or_no_request_is_refused(
    serve: Serve, folder: Path, raw: bytes, status: int
) -> None:
    server, _ = serve(case=folder)
    reply = send(server.port, raw.replace(b"PORT", str(server.port).encode()))
    assert reply.status == status
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "<" not in reply.text


def test_a_slow_client_keeps_nobody_waiting_and_too_many_are_turned_away(serve: Serve, folder: Path) -> None:
    server, _ = serve(case=folder)
    until_ready(server)
    with ExitStack() as held:

        def hold(n: int) -> None:
            for _ in range(n):
                connection = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                connection.sendall(b"GET / HT")

        hold(MOST_AT_ONCE // 2)
        assert ask(server.port).status == 200
        hold(MOST_AT_ONCE)
        until(lambda: not _answers(server))
    until(lambda: _answers(server))


def _answers(server: Server) -> bool:
    try:
        return ask(server.port).status == 200
    except (OSError, IndexError):
        return False


def test_news_are_waited_for_until_there_are_some(serve: Serve, folder: Path) -> None:
    server, builder = serve(case=folder, answers=None)
    until(lambda: news(server)["mark"] == "busy")
    known = news(server)
    seen = f"{known['server']}.{known['number']}"
    assert news(server, seen=seen) == known  # nothing has happened, after a while
    threading.Timer(0.05, lambda: [builder.say(message) for message in built()]).start()
    until(lambda: news(server, seen=seen)["number"] > known["number"])
    later = until_ready(server)
    assert later["page"] == 1
    assert later["found"] == NOTHING
    assert later["notes"] == ["a weight moved"]


@pytest.mark.parametrize("seen", ["x", "1.", ".", "other.1", "%00", "1" * 400, "-1", "{name}.-1", "{name}.²"])
def test_nonsense_for_what_was_seen_is_answered_at_once(serve: Serve, folder: Path, seen: str) -> None:
    server, _ = serve(case=folder)
    assert (
        news(server, seen=seen.replace("{name}", server.name).replace("²", "%C2%B2"))["server"] == server.name
    )


def test_what_is_wrong_stands_in_the_waiting_page_as_text(serve: Serve, folder: Path) -> None:
    server, builder = serve(case=folder, answers=lambda _job: [{"kind": "broken", "found": FOUND}])
    until(lambda: news(server)["mark"] == "bad")
    page = ask(server.port)
    assert "There is no page of this case yet" in page.text
    for shown in (
        "mine/case.toml:3:7",
        "this is &lt;not&gt; TOML",
        "title = &lt;b&gt;",
        "close the quotation",
    ):
        assert shown in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'sha256-" in policy
    assert f"connect-src http://127.0.0.1:{server.port}/~state;" in policy
    assert news(server)["look"] in page.text
    builder.answers = lambda _job: built("Mended")
    (folder / "case.toml").write_text("mended")
    until_ready(server)
    assert "<p>Mended</p>" in ask(server.port).text


def test_the_index_lists_cases_with_what_they_hold(serve: Serve, folder: Path) -> None:
    (folder / "case.toml").write_text('[case]\ntitle = "<b>Mine</b>"\nquestion = "Why <i>?"\n')
    broken = folder.parent / "br <ok>"
    broken.mkdir()
    (broken / "case.toml").write_text("[case\n")
    (folder.parent / ".hidden").mkdir()
    (folder.parent / ".hidden" / "case.toml").write_text("")
    (folder.parent / "linked").symlink_to(folder)
    server, _ = serve(folder=folder.parent)
    page = ask(server.port).text
    assert '<a href="mine/">&lt;b&gt;Mine&lt;/b&gt;</a>' in page
    assert "Why &lt;i&gt;?" in page
    assert "1 account, 2 observations" in page
    assert '<a href="br%20%3Cok%3E/">br &lt;ok&gt;</a>' in page
    assert "cannot be read" in page
    assert "case.toml:1:6: this is not TOML" in page
    assert '<a href="ukraine-2022/">' in page
    assert page.count('<li><h3><a href="') == 2 + len(bundled_cases())
    assert ask(server.port, "/mine").headers["location"] == "/mine/"
    assert ask(server.port, "/br%20%3Cok%3E/").status == 200


def test_a_mistake_of_ours_is_said_and_the_server_goes_on(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = serve(case=folder)
    until_ready(server)
    with monkeypatch.context() as broken:
        broken.setattr("realities.serve.pages.POLICY", "another")
        reply = ask(server.port)
        assert reply.status == 500
        assert "cannot be served" in reply.text
    assert ask(server.port).status == 200


def test_a_folder_whose_name_is_no_text_is_left_out(serve: Serve, folder: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder.parent) + b"/odd\xff"))
    try:
        odd.mkdir()
    except OSError:
        pytest.skip("this file system has no such names")
    (odd / "case.toml").write_text("")
    server, _ = serve(folder=folder.parent)
    assert ask(server.port).text.count("<li><h3><a href") == 1 + len(bundled_cases())


def test_a_case_that_appears_later_is_served_too(serve: Serve, folder: Path) -> None:
    server, _ = serve(folder=folder.parent)
    assert ask(server.port, "/new/").status == 404
    (folder.parent / "new").mkdir()
    (folder.parent / "new" / "case.toml").write_text('[case]\ntitle = "New"\n')
    assert ask(server.port, "/new/").status == 200
    until_ready(server, "/new/")


def test_a_taken_port_is_said_and_nothing_is_left(serve: Serve, folder: Path) -> None:
    server, _ = serve(case=folder)
    with pytest.raises(PortTakenError, match=f"port {server.port} is taken"):
        serve(case=folder, port=server.port)


def test_it_listens_on_this_computer_alone(serve: Serve, folder: Path) -> None:
    server, _ = serve(case=folder)
    with socket.socket() as elsewhere:
        elsewhere.settimeout(2)
        with pytest.raises(OSError):
            elsewhere.connect(("127.0.0.2", server.port))


def test_leaving_closes_the_port_and_removes_what_was_written(folder: Path) -> None:
    from realities.serve import Library, Settings

    made: list[FakeBuilder] = []

    def make(*given: object) -> FakeBuilder:
        made.append(FakeBuilder(*given))
        return made[0]

    with Server(Library(case=folder), Settings(), port=0, make_builder=make) as server:
        temporary = made[0].folder
        assert temporary.is_dir()
    assert made[0].is_closed
    assert not temporary.exists()
    with pytest.raises(OSError, match="refused"):
        ask(server.port)
