"""Here is a folder in BEIR layout: give me an engine over its corpus, built and asked as a release is."""

from __future__ import annotations

import contextlib
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from index_builder.build import write_content as write_release
from index_builder.job import Job
from index_builder.judgments import beir_items, is_beir
from release_format import release, snapshot
from release_format.program import UsageError, now
from release_format.release import Release
from release_format.seal import FORMAT, Manifest
from release_format.store import Folder
from release_format.verdict import Verdict
from searchbar.engine import Engine


def sets_in(folder: Path) -> list[Path]:
    """Every judged set in a folder, by name; the folder itself, where it is one.

    Raises:
        UsageError: there is none.
    """
    found = [folder] if is_beir(folder) else sorted(path for path in folder.glob("*") if is_beir(path))
    if not found:
        raise UsageError(f"{folder} holds no set in BEIR layout (corpus.jsonl, queries.jsonl, qrels/test.tsv).")
    return found


@contextlib.contextmanager
def engine_of(folder: Path, recipe: Path | None = None) -> Iterator[Engine]:
    """Build a release of the corpus, without gates and for this moment only; vectors are kept in the build cache."""
    with tempfile.TemporaryDirectory(prefix="searchbar-beir-") as work:
        store = Folder(Path(work))
        with store.staging(snapshot.KIND) as directory:
            made_from = snapshot.write_content(directory, beir_items(folder), [])
            id = snapshot.seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id
        job = Job.of(Namespace(snapshot=id, recipe=recipe, rules=None, judgments=None, live=None), store)
        directory = Path(work) / "release"
        directory.mkdir()
        write_release(job, directory)
        yield Engine.open(
            Release(directory, Manifest(FORMAT, release.KIND, job.origin.id, asdict(job.origin), {}, now()))
        )
