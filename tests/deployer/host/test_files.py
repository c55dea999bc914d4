"""Files named by content on a host: what is missing, resumed, refused, laid out, pruned."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployer.host import files
from deployer.host import layout as layout_module
from deployer.host.layout import (
    HostError,
    Layout,
    keep_spare,
    note,
    read_record,
    write_record,
    write_text,
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "site")
    layout.make()
    return layout


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def take(layout: Layout, *contents: bytes) -> dict[str, int]:
    """Ship these contents as a deployer does."""
    sizes = {digest(c): len(c) for c in contents}
    files.reserve(layout, sizes)
    stream = b"".join(
        json.dumps({"file": digest(c), "offset": 0, "bytes": len(c)}).encode() + b"\n" + c
        for c in contents
    )
    files.receive(layout, io.BytesIO(stream))
    files.accept(layout, sizes)
    return sizes


def manifest(**named: bytes) -> str:
    return json.dumps(
        {"files": {name: {"sha256": digest(c), "bytes": len(c)} for name, c in named.items()}}
    )


def test_nothing_is_missing_once_it_was_taken_in(layout: Layout) -> None:
    sizes = {digest(b"one"): 3, digest(b"two"): 3}
    assert files.missing(layout, sizes) == {"missing": list(sizes), "begun": {}}
    take(layout, b"one", b"two")
    assert files.missing(layout, sizes) == {"missing": [], "begun": {}}


def test_a_tampered_file_is_missing_again(layout: Layout) -> None:
    sizes = take(layout, b"honest")
    (layout.objects / digest(b"honest")).write_bytes(b"hacked")
    assert files.missing(layout, sizes)["missing"] == list(sizes)
    # Whoever only asks changes nothing: a rehearsal does.
    assert (layout.objects / digest(b"honest")).read_bytes() == b"hacked"
    assert not layout.journal.exists()
    take(layout, b"honest")
    assert files.missing(layout, sizes)["missing"] == []
    assert "tampered" in layout.journal.read_text()


def test_an_upload_that_was_cut_tells_which_ranges_it_holds(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RANGE", 4)
    sizes = {digest(b"aaaabbbb"): 8}
    files.reserve(layout, sizes)
    head = json.dumps({"file": digest(b"aaaabbbb"), "offset": 0, "bytes": 8}).encode() + b"\n"
    with pytest.raises(HostError, match="ended within a file"):
        files.receive(layout, io.BytesIO(head + b"aaaa"))
    [begun] = files.missing(layout, sizes)["begun"].values()
    assert begun == [digest(b"aaaa"), digest(b"\0\0\0\0")]


def test_a_file_of_other_content_is_never_accepted(layout: Layout) -> None:
    sizes = {digest(b"right"): 5}
    files.reserve(layout, sizes)
    with pytest.raises(HostError, match="did not arrive whole"):
        files.accept(layout, sizes)
    assert not list(layout.objects.iterdir())


def test_a_full_disk_is_noticed_before_the_first_byte(layout: Layout) -> None:
    with pytest.raises(HostError, match="no room"):
        files.reserve(layout, {"0" * 64: 1 << 60})
    assert not list(layout.incoming.iterdir())


def test_a_release_is_laid_out_from_links(layout: Layout) -> None:
    take(layout, b"shared", b"own")
    files.lay_out(layout, "r1", manifest(a=b"shared"))
    files.lay_out(layout, "r2", manifest(a=b"shared", b=b"own"))
    first, second = (layout.releases / id / "a" for id in ("r1", "r2"))
    assert first.stat().st_ino == second.stat().st_ino
    assert files.releases(layout) == ["r1", "r2"]


@pytest.mark.parametrize(
    "harm", ["removed", "cut short", "no manifest", "no record", "removed all"]
)
def test_a_release_of_which_files_are_gone_is_not_told_and_pruned_all_the_same(
    layout: Layout, harm: str
) -> None:
    take(layout, b"shared", b"own")
    files.lay_out(layout, "r1", manifest(a=b"shared"))
    files.lay_out(layout, "r2", manifest(a=b"shared", b=b"own"))
    sealed = layout.releases / "r2/manifest.json"
    harms: dict[str, Callable[[], object]] = {
        "removed": (sealed.parent / "b").unlink,
        "cut short": lambda: (sealed.parent / "b").write_bytes(b"o"),
        "no manifest": sealed.unlink,
        "no record": lambda: sealed.write_text("[" * 100_000),
        "removed all": lambda: shutil.rmtree(sealed.parent),
    }
    harms[harm]()
    assert files.releases(layout) == ["r1"]
    still_there = sealed.exists()
    assert files.prune(layout, ["r1"], set())["releases"] == ["r2"] * still_there
    assert not sealed.exists()
    assert files.releases(layout) == ["r1"]


def test_other_bytes_under_a_known_id_are_refused(layout: Layout) -> None:
    take(layout, b"first", b"second")
    files.lay_out(layout, "r1", manifest(a=b"first"))
    with pytest.raises(HostError, match="first sealed copy wins"):
        files.lay_out(layout, "r1", manifest(a=b"second"))
    assert (layout.releases / "r1/a").read_bytes() == b"first"


def test_a_release_whose_file_was_replaced_is_laid_out_again(layout: Layout) -> None:
    sizes = take(layout, b"honest")
    files.lay_out(layout, "r1", manifest(a=b"honest"))
    (layout.releases / "r1/a").write_bytes(b"hacked")
    assert files.missing(layout, sizes)["missing"]
    take(layout, b"honest")
    assert files.lay_out(layout, "r1", manifest(a=b"honest")) == "laid out"
    assert (layout.releases / "r1/a").read_bytes() == b"honest"


def test_a_release_that_cannot_be_laid_out_leaves_nothing_behind(layout: Layout) -> None:
    take(layout, b"own")
    with pytest.raises(FileNotFoundError):
        files.lay_out(layout, "r1", manifest(a=b"own", b=b"never shipped"))
    assert not list(layout.releases.iterdir())


def test_two_processes_of_one_number_write_one_record(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def replace_after_another(draft: Path, path: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        write_text(layout.map, "theirs")
        return replace(draft, path)

    monkeypatch.setattr(Path, "replace", replace_after_another)
    write_text(layout.map, "ours")
    assert layout.map.read_text() == "ours"
    assert layout.map.stat().st_mode & 0o777 == 0o644
    with pytest.raises(IsADirectoryError):
        write_text(layout.logs, "no file")
    assert [path.name for path in layout.router.iterdir()] == [layout.map.name]
    assert not [path for path in layout.root.iterdir() if path.name.startswith(".")]


def test_prune_removes_what_nothing_links_to(layout: Layout) -> None:
    take(layout, b"old", b"shared", b"layer")
    files.lay_out(layout, "old", manifest(a=b"old", b=b"shared"))
    files.lay_out(layout, "new", manifest(b=b"shared"))
    removed = files.prune(layout, ["new"], {digest(b"layer")})
    assert removed == {"releases": ["old"], "bytes": 3}
    assert {p.name for p in layout.objects.iterdir()} == {digest(b"shared"), digest(b"layer")}


def test_the_probes_of_a_release_that_is_not_whole_are_refused(layout: Layout) -> None:
    with pytest.raises(HostError, match=r"is not whole here .* Roll it out by name"):
        files.probes(layout, "1" * 64)


def test_a_record_that_cannot_be_read_is_refused(layout: Layout) -> None:
    layout.slots.write_text("{")
    with pytest.raises(HostError, match=r"cannot be read .* Look at it, then remove it"):
        read_record(layout.slots)


def full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def full_disk(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which there is no room but what is kept back."""
    fsync, write = os.fsync, os.write

    def flush(handle: int) -> None:
        if layout.spare.exists():
            raise full()
        fsync(handle)

    def append(handle: int, content: bytes) -> int:
        if layout.spare.exists():
            raise full()
        return write(handle, content)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "write", append)


