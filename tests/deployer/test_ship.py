"""What is sent, and what is not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deployer import ship
from deployer.ship import Cargo, parts_to_send


def test_only_ranges_that_differ_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ship, "RANGE", 4)
    path = tmp_path / "file"
    path.write_bytes(b"aaaabbbbcc")
    cargo = Cargo({"f": path, "g": path}, {"f": 10, "g": 10})
    held = [hashlib.sha256(part).hexdigest() for part in (b"aaaa", b"\0\0\0\0", b"cc")]
    assert [(p.file, p.offset, p.bytes) for p in parts_to_send(cargo, ["f"], {"f": held})] == [("f", 4, 4)]
    assert [p.offset for p in parts_to_send(cargo, ["g"], {})] == [0, 4, 8]
    assert parts_to_send(cargo, [], {}) == []
