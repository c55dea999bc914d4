"""A directory is whole or it does not exist."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from release_format.seal import (
    FormatError,
    Manifest,
    check_seal,
    digest_of,
    replacing,
    seal,
    write_atomically,
)
from release_format.store.unsealed import unsealed

ID = digest_of("a")


def fill(directory: Path, text: str = "one") -> None:
    (directory / "deep").mkdir()
    (directory / "deep/a.txt").write_text(text)
    (directory / "b.bin").write_bytes(b"\0\1")


def sealed(parent: Path) -> Path:
    with unsealed(parent) as work:
        fill(work)
        seal(work, kind="thing", id=ID, made_from={"a": "1"})
    return parent / ID


def test_a_sealed_directory_holds(tmp_path: Path) -> None:
    directory = sealed(tmp_path)
    manifest = check_seal(directory)
    assert set(manifest.files) == {"deep/a.txt", "b.bin"}
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert [p.name for p in tmp_path.iterdir()] == [ID]


@pytest.mark.parametrize("harm", ["missing", "cut short", "edited", "other size"])
def test_harm_is_named_by_file(tmp_path: Path, harm: str) -> None:
    file = sealed(tmp_path) / "deep/a.txt"
    match harm:
        case "missing":
            file.unlink()
        case "cut short":
            file.write_text("o")
        case "edited":
            file.write_text("two")
        case "other size":
            file.write_text("one more")
    with pytest.raises(FormatError, match=r"deep/a\.txt"):
        check_seal(tmp_path / ID)


def test_no_seal_is_refused(tmp_path: Path) -> None:
    fill(tmp_path)
    with pytest.raises(FormatError, match="not sealed"):
        check_seal(tmp_path)


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a/../../b", "manifest.json", "a\\b"])
def test_a_manifest_never_names_a_file_outside(tmp_path: Path, name: str) -> None:
    directory = sealed(tmp_path)
    raw = json.loads((directory / "manifest.json").read_text())
    raw["files"][name] = {"sha256": "0" * 64, "bytes": 0}
    (directory / "manifest.json").write_text(json.dumps(raw))
    with pytest.raises(FormatError, match="not inside"):
        check_seal(directory)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "latest"}, "names no valid id. Build it again"),
        (
            {"files": {"a": {"sha256": "0" * 64, "bytes": -1}}},
            "no valid digest for 'a'. Build it again",
        ),
        (
            {"files": {"a": {"sha256": "0" * 63, "bytes": 1}}},
            "no valid digest for 'a'. Build it again",
        ),
    ],
)
def test_a_manifest_that_names_what_cannot_be_is_refused(
    tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    manifest = sealed(tmp_path) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))
    with pytest.raises(FormatError, match=why):
        check_seal(manifest.parent)


def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(FormatError, match=r"Is a directory.\. Look at it"):
        check_seal(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "\x00"])
def test_nonsense_is_not_a_manifest(text: str) -> None:
    with pytest.raises(FormatError):
        Manifest.from_json(text)


def test_a_newer_format_is_refused_with_what_to_do() -> None:
    text = json.dumps(
        {"format": 99, "kind": "x", "id": ID, "made_from": {}, "files": {}, "created_at": ""}
    )
    with pytest.raises(FormatError, match="matching version"):
        Manifest.from_json(text)


def test_links_are_not_sealed(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="link"), unsealed(tmp_path) as work:
        (work / "etc").symlink_to("/etc/passwd")
        seal(work, kind="thing", id=ID, made_from={})


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "made/report.json"
    write_atomically(path, "old")
    with pytest.raises(RuntimeError), replacing(path) as draft:
        draft.write_text("half")
        assert draft.parent.parent == path.parent, "on the same disk"
        assert list(path.parent.rglob("*.json")) == [path], "nobody takes a draft for a report"
        raise RuntimeError("the disk burns")
    assert path.read_text() == "old"
    with replacing(path) as first, replacing(path) as second:
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first", "the one that ended last"
    assert list(path.parent.iterdir()) == [path]


def test_a_replaced_file_is_readable_to_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "grades") as draft:
            draft.write_text("ours")
        write_atomically(tmp_path / "seal", "everybody's")
    finally:
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("grades", "seal")]
    assert modes == [0o640, 0o644]
