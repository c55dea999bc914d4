"""Here is what an admission would look at: was exactly this admitted before, and is its report still here?"""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from release_format.seal import digest_of, digest_of_file, write_atomically
from release_format.store import Store

ADMITTED = "data-admitted.json"
_CODE = Path(__file__).parent


def key_of(asked: Namespace, reviewed: Path, live: str) -> str:
    """The digest of everything that decides an admission; empty for a catalogue that is not a file here."""
    catalogue = Path(asked.catalogue)
    if not catalogue.exists():
        return ""
    looked_at = [catalogue, reviewed, asked.thresholds, asked.query, *_CODE.rglob("*.py"), *_CODE.glob("*.toml")]
    files = (file for path in looked_at if path for file in _files(path))
    return digest_of([asked.columns, live, sorted((str(file), digest_of_file(file)) for file in files)])


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [p for p in path.iterdir() if p.suffix in (".csv", ".toml") and p.is_file()] if path.is_dir() else []


def remembered(report: Path, key: str, store: Store) -> str:
    """The snapshot that an admission with this key sealed, when its report is here and the store still has it."""
    try:
        known = json.loads((report / ADMITTED).read_bytes())
    except (OSError, ValueError):
        return ""
    snapshot = str(known.get("snapshot", ""))
    same = key and known.get("key") == key and known.get("report") == _report_digest(report)
    return snapshot if same and snapshot in store.ids("snapshot") else ""


def remember(report: Path, key: str, snapshot: str) -> None:
    """Keep beside the report what it was about."""
    if key and snapshot:
        known = {"key": key, "snapshot": snapshot, "report": _report_digest(report)}
        write_atomically(report / ADMITTED, json.dumps(known) + "\n")


def _report_digest(report: Path) -> str:
    verdict = report / "data-verdict.json"
    return digest_of_file(verdict) if verdict.is_file() else ""
