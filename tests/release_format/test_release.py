"""A release that is none, or whose files say what cannot be, is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_format import release as names
from release_format.release import Release
from release_format.seal import FormatError, digest_of, seal
from release_format.store.unsealed import unsealed

BROKEN = {
    names.RECIPE: b"= 1",
    names.RULES: b"\xff",
    names.LEVELS: b"{",
    names.PROBES: b'[{"q": 1}]',
    names.VERDICT: b"[]",
}


def sealed(parent: Path, kind: str) -> Path:
    """A sealed directory whose files are whole, and nonsense."""
    with unsealed(parent) as work:
        for name, content in BROKEN.items():
            (work / name).write_bytes(content)
        seal(work, kind=kind, id=digest_of(kind), made_from={})
    return parent / digest_of(kind)


def test_a_snapshot_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"is a snapshot, not a release. Build a release from it"):
        Release.open(sealed(tmp_path, "snapshot"))


@pytest.mark.parametrize("part", ["recipe", "rules", "levels", "encoder", "probes", "verdict"])
def test_a_part_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path, part: str) -> None:
    release = Release.open(sealed(tmp_path, "release"))
    with pytest.raises(FormatError, match=rf"{part}\.(json|toml) .* (again\.)$") as refused:
        getattr(release, part)
    assert refused.value.exit_code == 3
