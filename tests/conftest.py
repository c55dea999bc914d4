"""What the tests of several packages share: one real snapshot and one real release of the
bundled catalogue."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from release_format.release import Release
from release_format.snapshot import Snapshot
from release_format.store.folder import Folder

ROOT = Path(__file__).parent.parent
# Kept between runs: what is named by what it was made from needs no building twice.
SHARED_STORE = ROOT / "var/test-store"
CHOICES = ("--judgments", "catalogue/judgments.jsonl")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups hold the long tests: they go first, the longest before all, so that no worker ends
    on one alone.

    Together with pytest 9.2, xdist 3.8 keeps no group on one worker: it renames an attribute that
    is read no longer. So tests that cannot run beside each other take a lock.
    """
    groups = ("demo", "hosts", "far hosts", "ledger", "images", "watch")
    marks = {item: item.get_closest_marker("xdist_group") for item in items}
    items.sort(
        key=lambda item: groups.index(mark.args[0]) if (mark := marks[item]) else len(groups)
    )


@pytest.fixture(scope="session", autouse=True)
def _logs_stay_out_of_the_tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    os.environ["SEARCHBAR_LOG"] = str(tmp_path_factory.mktemp("log") / "run.jsonl")
    # The tests of the ledger turn it on, each in a folder of its own.
    os.environ["SEARCHBAR_LEDGER"] = "off"
    # Lines stay as long as they are in a pipe; xdist tells its workers how wide the console is.
    os.environ.pop("COLUMNS", None)
    yield
    del os.environ["SEARCHBAR_LOG"], os.environ["SEARCHBAR_LEDGER"]


def run_line(
    *arguments: str, store: Path = SHARED_STORE, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Type one line of the pipeline, as a person or Jenkins would; its last line of output is
    the id."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT, env={**os.environ, "SEARCHBAR_STORE": str(store)}, text=True, capture_output=True,
    )  # fmt: skip
    if check and done.returncode:
        raise AssertionError(
            f"python -m {' '.join(arguments)} exited {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def page_faults() -> Iterator[Callable[[str], list[str]]]:
    """Tells what is wrong with an HTML page for people: contrast, names, keyboard, width."""
    from tests.axe import page_checker

    with page_checker() as check:
        yield check


@pytest.fixture(scope="session")
def shared_store() -> Folder:
    """The store that `bundled_snapshot` and `bundled_release` are in; add nothing to it."""
    return Folder(SHARED_STORE)


@pytest.fixture(scope="session")
def bundled_snapshot(shared_store: Folder, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The bundled catalogue, admitted by the real command."""
    reports = tmp_path_factory.mktemp("admit")
    with _one_at_a_time():
        id = last_line(run_line("data_checks", "admit", "catalogue", "--report", str(reports)))
    return Snapshot.open(shared_store.path("snapshot", id))


@pytest.fixture(scope="session")
def bundled_release(
    bundled_snapshot: Snapshot, shared_store: Folder, tmp_path_factory: pytest.TempPathFactory
) -> Release:
    """A release of the bundled catalogue, built by the real command with the real model."""
    reports = tmp_path_factory.mktemp("build")
    with _one_at_a_time():
        id = last_line(
            run_line(
                "index_builder", "build", bundled_snapshot.id, *CHOICES, "--report", str(reports)
            )
        )
    return Release.open(shared_store.path("release", id))


class _one_at_a_time:  # noqa: N801
    """Of several test processes, the first builds and the others find it built."""

    def __enter__(self) -> None:
        SHARED_STORE.mkdir(parents=True, exist_ok=True)
        self._file = (SHARED_STORE / ".lock").open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()
