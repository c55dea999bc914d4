"""What is sent, and what is not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deployer.transport import ship
from deployer.transport.ship import Shipment, ranges_to_send


def test_only_ranges_that_differ_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ship, "RANGE", 4)
    path = tmp_path / "file"
    path.write_bytes(b"aaaabbbbcc")
    shipment = Shipment({"f": path, "g": path}, {"f": 10, "g": 10})
    digests = [hashlib.sha256(part).hexdigest() for part in (b"aaaa", b"\0\0\0\0", b"cc")]
    assert [
        (p.file, p.offset, p.bytes) for p in ranges_to_send(shipment, ["f"], {"f": digests})
    ] == [("f", 4, 4)]
    assert [p.offset for p in ranges_to_send(shipment, ["g"], {})] == [0, 4, 8]
    assert ranges_to_send(shipment, [], {}) == []
