"""The lexical index (tantivy) of items, of which only what changed since live is written."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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
from searchbar.query.analysis.languages import (
    ENGLISH,
    WITH_DIGRAPHS,
    Languages,
    read_for_language,
    usual_language,
)
from searchbar.query.analysis.tokens import indexed_stems, indexed_words
from searchbar.query.analyzers import PLAIN, WORDS, analyzer
from searchbar.retrieval.facets import Facets, FacetWriter
from searchbar.retrieval.words.lexical import FIELDS, FILTERS, NAMES, NUMBER, TITLES, schema
from searchbar.retrieval.words.lexical_overlay import GONE, Overlay

_SEGMENT, _REWRITTEN = re.compile(r"[0-9a-f]{32}\."), ("meta.json", ".managed.json")
_COUNTED = (NAMES, WORDS, PLAIN, FIELDS, FILTERS)
# The fields whose texts are indexed by their words.
_TOKENS = frozenset({WORDS, PLAIN, TITLES})
MEMORY = 128_000_000
# The documents of live that are gone still count for the mean length of all, which BM25 measures
# each one by: with more than this share of them gone or new, everything is written again.
MOST_CHANGED = 0.05
# How many items are read to tell the language of those that do not tell theirs.
MOST_READ = 1000

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
    usual = _usual_language(items) if isinstance(items, Items | Sequence) else ENGLISH
    documents, counts = Documents(fields, usual), None
    if live and isinstance(items, Items) and _languages(live.directory).usual == usual:
        counts = _write_changes(directory, items, live, documents)
    counts = counts or _write_whole(directory, items, documents, usual)
    for path in directory.iterdir():
        if path.suffix == ".lock":
            path.unlink()
        else:
            path.chmod(0o644)
    return counts


def _usual_language(items: Items | Sequence[Item]) -> str:
    spread = (items[place] for place in range(0, len(items), len(items) // MOST_READ + 1))
    return usual_language(read_for_language(item) for item in spread if not item.language)


def _languages(directory: Path) -> Languages:
    return Languages.open(directory) or Languages({})


def _write_whole(
    directory: Path, items: Iterable[Item], documents: Documents, usual: str
) -> LexicalCounts:
    facets, languages = FacetWriter(), Counter[str]()
    with _Writer(tantivy.Index(schema(), str(directory), reuse=False)) as writer:
        for number, item in enumerate(items):
            values, language = documents.filter_values(item), documents.language(item)
            facets.add(values)
            writer.add(number, documents.texts(item, values), language)
            languages[language] += 1
    facets.write(directory)
    Languages(languages, usual).write(directory)
    return LexicalCounts(len(facets), 0)


class _Writer:
    """A writer of one thread, so of one segment; leaving it commits."""

    def __init__(self, index: tantivy.Index) -> None:
        for name in (WORDS, PLAIN):
            index.register_tokenizer(name, analyzer(name))
        self._schema, self._writer = index.schema, index.writer(MEMORY, 1)

    def __enter__(self) -> _Writer:
        return self

    def add(self, number: int, texts: Mapping[str, Sequence[str]], language: str) -> None:
        """Add a document; what English is in letters of ASCII alone, tantivy reads by itself."""
        document = tantivy.Document()
        for field, several in texts.items():
            for text in several:
                if field not in _TOKENS or _is_plain(text, language):
                    document.add_text(field, text)
                else:
                    document.add_pre_tokenized_text(field, _tokens(field, text, language))
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
            item = items[position]
            writer.add(number, documents.texts(item), documents.language(item))
    _write_facets(directory, items, live, documents)
    gone = [live.items[place] for place in first[leaving].tolist()]
    positions = np.full(overlay.kept + len(written), GONE, np.uint32)
    positions[numbers[staying]], positions[overlay.kept :] = staying, written
    Overlay(positions, overlay.kept, _add_gone(overlay.gone, gone, documents)).write(directory)
    _write_languages(directory, items, live, documents)
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


def _write_languages(
    directory: Path, items: Items, live: LiveLexical, documents: Documents
) -> None:
    before = _languages(live.directory)
    counts = Counter(before.items)
    gone = np.setdiff1d(np.arange(len(live.items)), live.places)
    counts.subtract(documents.language(live.items[place]) for place in gone.tolist())
    changed = np.flatnonzero(live.places == CHANGED)
    counts.update(documents.language(items[position]) for position in changed.tolist())
    Languages(+counts, before.usual).write(directory)


def _add_gone(
    gone: Mapping[str, Mapping[str, int]], items: Iterable[Item], documents: Documents
) -> dict[str, dict[str, int]]:
    """By field and term, how many documents that held it are gone: earlier ones, and these."""
    counts = {field: Counter(gone.get(field, {})) for field in _COUNTED}
    for item in items:
        texts, language = documents.texts(item), documents.language(item)
        for field in _COUNTED:
            terms = (_terms(field, text, language) for text in texts[field])
            counts[field].update({term for several in terms for term in several})
    return {field: dict(terms) for field, terms in counts.items()}


def _terms(field: str, text: str, language: str) -> list[str]:
    """The terms of a text of a document as the index holds them."""
    if field not in _TOKENS:
        return [text]
    if _is_plain(text, language):
        return list(_analyzer(field).analyze(text))
    return [token.text for token in _tokens(field, text, language).tokens]


def _is_plain(text: str, language: str) -> bool:
    return language == ENGLISH and text.isascii()


def _tokens(field: str, text: str, language: str) -> tantivy.PreTokenizedString:
    if field == WORDS:
        return indexed_stems(text, language)
    return indexed_words(text, digraphs=language in WITH_DIGRAPHS)


@cache
def _analyzer(name: str) -> tantivy.TextAnalyzer:
    return analyzer(name)