@pytest.mark.usefixtures("full_disk")
def test_small_records_take_the_room_that_is_kept_back(layout: Layout) -> None:
    """In every directory that holds one; the journal's line as well."""
    for path in (layout.withdrawn, layout.map, layout.frozen):
        keep_spare(layout)
        assert layout.spare.stat().st_size == layout_module.SPARE_BYTES
        write_text(path, "new")
        assert (path.read_text(), layout.spare.exists()) == ("new", False)
    keep_spare(layout)
    note(layout, "withdrawn")
    assert (read_record(layout.journal)["event"], layout.spare.exists()) == ("withdrawn", False)


@pytest.mark.usefixtures("full_disk")
def test_what_is_shipped_does_not_take_the_room_that_is_kept_back(layout: Layout) -> None:
    keep_spare(layout)
    (work := layout.releases / ".r1/new").mkdir(parents=True)
    with pytest.raises(OSError, match="No space"):
        write_text(work / "manifest.json", "shipped")
    assert layout.spare.exists()


def test_a_journal_on_a_full_disk_costs_a_line_and_undoes_nothing(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> int:
        raise full()

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", no_room)
        note(layout, "live")
    note(layout, "switched")
    assert read_record(layout.journal)["event"] == "switched"


def test_room_is_given_back_where_a_release_cannot_be_laid_out(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(layout, b"shared", b"own", b"layer")
    files.lay_out(layout, "r1", manifest(a=b"shared"))

    def no_room(*_: object, **__: object) -> None:
        raise full()

    monkeypatch.setattr(files, "write_text", no_room)
    with pytest.raises(HostError, match=r"no room for release r2.* free some space"):
        files.lay_out(layout, "r2", manifest(a=b"shared", b=b"own"))
    assert [path.name for path in layout.releases.iterdir()] == ["r1"]
    left = {path.name for path in layout.objects.iterdir()}
    assert left == {digest(b"shared"), digest(b"layer")}


def test_a_file_that_cannot_be_received_gives_its_room_back(layout: Layout) -> None:
    """/dev/full is a disk that is full."""
    (layout.incoming / "f").symlink_to("/dev/full")
    head = json.dumps({"file": "f", "offset": 0, "bytes": 4}).encode() + b"\n"
    with pytest.raises(HostError, match=r"no room for f .* free some space"):
        files.receive(layout, io.BytesIO(head + b"aaaa"))
    assert not list(layout.incoming.iterdir())


def test_a_release_that_is_half_removed_is_no_release(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(layout, b"own", b"shared")
    files.lay_out(layout, "old", manifest(a=b"own", b=b"shared"))
    files.lay_out(layout, "kept", manifest(b=b"shared"))
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", _die)
        with pytest.raises(KeyboardInterrupt):
            files.prune(layout, ["kept"], set())
    assert files.releases(layout) == ["kept"]
    files.prune(layout, ["kept"], set())
    assert [path.name for path in layout.releases.iterdir()] == ["kept"]
    assert {path.name for path in layout.objects.iterdir()} == {digest(b"shared")}


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_a_dead_deployer_began_ends_when_another_has_the_lock(layout: Layout) -> None:
    """What it has not renamed or removed by then stays as the other one finds it."""
    sizes = take(layout, b"one", b"two")
    files.lay_out(layout, "old", manifest(a=b"one"))
    held = iter([True])

    @contextlib.contextmanager
    def alone() -> Iterator[None]:
        if not next(held, False):
            raise HostError("this rollout lost the host's lock. Start anew.")
        yield

    with pytest.raises(HostError, match="lost"):
        files.prune(layout, [], set(), alone)
    assert {path.name for path in layout.objects.iterdir()} == set(sizes)
    assert not files.releases(layout)
    with pytest.raises(HostError, match="lost"):
        files.lay_out(layout, "new", manifest(a=b"one"), alone)
    assert not files.releases(layout)
    (layout.incoming / digest(b"x")).write_bytes(b"x")
    with pytest.raises(HostError, match="lost"):
        files.accept(layout, {digest(b"x"): 1}, alone)
    assert (layout.incoming / digest(b"x")).exists()


def test_prune_sweeps_drafts_whose_writers_died_and_nothing_else(layout: Layout) -> None:
    """A writer may be at work on a fresh one; other hidden files are not ours."""
    write_record(layout.slots, {})
    stale = [layout.root / ".slots.json.a1", layout.site / ".withdrawn.txt.b2"]
    others = [layout.root / ".pending.json.c3", layout.site / ".values.csv.d4"]
    for path in (*stale, *others):
        path.write_text("")
    for path in (*stale, others[1]):
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    files.prune(layout, [], set())
    assert not [path for path in stale if path.exists()]
    assert all(path.exists() for path in (*others, layout.slots, layout.withdrawn))
