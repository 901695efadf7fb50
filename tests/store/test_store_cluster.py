"""A real scheduler and real worker processes: the same bits as one process, though a worker is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from store_support import MODEL, ensemble

from realities.cli import invoke
from realities.errors import InputError, RealitiesError
from realities.store.fingerprint import program_identity
from realities.store.long_run import Ensemble, LongRun

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")


class Site:
    """A scheduler, and workers that can be started and killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        port = self.address.rpartition(":")[2]
        self.start("dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        _wait(lambda: _listens(int(port)), "the scheduler")

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}-{len(self.processes)}.log").open("wb")
        line = [sys.executable, "-m", f"distributed.cli.{name}", *arguments]
        process = subprocess.Popen(line, stdout=log, stderr=log, cwd=self.folder, env=_environment())
        log.close()
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("dask_worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard")

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.close()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(ready: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if ready():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not start within a minute")


class KillsOne:
    """A progress callback that kills a worker once a third is done."""

    def __init__(self, worker: subprocess.Popen[bytes]) -> None:
        self.worker, self.killed = worker, False

    def __call__(self, _stage: str, done: float, total: float) -> None:
        if not self.killed and total / 3 <= done < total:
            self.worker.send_signal(signal.SIGKILL)
            self.worker.wait()
            self.killed = True


def test_results_are_those_of_one_process_though_a_worker_is_killed(site: Site, tmp_path: Path) -> None:
    from realities.cluster import Cluster

    whole = ensemble(tmp_path, n_draws=300)
    here, there = tmp_path / "here.nc", tmp_path / "there.nc"
    with LongRun(whole, here, block=15) as run:
        run.compute()
        run.write()
    workers = [site.worker(), site.worker()]
    with Cluster(site.address, patience=60.0) as cluster:
        _wait(lambda: len(cluster.threads()) == 2, "two workers")
        kills = KillsOne(workers[0])
        with LongRun(whole, there, block=15) as run:
            run.compute(kills, blocks=cluster.blocks(whole))
            run.write()
        assert kills.killed
        assert there.read_bytes() == here.read_bytes()
        _refuses_what_one_process_refuses(cluster, whole)
    workers[1].kill()
    workers[1].wait()


def _refuses_what_one_process_refuses(cluster: object, whole: object) -> None:
    steps = {"TIME STEP": np.where(np.arange(300) < 150, 0.5, 1.0)}
    mixed = replace(whole, parameters={**whole.parameters, **steps})  # type: ignore[type-var, attr-defined]
    with pytest.raises(InputError, match="must be equal for all draws"):
        list(cluster.blocks(mixed)([(0, 15), (150, 165)]))  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_case_on_a_cluster_gives_what_one_process_gives_though_a_worker_is_killed(
    site: Site, tmp_path: Path
) -> None:
    from realities.case.folder import load_case
    from realities.cluster import Cluster
    from realities.report import write_results
    from realities.weigh.study import run_case

    assert invoke(["-q", "new", str(tmp_path / "mine")]) == 0
    case = load_case(tmp_path / "mine")
    for name in ("here", "there"):
        page = tmp_path / "report.html"  # the object says where the page is
        if name == "here":
            write_results(run_case(case, effort="quick"), tmp_path / name, page=page)
            continue
        workers = [site.worker(), site.worker()]
        with Cluster(site.address, patience=60.0) as cluster, cluster.crew(case) as crew:
            _wait(lambda cluster=cluster: len(cluster.threads()) == 2, "two workers")
            kills = KillsOne(workers[0])
            study = run_case(case, effort="quick", workers=crew, progress=kills)
            assert kills.killed
            write_results(study, tmp_path / name, page=page)
    for file in ("results.json", "results.nc", "forecasts.csv", "claims.jsonld"):
        assert (tmp_path / "there" / file).read_bytes() == (tmp_path / "here" / file).read_bytes()


@pytest.fixture
def case_line(tmp_path: Path) -> list[str]:
    assert invoke(["-q", "new", str(tmp_path / "mine")]) == 0
    return ["run", str(tmp_path / "mine"), "--quick", "--out", str(tmp_path / "out"), "--cluster"]


def test_an_address_that_does_not_answer_is_told_within_seconds(
    case_line: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, but nobody listens
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        before = time.monotonic()
        assert invoke([*case_line, address]) == 1
        assert time.monotonic() - before < 30
    said = capsys.readouterr().err
    assert f"error: no Dask scheduler answers at {address}" in said
    assert not (tmp_path / "out").exists()


def test_something_else_at_the_address_is_told(
    case_line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)

        thread = threading.Thread(target=answer)
        thread.start()
        assert invoke([*case_line, f"tcp://127.0.0.1:{server.getsockname()[1]}"]) == 1
        thread.join()
    assert "no Dask scheduler answers" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["nonsense://x:1", "tcp://127.0.0.1", ""])
def test_an_address_that_is_none_is_told(
    case_line: list[str], address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke([*case_line, address]) == 1
    assert "no Dask scheduler answers" in capsys.readouterr().err


def test_a_scheduler_without_workers_is_told(site: Site) -> None:
    from realities.cluster import Cluster

    with pytest.raises(RealitiesError, match="has no workers; start one: dask worker tcp://"):
        Cluster(site.address, patience=1.0)


def test_without_dask_the_message_says_what_to_install(
    case_line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("realities.cluster.import_module", missing)
    assert invoke([*case_line, "tcp://127.0.0.1:8786"]) == 1
    assert 'pip install "realities[cluster]"' in capsys.readouterr().err


def test_threads_and_a_cluster_exclude_one_another(case_line: list[str]) -> None:
    assert invoke([*case_line, "tcp://127.0.0.1:8786", "--threads", "2"]) == 2


def test_a_worker_of_another_version_is_told() -> None:
    from realities.cluster import _difference

    here = program_identity()
    assert _difference(here, here) == ""
    assert _difference(here, {**here, "processor": "other"}) == "", "that is a warning, and no more"
    assert "another version of realities" in _difference(here, {**here, "realities": "0"})
    assert "has numpy 1.0, here it is" in _difference(here, {**here, "numpy": "1.0"})
    assert "has scipy none" in _difference(here, {name: here[name] for name in here if name != "scipy"})


def test_the_model_of_these_tests_has_random_numbers() -> None:
    assert "RANDOM" in MODEL, "draws must keep their numbers on other machines too"


@pytest.mark.parametrize("engine", ["llvm", "reference"])
def test_what_a_worker_could_not_know_is_refused(tmp_path: Path, engine: str) -> None:
    from realities.cluster import _recipe
    from realities.engine.engines import make_simulator
    from realities.engine.request import Event
    from realities.model.load import load_model

    (tmp_path / "model.mdl").write_text(MODEL)
    model = load_model(tmp_path / "model.mdl")
    plain = Ensemble(make_simulator(model, engine=engine), {}, 2, engine=engine)  # type: ignore[arg-type]
    assert _recipe(plain).engine == engine
    for more in ({"hold": {"prey": 1.0}}, {"events": [Event("eating", 1.0, 0.1)]}):
        held = make_simulator(model, engine=engine, **more)  # type: ignore[arg-type]
        with pytest.raises(RealitiesError, match="cannot run on a cluster"):
            _recipe(replace(plain, simulator=held))
