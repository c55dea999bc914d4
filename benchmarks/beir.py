"""Here is a folder in BEIR layout: give me an engine over its corpus, built, judged and asked as
a release is."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_builder.build.build import build
from index_builder.quality.judgments import beir_items, is_beir
from index_builder.request.request import BuildRequest
from release_format import snapshot
from release_format.exit_codes import UsageError
from release_format.items import Item
from release_format.release import KIND, Release
from release_format.store.folder import Folder
from release_format.verdict import Verdict
from searchbar.engine import Engine


@dataclass(frozen=True)
class Built:
    """What the quality gate said of a set's release, and an engine over it; none where the gate
    said no."""

    verdict: Verdict
    engine: Engine | None


def sets_in(folder: Path) -> list[Path]:
    """Every judged set in a folder, by name; the folder itself, where it is one.

    Raises:
        UsageError: there is none.
    """
    found = (
        [folder] if is_beir(folder) else sorted(path for path in folder.glob("*") if is_beir(path))
    )
    if not found:
        raise UsageError(
            f"{folder} holds no set in BEIR layout (corpus.jsonl, queries.jsonl, qrels/test.tsv)."
        )
    return found


@contextlib.contextmanager
def built(
    folder: Path, recipe: Path | None = None, judgments: Path | None = None
) -> Iterator[Built]:
    """Build a release of the corpus through the quality gate, with the set's own judgments or
    others, for this moment only.

    Vectors are kept in the build cache.
    """
    with built_of(beir_items(folder), recipe, judgments or folder) as made:
        yield made


@contextlib.contextmanager
def built_of(
    items: Sequence[Item], recipe: Path | None = None, judgments: Path | None = None
) -> Iterator[Built]:
    """The same of items in the order of their ids; nobody judged them where no judgments are
    given."""
    with tempfile.TemporaryDirectory(prefix="searchbar-beir-") as work:
        store = Folder(Path(work))
        with store.staging(snapshot.KIND) as directory:
            made_from = snapshot.write_content(directory, items, [])
            id = snapshot.seal_snapshot(directory, made_from, Verdict("data", "", "", [])).id
        job = BuildRequest.of(store, id, recipe=recipe, judgments=judgments)
        verdict = build(job, store, Path(work) / "reports")
        path = store.path(KIND, job.origin.id) if verdict.says_yes else None
        yield Built(verdict, Engine.open(Release.open(path, sizes_only=True)) if path else None)


@contextlib.contextmanager
def engine_of(folder: Path, recipe: Path | None = None) -> Iterator[Engine]:
    """An engine over what `built` builds.

    Raises:
        UsageError: the quality gate said no.
    """
    with built(folder, recipe) as made:
        if made.engine is None:
            raise UsageError(f"{folder.name}: {made.verdict.sentence()}")
        yield made.engine
