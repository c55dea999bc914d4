"""The lexical index (tantivy) of items, of which only what changed since live is written."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Query

from index_builder.indexing.documents import Documents
from index_builder.unchanged import CHANGED
from release_format.fields import Schema
from release_format.items import Item, Items
from release_format.seal import link_or_copy
from searchbar.query.analyzers import PLAIN, WORDS, analyzer
from searchbar.retrieval.facets import Facets, FacetWriter
from searchbar.retrieval.words.lexical import FIELDS, FILTERS, NAMES, NUMBER, schema
from searchbar.retrieval.words.lexical_overlay import GONE, Overlay

_SEGMENT, _REWRITTEN = re.compile(r"[0-9a-f]{32}\."), ("meta.json", ".managed.json")
_COUNTED = (NAMES, WORDS, PLAIN, FIELDS, FILTERS)
MEMORY = 128_000_000
# The documents of live that are gone still count for the mean length of all, which BM25 measures
# each one by: with more than this share of them gone or new, everything is written again.
MOST_CHANGED = 0.05

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class LiveLexical:
    """The lexical index of live, its items, and where live has every item (or CHANGED)."""

    directory: Path
    items: Items
    places: NDArray[np.int64]


@dataclass(frozen=True)
class LexicalCounts:
    """How many documents were written, and how many are those of live."""

    written: int
    from_live: int


def write(
    directory: Path,
    items: Iterable[Item],
    live: LiveLexical | None = None,
    fields: Schema | None = None,
) -> LexicalCounts:
    """Write `lexical/` for items in their order, readable by all, no lock files left.

    One segment; or that of live and one of what changed since it was written, where that is little.
    Live must have indexed its items by the same fields.
    """
    directory.mkdir(parents=True, exist_ok=True)
    documents, counts = Documents(fields), None
    if live and isinstance(items, Items):
        counts = _write_changes(directory, items, live, documents)
    counts = counts or _write_whole(directory, items, documents)
    for path in directory.iterdir():
        if path.suffix == ".lock":
            path.unlink()
        else:
            path.chmod(0o644)
    return counts


def _write_whole(directory: Path, items: Iterable[Item], documents: Documents) -> LexicalCounts:
    facets = FacetWriter()
    with _Writer(tantivy.Index(schema(), str(directory), reuse=False)) as writer:
        for number, item in enumerate(items):
            values = documents.filter_values(item)
            facets.add(values)
            writer.add(number, documents.texts(item, values))
    facets.write(directory)
    return LexicalCounts(len(facets), 0)


class _Writer:
    """A writer of one thread, so of one segment; leaving it commits."""

    def __init__(self, index: tantivy.Index) -> None:
        for name in (WORDS, PLAIN):
            index.register_tokenizer(name, analyzer(name))
        self._schema, self._writer = index.schema, index.writer(MEMORY, 1)

    def __enter__(self) -> _Writer:
        return self

    def add(self, number: int, texts: Mapping[str, Sequence[str]]) -> None:
        document = tantivy.Document(**texts)
        document.add_unsigned(NUMBER, number)
        self._writer.add_document(document)

    def delete(self, numbers: Sequence[int]) -> None:
        self._writer.delete_documents_by_query(Query.term_set_query(self._schema, NUMBER, numbers))

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._writer.commit()
        self._writer.wait_merging_threads()


def _write_changes(
    directory: Path, items: Items, live: LiveLexical, documents: Documents
) -> LexicalCounts | None:
    """Keep the first segment of live, and write what differs from it.

    None, and nothing written, if that is much.
    """
    overlay = Overlay.open(live.directory) or Overlay(
        np.arange(len(live.items), dtype=np.uint32), len(live.items), {}
    )
    first = overlay.positions[: overlay.kept]
    numbers = _numbers(first, live)
    written, staying = np.flatnonzero(numbers == CHANGED), np.flatnonzero(numbers != CHANGED)
    if overlay.kept - len(staying) + len(written) > MOST_CHANGED * overlay.kept:
        return None
    leaving = np.setdiff1d(np.flatnonzero(first != GONE), numbers[staying])
    _link_segments(live.directory, directory)
    with _Writer(tantivy.Index.open(str(directory))) as writer:
        writer.delete([*leaving.tolist(), *range(overlay.kept, len(overlay.positions))])
        for number, position in enumerate(written.tolist(), overlay.kept):
            writer.add(number, documents.texts(items[position]))
    _write_facets(directory, items, live, documents)
    gone = [documents.texts(live.items[place]) for place in first[leaving].tolist()]
    positions = np.full(overlay.kept + len(written), GONE, np.uint32)
    positions[numbers[staying]], positions[overlay.kept :] = staying, written
    Overlay(positions, overlay.kept, _add_gone(overlay.gone, gone)).write(directory)
    return LexicalCounts(len(written), len(staying))


def _numbers(first: NDArray[np.uint32], live: LiveLexical) -> Numbers:
    """Each item's number in live's first segment, (items,); CHANGED for those it does not hold."""
    alive = np.flatnonzero(first != GONE)
    # One place more, the last, is what CHANGED stands for.
    numbers = np.full(len(live.items) + 1, CHANGED, np.int64)
    numbers[first[alive]] = alive
    return numbers[live.places]


def _link_segments(source: Path, target: Path) -> None:
    """Link what never changes; copy what tantivy writes again, so that live keeps its own."""
    for path in source.iterdir():
        if _SEGMENT.match(path.name):
            link_or_copy(path, target / path.name)
        elif path.name in _REWRITTEN:
            shutil.copyfile(path, target / path.name)


def _write_facets(directory: Path, items: Items, live: LiveLexical, documents: Documents) -> None:
    facets, rows = FacetWriter(Facets.open(live.directory)), live.places.copy()
    for position in np.flatnonzero(rows == CHANGED).tolist():
        rows[position] = len(facets)
        facets.add(documents.filter_values(items[position]))
    facets.write(directory, rows)


def _add_gone(
    gone: Mapping[str, Mapping[str, int]], documents: Iterable[Mapping[str, Sequence[str]]]
) -> dict[str, dict[str, int]]:
    """By field and term, how many documents that held it are gone: earlier ones, and these."""
    counts = {field: Counter(gone.get(field, {})) for field in _COUNTED}
    analyzers = {WORDS: analyzer(WORDS), PLAIN: analyzer(PLAIN)}
    for texts in documents:
        for field in _COUNTED:
            terms = (
                analyzers[field].analyze(text) if field in analyzers else [text]
                for text in texts[field]
            )
            counts[field].update({term for several in terms for term in several})
    return {field: dict(terms) for field, terms in counts.items()}
