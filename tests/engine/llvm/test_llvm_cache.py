"""Machine code on disk: what is kept, what is refused, and that a cache never decides a result."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from machine_code import ADD_ONE, add_one

from realities.engine.llvm import cache as cache_file
from realities.engine.llvm import native
from realities.engine.llvm.cache import Cache, Entry, digest, user_cache
from realities.engine.llvm.native import Kernel, kernel_key
from realities.engine.llvm.targets import TARGETS, Machine, this_machine

ENTRY = Entry(b"\x00code\n" * 9, {"lanes": 8, "outputs": ["a b", "ü"]})


def path_of(cache: Cache, key: str) -> Path:
    assert cache.folder is not None
    return cache.folder / f"{key}.o"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "objects")


def test_what_is_put_is_got(cache: Cache) -> None:
    cache.put("key", ENTRY)
    assert cache.get("key") == ENTRY
    assert cache.get("other") is None


def test_an_entry_cut_short_anywhere_is_none(cache: Cache) -> None:
    cache.put("key", ENTRY)
    whole = path_of(cache, "key").read_bytes()
    for length in range(len(whole)):
        path_of(cache, "key").write_bytes(whole[:length])
        assert cache.get("key") is None


def test_an_entry_with_a_bit_turned_anywhere_is_none(cache: Cache) -> None:
    cache.put("key", ENTRY)
    whole = path_of(cache, "key").read_bytes()
    for byte in range(len(whole)):
        altered = bytearray(whole)
        altered[byte] ^= 1 << byte % 8
        path_of(cache, "key").write_bytes(altered)
        assert cache.get("key") is None


def test_the_entry_of_another_key_is_none(cache: Cache) -> None:
    cache.put("key", ENTRY)
    path_of(cache, "key").rename(path_of(cache, "other"))
    assert cache.get("other") is None


def test_a_file_of_somebody_elses_is_none(cache: Cache) -> None:
    cache.put("key", ENTRY)
    path_of(cache, "key").write_bytes(b"\x7fELF something else")
    assert cache.get("key") is None


def test_the_least_used_entries_go_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "objects", most_bytes=int(3.5 * len(cache_file._packed(ENTRY, "a"))))
    for k, key in enumerate("abc"):
        cache.put(key, ENTRY)
        os.utime(path_of(cache, key), (k, k))
    cache.get("a")
    cache.put("d", ENTRY)
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]


def test_a_folder_that_cannot_be_made_or_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "objects")
    cache.put("key", ENTRY)
    assert cache.get("key") is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_keeps_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    cache = Cache(tmp_path / "objects")
    cache.put("key", ENTRY)
    tmp_path.chmod(0o700)
    assert cache.get("key") is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions of another kind")
def test_a_folder_that_others_can_write_to_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects").chmod(0o777)
    monkeypatch.setenv("REALITIES_CACHE", str(tmp_path))
    assert user_cache().folder is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions of another kind")
@pytest.mark.parametrize(("what", "mode"), [("folder", 0o777), ("folder", 0o770), ("file", 0o666)])
def test_code_that_others_could_have_put_there_is_not_read(cache: Cache, what: str, mode: int) -> None:
    cache.put("key", ENTRY)
    assert cache.get("key") == ENTRY
    path = path_of(cache, "key")
    (path if what == "file" else path.parent).chmod(mode)
    assert cache.get("key") is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions of another kind")
def test_the_code_of_another_user_is_not_read(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put("key", ENTRY)
    us = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: us + 1)
    assert cache.get("key") is None


def test_reading_and_writing_at_once_gives_whole_entries(cache: Cache) -> None:
    import threading

    writers = [
        threading.Thread(target=lambda: [cache.put("key", ENTRY) for _ in range(30)]) for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert cache.get("key") in (None, ENTRY)
    assert cache.get("key") == ENTRY
    assert len(list(cache.folder.iterdir())) == 1  # type: ignore[union-attr]


def test_the_environment_says_where_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALITIES_CACHE", "off")
    assert user_cache().folder is None
    monkeypatch.setenv("REALITIES_CACHE", str(tmp_path))
    assert user_cache().folder == tmp_path / "objects"


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("linux", "/home/x/.cache/realities"),
        ("darwin", "/home/x/Library/Caches/realities"),
        ("win32", "/home/x/AppData/Local/realities/cache"),
    ],
)
def test_without_a_wish_the_systems_place_is_used(
    system: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REALITIES_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/x"))
    monkeypatch.setattr(sys, "platform", system)
    assert user_cache().folder == Path(place) / "objects"


def test_the_cache_home_of_the_desktop_is_heeded_if_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REALITIES_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/x")
    assert user_cache().folder == Path("/var/x/realities/objects")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert user_cache().folder == Path.home() / ".cache/realities/objects"


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("no home")

    for name in ("REALITIES_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", no_home)
    assert user_cache().folder is None


def test_a_key_tells_apart_programs_machines_and_where_one_text_ends() -> None:
    machine = this_machine()
    other = Machine(machine.name, machine.triple, machine.processor, "+less", TARGETS[machine.name])
    assert kernel_key("x", machine) == kernel_key("x", machine)
    assert len({kernel_key("x", machine), kernel_key("y", machine), kernel_key("x", other)}) == 3
    assert digest("ab", "c") != digest("a", "bc")


@pytest.mark.parametrize("part", ["kernel/steps.py", "math/exp.py", "program/program.py", "ir/builtins.py"])
def test_a_change_of_what_writes_code_forgets_the_code(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, plain = native._writers(), Path.read_bytes

    def changed(path: Path) -> bytes:
        return plain(path) + (b"# changed" if path.as_posix().endswith(part) else b"")

    monkeypatch.setattr(Path, "read_bytes", changed)
    assert native._writers() != before


def test_code_by_writers_that_have_changed_since_is_not_kept(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "_writers", lambda: b"other files")
    written: list[int] = []
    for _ in range(2):
        np.testing.assert_array_equal(add_one(counting(cache, written).code), np.ones(8))
    assert len(written) == 2


def counting(cache: Cache, written: list[int], **options: bool) -> Kernel:
    def write() -> tuple[str, dict[str, int]]:
        written.append(1)
        return ADD_ONE, {"lanes": 8}

    return Kernel("k", write, machine=this_machine(), cache=cache, **options)


def test_a_second_process_writes_no_code_again(cache: Cache) -> None:
    written: list[int] = []
    for _ in range(3):
        found = counting(cache, written)
        assert found.about["lanes"] == 8
        np.testing.assert_array_equal(add_one(found.code), np.ones(8))
    assert len(written) == 1
    assert counting(cache, written, optimized=True).code.tier == "optimized"
    assert counting(cache, written).code.tier == "optimized"  # the better one is taken where there is one
    assert len(written) == 2


@pytest.mark.parametrize("harm", [b"", b"\x7fELF", b"\x00" * 5000])
def test_a_harmed_entry_is_compiled_anew_and_replaced(cache: Cache, harm: bytes) -> None:
    written: list[int] = []
    counting(cache, written)
    path_of(cache, "k-quick").write_bytes(harm)
    np.testing.assert_array_equal(add_one(counting(cache, written).code), np.ones(8))
    counting(cache, written)
    assert len(written) == 2


def test_a_sound_entry_that_is_no_code_is_compiled_anew(cache: Cache) -> None:
    cache.put("k-quick", Entry(b"not an object file", {"lanes": 8, "seconds": 0.1}))
    np.testing.assert_array_equal(add_one(counting(cache, []).code), np.ones(8))


def test_an_entry_is_not_written_where_it_could_be_seen_half(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_file, "_packed", lambda entry, key: (_ for _ in ()).throw(OSError("disk full")))
    cache.put("key", ENTRY)
    assert cache.get("key") is None
    assert not list(cache.folder.iterdir())  # type: ignore[union-attr]
