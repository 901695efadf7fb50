"""Processes that begin before there is work: they do it, and end with the block that started them."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time

import pytest

from realities.processes import Processes


def test_processes_have_begun_to_import_before_they_are_asked() -> None:
    with Processes(1, imports=["colorsys"]) as processes:
        assert processes.submit(_loaded, "colorsys").result()
        assert processes.submit(os.getpid).result() != os.getpid()


def test_processes_have_ended_where_their_block_has() -> None:
    before = set(multiprocessing.active_children())
    with Processes(2) as processes:
        assert processes.submit(os.getpid).result() != os.getpid()
        own = set(multiprocessing.active_children()) - before
        assert len(own) == 2
    assert not any(process.is_alive() for process in own)
    assert not own & set(multiprocessing.active_children())


def test_processes_are_ended_where_their_block_fails() -> None:
    before = set(multiprocessing.active_children())
    with pytest.raises(ValueError, match="wrong case"), Processes(2):
        own = set(multiprocessing.active_children()) - before
        assert len(own) == 2
        raise ValueError("wrong case")
    deadline = time.monotonic() + 300.0
    for process in own:
        # Their pool's own thread takes note of their end as well; between its two steps they seem alive.
        while process.is_alive() and time.monotonic() < deadline:
            process.join(timeout=0.1)
        assert not process.is_alive()


def _loaded(name: str) -> bool:
    return name in sys.modules
