"""Here are files and a host: send what it lacks, and nothing else."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer.commands import Commands
from deployer.machine import Machine, Part
from release_format.seal import Manifest

RANGE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Cargo:
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
        return f"{self.files} files, {self.bytes / 1e6:.1f} MB sent in {self.seconds:.1f} s ({rate:.0f} MB/s)"


def cargo_of(directory: Path, manifest: Manifest) -> Cargo:
    """The files of a sealed directory."""
    paths = {seal.sha256: directory / name for name, seal in manifest.files.items()}
    return Cargo(paths, {seal.sha256: seal.bytes for seal in manifest.files.values()})


def parts_to_send(cargo: Cargo, missing: Sequence[str], begun: Mapping[str, Sequence[str]]) -> list[Part]:
    """The ranges that a host lacks: all of a missing file, or what differs in one that was half sent."""
    parts = []
    for file in missing:
        held = begun.get(file, ())
        for number, offset in enumerate(range(0, cargo.sizes[file], RANGE)):
            size = min(RANGE, cargo.sizes[file] - offset)
            there = number < len(held) and held[number] == _digest(cargo.paths[file], offset, size)
            if not there:
                parts.append(Part(file, cargo.paths[file], offset, size))
    return parts


def _digest(path: Path, offset: int, size: int) -> str:
    with path.open("rb") as file:
        file.seek(offset)
        return hashlib.sha256(file.read(size)).hexdigest()


def ship(machine: Machine, commands: Commands, cargo: Cargo, fence: int) -> Shipped:
    """Reserve room, send the missing ranges, have every file verified on the host and renamed into place."""
    started = time.monotonic()
    answer = machine.ask(commands.missing(cargo.sizes))
    missing = list(answer["missing"])
    if not missing:
        return Shipped()
    wanted = {file: cargo.sizes[file] for file in missing}
    parts = parts_to_send(cargo, missing, answer["begun"])
    machine.ask(commands.reserve(wanted, fence))
    sent = machine.send(commands.receive(fence), parts) if parts else 0
    machine.ask(commands.accept(wanted, fence))
    return Shipped(len(missing), sent, time.monotonic() - started)
