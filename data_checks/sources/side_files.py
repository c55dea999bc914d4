"""Side files: what belongs to a catalogue and lies beside it."""

from __future__ import annotations

from pathlib import Path

from data_checks.sources.reader import COMPRESSED, KINDS


def side_file(catalogue: str, name: str) -> Path | None:
    """Where the side file of this name would lie; None for what lies on no disk of this machine.

    In a folder that is a catalogue it has its plain name, beside `mine.csv` it is `mine.NAME`: what
    lies in the same folder under its plain name belongs to nobody, or to another catalogue.
    """
    path = Path(catalogue)
    if path.is_dir():
        return path / name
    if "://" in catalogue or not path.is_file():
        return None
    stem = path
    for endings in (COMPRESSED, tuple(KINDS)):
        if stem.suffix.lower() in endings:
            stem = stem.with_suffix("")
    return stem.with_name(f"{stem.name}.{name}")
