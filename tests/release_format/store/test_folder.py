"""A store in a folder that several containers share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from release_format.seal import FormatError, check_seal, digest_of, is_sealed, seal
from release_format.store.folder import Folder
from release_format.store.unsealed import UNSEALED, unsealed

ROOT = Path(__file__).parents[3]
ROUNDS = 40
# Each line names a channel; the answer is what this writer was told.
WRITER = """
import os, sys
from pathlib import Path
from release_format.seal import FormatError
from release_format.store.folder import Folder

print(os.getpid(), flush=True)
store, release = Folder(Path(sys.argv[1])), sys.argv[2]
for line in sys.stdin:
    try:
        print(store.switch_channel(line.strip(), release=release, image="i", after=0).release)
    except FormatError:
        print("refused")
    sys.stdout.flush()
"""
# As in two containers: each writer is the first process of its own.
CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork")


def writer(root: Path, release: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*CONTAINER, sys.executable, "-c", WRITER, str(root), release],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_two_containers_that_switch_a_channel_at_once_are_told_what_the_store_holds(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(writer(tmp_path, name * 64)) for name in "ab"]
        if [answer(process) for process in writers] != ["1", "1"]:
            assert not os.environ.get("CI"), "this test needs unshare and user namespaces"
            pytest.skip("this machine lets nobody count processes anew")
        for channel in (f"c{number}" for number in range(ROUNDS)):
            for process in writers:
                assert process.stdin
                process.stdin.write(f"{channel}\n")
                process.stdin.flush()
            told = {answer(process) for process in writers}
            held = Folder(tmp_path).channel(channel)
            assert held is not None
            assert told == {held.release, "refused"}
        for process in writers:
            process.communicate()
    assert not list(tmp_path.rglob(".*")), "a draft was left behind"


def test_a_network_that_tells_of_our_own_change_as_another_s_is_seen_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_and_forget(source: Path, target: Path) -> None:
        link(source, target)
        raise FileExistsError

    monkeypatch.setattr("release_format.store.folder.os.link", link_and_forget)
    assert Folder(tmp_path).switch_channel("stage", release="a" * 64, image="i").number == 1


# Kills itself at the n-th thing that it does to files.
REMOVER = """
import os, signal, sys
from pathlib import Path
from release_format.store.folder import Folder

store, release, left = Folder(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])

def count(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
store.remove("release", release)
"""


def put(store: Folder, name: str) -> str:
    with store.staging("release") as work:
        (work / "deep").mkdir()
        (work / "deep/own.txt").write_text(name)
        (work / "shared.txt").write_text("in every release")
        seal(work, kind="release", id=digest_of(name), made_from={"snapshot": name})
    return digest_of(name)


def test_killed_at_any_moment_a_removal_leaves_a_release_whole_or_not_there(tmp_path: Path) -> None:
    store, steps = Folder(tmp_path), []
    kept, removed = put(store, "kept"), put(store, "removed")
    for step in range(20):
        put(store, "removed")
        words = [sys.executable, "-c", REMOVER, str(tmp_path), removed, str(step)]
        ended = subprocess.run(words, cwd=ROOT, check=False)
        steps.append(removed in store.ids("release"))
        for id in store.ids("release"):
            check_seal(store.path("release", id))
        for left in (tmp_path / "releases").glob(".*"):
            assert not is_sealed(left) or (steps[-1] is False and step <= 2), left
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
    assert ended.returncode == 0, "it ran to its end at last"
    assert steps[0], "the first kill comes before anything happened"
    assert not steps[-1]
    put(store, "another")
    assert not list((tmp_path / "releases").glob(".*")), "the next writer takes what was left"
    assert kept in store.ids("release")


def test_a_sweep_takes_old_drafts_of_dead_writers_only(tmp_path: Path) -> None:
    store, day = Folder(tmp_path), 86_400
    put(store, "one")
    releases = tmp_path / "releases"
    for name in ("old", "young", "slow"):
        (releases / f"{UNSEALED}{name}").mkdir()
        (releases / f"{UNSEALED}{name}/file").write_text("x")
    for path in (*(releases / f"{UNSEALED}old").rglob("*"), releases / f"{UNSEALED}old"):
        os.utime(path, (0, 0))
    os.utime(releases / f"{UNSEALED}slow", (0, 0))  # only its file is young
    with unsealed(releases) as running:
        for path in (running / "file", running):
            path.touch()
            os.utime(path, (0, 0))
        assert store.sweep(day) == 1
        assert (running / "file").is_file()
        seal(running, kind="release", id=digest_of("two"), made_from={})
    names = {path.name for path in releases.glob(".*")}
    assert names == {f"{UNSEALED}young", f"{UNSEALED}slow"}
    assert Folder(tmp_path / "none").sweep() == 0


def test_what_may_not_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Folder(tmp_path)
    id = put(store, "one")
    with pytest.raises(FormatError, match=r"is not in the store .* There are"):
        store.remove("release", "0" * 64)

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("release_format.store.unsealed.tempfile.mkdtemp", refuse)
    with pytest.raises(FormatError, match=r"cannot be removed .Permission denied.\. Let its owner"):
        store.remove("release", id)
    check_seal(store.path("release", id))


def test_who_shares_a_store_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    (draft := tmp_path / "draft").mkdir()
    (draft / "items.jsonl").write_text("{}\n")
    made_from = {"rows": "1"}
    seal(draft, kind="snapshot", id=digest_of(made_from), made_from=made_from)
    before = os.umask(0o077)
    try:
        store = Folder(tmp_path / "shared/store")
        store.put(draft)
        store.put_record("pair", "a", "{}")
        store.switch_channel("stage", release="a" * 64, image="i")
    finally:
        os.umask(before)
    paths = [store.root, *store.root.rglob("*")]
    modes = {path.relative_to(store.root).as_posix(): path.stat().st_mode & 0o777 for path in paths}
    assert {path.is_dir() or modes[path.relative_to(store.root).as_posix()] for path in paths} == {
        True,
        0o644,
    }
    assert {mode for name, mode in modes.items() if (store.root / name).is_dir()} == {0o755}
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o700, "that is not the store's"
