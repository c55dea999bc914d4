"""Cache of the last admission: whether exactly this was admitted before, its report still here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from release_format.seal import digest_of, digest_of_file, write_atomically
from release_format.store.base import Store
from release_format.untrusted_json import parse_json

ADMITTED = "data-admitted.json"
# What of a folder is read: its data, and the files that belong to it.
READ = (
    *(".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm", ".ods"),
    ".toml",
)
_CODE = Path(__file__).parent


def admission_key(catalogue: Path, settings: Iterable[Path | None], columns: str, live: str) -> str:
    """The digest of everything that decides an admission.

    That is the catalogue, the files and folders of settings, the columns, what is live, and this
    code. Empty for a catalogue that is not a file here.
    """
    if not catalogue.exists():
        return ""
    code = (path for suffix in ("py", "toml") for path in _CODE.rglob(f"*.{suffix}"))
    files = (file for path in (catalogue, *settings, *code) if path for file in _files(path))
    return digest_of([columns, live, sorted((str(file), digest_of_file(file)) for file in files)])


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        return []
    return [file for file in path.iterdir() if file.suffix in READ and file.is_file()]


def cached_snapshot(report: Path, key: str, store: Store) -> str:
    """The snapshot that an admission with this key sealed, if store and report still have it."""
    try:
        entry = parse_json((report / ADMITTED).read_bytes())
    except (OSError, ValueError):
        return ""
    if not isinstance(entry, dict):
        return ""
    snapshot = str(entry.get("snapshot", ""))
    is_same = key and entry.get("key") == key and entry.get("report") == _report_digest(report)
    return snapshot if is_same and snapshot in store.ids("snapshot") else ""


def remember(report: Path, key: str, snapshot: str) -> None:
    """Write next to the report what it was about."""
    if key and snapshot:
        entry = {"key": key, "snapshot": snapshot, "report": _report_digest(report)}
        write_atomically(report / ADMITTED, json.dumps(entry) + "\n")


def _report_digest(report: Path) -> str:
    verdict = report / "data-verdict.json"
    return digest_of_file(verdict) if verdict.is_file() else ""
