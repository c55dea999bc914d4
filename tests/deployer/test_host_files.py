"""Files named by content on a host: what is missing, resumed, refused, laid out, pruned."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest

from deployer.host import files
from deployer.host.rooms import HostError, Rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    made = Rooms(tmp_path / "site")
    made.make()
    return made


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def take(rooms: Rooms, *contents: bytes) -> dict[str, int]:
    """Ship these contents as a deployer does."""
    wanted = {digest(c): len(c) for c in contents}
    files.reserve(rooms, wanted)
    stream = b"".join(
        json.dumps({"file": digest(c), "offset": 0, "bytes": len(c)}).encode() + b"\n" + c for c in contents
    )
    files.receive(rooms, io.BytesIO(stream))
    files.accept(rooms, wanted)
    return wanted


def manifest(**named: bytes) -> str:
    return json.dumps({"files": {name: {"sha256": digest(c), "bytes": len(c)} for name, c in named.items()}})


def test_nothing_is_missing_once_it_was_taken_in(rooms: Rooms) -> None:
    wanted = {digest(b"one"): 3, digest(b"two"): 3}
    assert files.missing(rooms, wanted) == {"missing": list(wanted), "begun": {}}
    take(rooms, b"one", b"two")
    assert files.missing(rooms, wanted) == {"missing": [], "begun": {}}


def test_a_tampered_file_is_missing_again(rooms: Rooms) -> None:
    wanted = take(rooms, b"honest")
    (rooms.objects / digest(b"honest")).write_bytes(b"hacked")
    assert files.missing(rooms, wanted)["missing"] == list(wanted)
    assert "tampered" in rooms.journal.read_text()


def test_an_upload_that_was_cut_tells_which_ranges_it_holds(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RANGE", 4)
    wanted = {digest(b"aaaabbbb"): 8}
    files.reserve(rooms, wanted)
    head = json.dumps({"file": digest(b"aaaabbbb"), "offset": 0, "bytes": 8}).encode() + b"\n"
    with pytest.raises(HostError, match="ended within a file"):
        files.receive(rooms, io.BytesIO(head + b"aaaa"))
    [begun] = files.missing(rooms, wanted)["begun"].values()
    assert begun == [digest(b"aaaa"), digest(b"\0\0\0\0")]


def test_a_file_of_other_content_is_never_accepted(rooms: Rooms) -> None:
    wanted = {digest(b"right"): 5}
    files.reserve(rooms, wanted)
    with pytest.raises(HostError, match="did not arrive whole"):
        files.accept(rooms, wanted)
    assert not list(rooms.objects.iterdir())


def test_a_full_disk_is_noticed_before_the_first_byte(rooms: Rooms) -> None:
    with pytest.raises(HostError, match="no room"):
        files.reserve(rooms, {"0" * 64: 1 << 60})
    assert not list(rooms.incoming.iterdir())


def test_a_release_is_laid_out_from_links(rooms: Rooms) -> None:
    take(rooms, b"shared", b"own")
    files.lay_out(rooms, "r1", manifest(a=b"shared"))
    files.lay_out(rooms, "r2", manifest(a=b"shared", b=b"own"))
    one, two = (rooms.releases / id / "a" for id in ("r1", "r2"))
    assert one.stat().st_ino == two.stat().st_ino
    assert files.releases(rooms) == ["r1", "r2"]


def test_other_bytes_under_a_known_id_are_refused(rooms: Rooms) -> None:
    take(rooms, b"first", b"second")
    files.lay_out(rooms, "r1", manifest(a=b"first"))
    with pytest.raises(HostError, match="first sealed copy wins"):
        files.lay_out(rooms, "r1", manifest(a=b"second"))
    assert (rooms.releases / "r1/a").read_bytes() == b"first"


def test_a_release_whose_file_was_replaced_is_laid_out_again(rooms: Rooms) -> None:
    wanted = take(rooms, b"honest")
    files.lay_out(rooms, "r1", manifest(a=b"honest"))
    (rooms.releases / "r1/a").write_bytes(b"hacked")
    assert files.missing(rooms, wanted)["missing"]
    take(rooms, b"honest")
    assert files.lay_out(rooms, "r1", manifest(a=b"honest")) == "laid out"
    assert (rooms.releases / "r1/a").read_bytes() == b"honest"


def test_prune_removes_what_nothing_links_to(rooms: Rooms) -> None:
    take(rooms, b"old", b"shared", b"layer")
    files.lay_out(rooms, "old", manifest(a=b"old", b=b"shared"))
    files.lay_out(rooms, "new", manifest(b=b"shared"))
    gone = files.prune(rooms, ["new"], {digest(b"layer")})
    assert gone == {"releases": ["old"], "bytes": 3}
    assert {p.name for p in rooms.objects.iterdir()} == {digest(b"shared"), digest(b"layer")}
