"""Shipping: sends files to a host, only the ranges that it lacks."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer.host_commands import HostCommands
from deployer.transport.machine import FileRange, Machine
from release_format.seal import Manifest

RANGE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Shipment:
    """Files to be on a host: digest → where each lies here, and its size."""

    paths: Mapping[str, Path]
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Shipped:
    """What one shipment sent."""

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def sentence(self) -> str:
        if not self.files:
            return "nothing to send"
        rate = self.bytes / 1e6 / max(self.seconds, 1e-6)
        return (
            f"{self.files} files, {self.bytes / 1e6:.1f} MB sent in {self.seconds:.1f} s"
            f" ({rate:.0f} MB/s)"
        )


def shipment_of(directory: Path, manifest: Manifest) -> Shipment:
    """The files of a sealed directory."""
    paths = {seal.sha256: directory / name for name, seal in manifest.files.items()}
    return Shipment(paths, {seal.sha256: seal.bytes for seal in manifest.files.values()})


def ranges_to_send(
    shipment: Shipment, missing: Sequence[str], begun: Mapping[str, Sequence[str]]
) -> list[FileRange]:
    """The ranges that a host lacks: of a file that was begun, those that differ."""
    ranges = []
    for file in missing:
        digests = begun.get(file, ())
        for number, offset in enumerate(range(0, shipment.sizes[file], RANGE)):
            size = min(RANGE, shipment.sizes[file] - offset)
            path = shipment.paths[file]
            has_arrived = number < len(digests) and digests[number] == _digest(path, offset, size)
            if not has_arrived:
                ranges.append(FileRange(file, path, offset, size))
    return ranges


def _digest(path: Path, offset: int, size: int) -> str:
    with path.open("rb") as file:
        file.seek(offset)
        return hashlib.sha256(file.read(size)).hexdigest()


def ship(machine: Machine, commands: HostCommands, shipment: Shipment, fence: int) -> Shipped:
    """Reserve disk, send missing ranges, have files verified there and renamed into place."""
    started = time.monotonic()
    answer = machine.ask(commands.missing(shipment.sizes))
    missing = list(answer["missing"])
    if not missing:
        return Shipped()
    sizes = {file: shipment.sizes[file] for file in missing}
    ranges = ranges_to_send(shipment, missing, answer["begun"])
    machine.ask(commands.reserve(sizes, fence))
    sent = machine.send(commands.receive(fence), ranges) if ranges else 0
    machine.ask(commands.accept(sizes, fence))
    return Shipped(len(missing), sent, time.monotonic() - started)
