"""Who is answered: this computer's own pages, and nobody who makes a browser ask for them."""

from __future__ import annotations

from email.message import Message

import pytest

from realities.serve.guard import refusal

PORT = 8300


def asked(method: str = "GET", target: str = "/", **headers: str | list[str]) -> int | None:
    """Return the status of the refusal, or None."""
    message = Message()
    for name, values in {"Host": f"127.0.0.1:{PORT}", **headers}.items():
        for value in [values] if isinstance(values, str) else values:
            message[name.replace("_", "-")] = value
    refused = refusal(method, target, message, PORT)
    return None if refused is None else refused.status


@pytest.mark.parametrize("host", ["127.0.0.1:8300", "localhost:8300", "LOCALHOST:8300", " 127.0.0.1:8300 "])
def test_this_computers_names_are_answered(host: str) -> None:
    assert asked(Host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8300",
        "127.0.0.1",
        "127.0.0.1:8301",
        "127.0.0.1:8300.evil.example",
        "127.0.0.1.evil.example:8300",
        "evil.example@127.0.0.1:8300",
        "192.168.0.7:8300",
        "0.0.0.0:8300",
        "[::1]:8300",
        "",
    ],
)
def test_a_name_that_somebody_lets_point_here_is_refused(host: str) -> None:
    assert asked(Host=host) == 421


def test_a_request_has_one_host_and_no_more() -> None:
    assert asked(Host=["127.0.0.1:8300", "evil.example"]) == 400
    assert asked(Host=[]) == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get"])
def test_nothing_but_reading_is_done(method: str) -> None:
    assert asked(method) == 405


def test_nothing_can_be_sent_and_addresses_are_short_and_local() -> None:
    assert asked(Content_Length="5") == 413
    assert asked(Content_Length="0") is None
    assert asked(Transfer_Encoding="chunked") == 413
    assert asked(target="/" + "a" * 2000) == 414
    assert asked(target="http://127.0.0.1:8300/") == 400
    assert asked(target="//evil.example/") == 400


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://localhost:8300"]
)
def test_scripts_of_other_origins_are_refused(origin: str) -> None:
    assert asked(Origin=origin) == 403
    assert asked(Origin=[f"http://127.0.0.1:{PORT}", origin]) == 403


def test_scripts_of_ours_are_answered() -> None:
    assert asked(Origin="http://localhost:8300", Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors") is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "unheard-of"])
def test_pages_of_other_sites_can_open_a_page_and_use_nothing_of_it(site: str) -> None:
    assert asked(Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="image") == 403
    assert asked(Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="iframe") == 403
    assert asked(Sec_Fetch_Site=site) == 403
    assert asked(Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document") is None
    assert asked(Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document") is None
