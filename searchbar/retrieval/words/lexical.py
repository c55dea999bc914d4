"""Lexical retrieval: the items that hold a question's words, by BM25."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Occur, Query

from searchbar.errors import Cause, SearchError
from searchbar.query.analysis import earlier
from searchbar.query.analysis.languages import Languages
from searchbar.query.analyzers import PLAIN, WORDS
from searchbar.query.filters import Choice
from searchbar.query.normalize import fold, loose
from searchbar.retrieval.links import links_to
from searchbar.retrieval.words.lexical_overlay import Overlay
from searchbar.retrieval.words.reader import Forms, WordReader

NUMBER, NAMES, TITLES, FILTERS, FIELDS = "position", "names", "titles", "filters", "fields"
BETWEEN = "\x1f"
REMEMBERED = 16384

Positions = NDArray[np.int64]
Scores = NDArray[np.float32]
Filters = Mapping[str, Choice]


def schema() -> tantivy.Schema:
    """The fields of `lexical/`.

    `words` is what BM25 weighs; `plain` keeps places, for phrases and spelling.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(NUMBER, indexed=True, fast=True)
    builder.add_text_field(NAMES, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(TITLES, tokenizer_name=PLAIN, index_option="position")
    builder.add_text_field(WORDS, tokenizer_name=WORDS, index_option="freq")
    builder.add_text_field(PLAIN, tokenizer_name=PLAIN, index_option="position")
    builder.add_text_field(FILTERS, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(FIELDS, tokenizer_name="raw", index_option="basic")
    return builder.build()


class Lexical:
    """The lexical index of a release, open for reading."""

    def __init__(
        self,
        index: tantivy.Index,
        overlay: Overlay | None = None,
        languages: Languages | None = None,
    ) -> None:
        self._schema, self._overlay = index.schema, overlay
        self.languages: Final = languages
        self._searcher = index.searcher()
        # The key that names an item as it is written; a loose one leaves out accents and signs.
        self.name_key, self._loose = (fold, loose) if languages else (earlier.fold, earlier.loose)
        self.reader: Final = WordReader(languages, lambda stem: self._count(WORDS, stem) > 0)
        self.idf = lru_cache(maxsize=65536)(self._idf)
        self.occurs = lru_cache(maxsize=REMEMBERED)(self._occurs)
        # Short beginnings are what everybody types, and those of many names: tens of milliseconds,
        # the first time.
        self.beginning = lru_cache(maxsize=4096)(self._beginning)

    @classmethod
    def open(cls, directory: Path) -> Lexical:
        """Open `lexical/` of a release.

        tantivy makes lock files where it reads, which a sealed directory forbids: it reads through
        links instead.
        """
        try:
            with links_to(directory) as links:
                index = tantivy.Index.open(str(links))
                # A sealed index never changes: nothing needs to watch it, and its files are open
                # from here on.
                index.config_reader("manual")
                return cls(index, Overlay.open(directory), Languages.open(directory))
        except (OSError, ValueError, KeyError, TypeError) as error:
            text = (
                f"the lexical index in {directory} cannot be opened ({error}). Fetch or build the"
                " release again."
            )
            raise SearchError(Cause.BROKEN_RELEASE, text) from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def stems(self, text: str) -> list[str]:
        """The distinct stems of a text that say something; all of them when none does."""
        return list(dict.fromkeys(stem for forms in self.reader.asked(text) for stem in forms))

    def _idf(self, stem: str) -> float:
        return _rarity(self._count(WORDS, stem), len(self))

    def _occurs(self, word: str) -> int:
        """How many items hold this plain word."""
        return self._count(PLAIN, word)

    def fields(self) -> dict[str, int]:
        """The fields that items can be filtered by, and how many items have each."""
        return dict(self._terms(FIELDS, ""))

    def names(self) -> list[str]:
        """Every key that names an item; a loose one starts with `~`."""
        return [name for name, _ in self._terms(NAMES, "")]

    def vocabulary(self, start: str = "", most: int | None = None) -> list[tuple[str, int]]:
        """Every plain word that begins so, and how many items hold it: the frequent ones first."""
        return self._terms(PLAIN, start, most)

    def together(self, word: str, others: Sequence[str]) -> int:
        """How many items hold a plain word, and one of the others beside it."""
        term = partial(Query.term_query, self._schema, PLAIN)
        beside = Query.boolean_query([(Occur.Should, term(other)) for other in others])
        both = Query.boolean_query([(Occur.Must, term(word)), (Occur.Must, beside)])
        return int(self._searcher.search(both, limit=1).count)  # type: ignore[attr-defined]

    def _count(self, field: str, term: str) -> int:
        counted = int(self._searcher.doc_freq(field, term))
        return counted - self._overlay.gone_with(field, term) if self._overlay else counted

    def _terms(self, field: str, prefix: str, limit: int | None = None) -> list[tuple[str, int]]:
        """The terms that begin with this, and how many items hold each: the frequent ones first."""
        overlay = self._overlay
        if not overlay:
            return list(self._searcher.terms_with_prefix(field, prefix, limit=limit))
        more = limit and limit + overlay.gone_beginning(field, prefix)
        counted = self._searcher.terms_with_prefix(field, prefix, limit=more)
        # Nearly all terms of a catalogue are as they were: they pass as they are.
        gone = overlay.gone.get(field, {})
        present = [entry for entry in counted if entry[0] not in gone]
        left = ((term, count - gone[term]) for term, count in counted if term in gone)
        present += [(term, count) for term, count in left if count > 0]
        return sorted(present, key=lambda entry: (-entry[1], entry[0]))[:limit]

    def search(
        self,
        weights: Mapping[str, float],
        limit: int,
        *,
        filters: Filters | None = None,
        phrases: Sequence[str] = (),
        without: Sequence[str] = (),
        only: Query | None = None,
        alike: Sequence[Forms] = (),
    ) -> tuple[Positions, Scores]:
        """The best items by BM25 over weighted stems, within what `within` takes, best first.

        Of stems that are `alike`, forms of one word, the one that scores best counts.
        """
        if not weights:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        grouped = {stem for forms in alike for stem in forms}
        single = (stem for stem in weights if stem not in grouped)
        words = [(Occur.Should, self._weighted(stem, weights[stem])) for stem in single]
        words += [(Occur.Should, self._best_of(forms, weights)) for forms in alike]
        demands = self._within(filters or {}, phrases, without)
        demands += [(Occur.Must, only)] if only else []
        return self._find([(Occur.Must, Query.boolean_query(words)), *demands], limit)

    def most_found(self, stems: Iterable[str]) -> int:
        """How many items these stems find at most; at least one."""
        return max(1, min(len(self), sum(self._count(WORDS, stem) for stem in stems)))

    def only(self, mask: NDArray[np.bool_]) -> Query:
        """What lets a few items be found, and no others; it takes time for every one of them."""
        numbers = np.flatnonzero(self._overlay.among(mask) if self._overlay else mask)
        these = [
            (Occur.Should, Query.term_query(self._schema, NUMBER, number, index_option="basic"))
            for number in numbers.tolist()
        ]
        return Query.const_score_query(Query.boolean_query(these), 0.0)

    def within(
        self, filters: Filters, phrases: Sequence[str], without: Sequence[str] = ()
    ) -> Positions:
        """All items within filters that hold these phrases, and none of those without."""
        demands = [(Occur.Must, Query.all_query()), *self._within(filters, phrases, without)]
        return np.sort(self._find(demands, max(1, len(self)))[0])

    def _beginning(self, prefix: str, k: int) -> Positions:
        """Items whose title or id begins with this."""
        start = self.name_key(prefix).lstrip("~")
        keys = self._terms(NAMES, start, k) if start else []
        positions = (int(position) for key, _ in keys for position in self._by_name(key))
        return np.array(list(dict.fromkeys(positions)), np.int64)

    @cached_property
    def topics(self) -> list[str]:
        """Every topic, the frequent ones first."""
        terms = self._terms(FILTERS, f"topic{BETWEEN}")
        return [term.partition(BETWEEN)[2] for term, _ in terms]

    def holding(self, prefix: str, k: int) -> Positions:
        """Items whose title holds these words, the last of which may be unfinished."""
        words = self.reader.plain_words(prefix)
        if not words:
            return np.empty(0, np.int64)
        return self._find(
            [(Occur.Must, Query.phrase_prefix_query(self._schema, TITLES, list(words)))], k
        )[0]

    def named(self, text: str) -> tuple[Positions, Positions]:
        """Items whose id or title is this text: as written, and but for punctuation and accents."""
        exact, free = (self._by_name(k) for k in (self.name_key(text), "~" + self._loose(text)))
        return exact, free[~np.isin(free, exact)]

    def held_only_by(self, positions: Positions, field: str, term: str) -> bool:
        """Whether no other items than these hold a term."""
        if self._count(field, term) > len(positions):
            return False
        query = Query.term_query(self._schema, field, term, index_option="basic")
        return bool(
            np.isin(self._find([(Occur.Must, query)], max(1, len(positions)))[0], positions).all()
        )

    def _by_name(self, key: str) -> Positions:
        # Its frequency asks for next to nothing.
        if key in ("", "~") or not self._searcher.doc_freq(NAMES, key):
            return np.empty(0, np.int64)
        query = Query.term_query(self._schema, NAMES, key)
        return np.sort(self._find([(Occur.Must, query)], max(1, len(self)))[0])

    def _weighted(self, stem: str, weight: float) -> Query:
        query = Query.term_query(self._schema, WORDS, stem, index_option="freq")
        weight *= self._as_if_gone(stem)
        return query if weight == 1 else Query.boost_query(query, weight)

    def _best_of(self, forms: Forms, weights: Mapping[str, float]) -> Query:
        each = [self._weighted(stem, weights[stem]) for stem in forms if stem in weights]
        return Query.disjunction_max_query(each)

    def _as_if_gone(self, stem: str) -> float:
        """What corrects tantivy's weight of a stem, for which documents that are gone count."""
        if not self._overlay:
            return 1
        return self.idf(stem) / _rarity(
            int(self._searcher.doc_freq(WORDS, stem)), len(self._overlay.positions)
        )

    def _within(
        self, filters: Filters, phrases: Sequence[str], without: Sequence[str]
    ) -> list[tuple[Occur, Query]]:
        demands = [(Occur.Must, self._phrase(phrase)) for phrase in phrases]
        # What has no word of ours is held by nothing.
        some = filter(self.reader.plain_words, without)
        demands += [(Occur.MustNot, self._phrase(phrase)) for phrase in some]
        for field, choice in filters.items():
            sides = ((Occur.Must, choice.wanted), (Occur.MustNot, choice.unwanted))
            for occur, values in sides:
                if values:
                    terms = [f"{field}{BETWEEN}{value}" for value in values]
                    demands.append((occur, self._any_of(terms)))
        return [(occur, Query.const_score_query(query, 0.0)) for occur, query in demands]

    def _any_of(self, values: Sequence[str]) -> Query:
        """One value is asked for as a word is; a set of them costs tantivy a bit for every item."""
        if len(values) > 1:
            return Query.term_set_query(self._schema, FILTERS, values)
        return Query.term_query(self._schema, FILTERS, values[0], index_option="basic")

    def _phrase(self, phrase: str) -> Query:
        ways = [self._in_order(words, phrase) for words in self.reader.phrases(phrase) if words]
        if len(ways) > 1:
            return Query.boolean_query([(Occur.Should, way) for way in ways])
        return ways[0] if ways else Query.all_query()

    def _in_order(self, words: list[str], phrase: str) -> Query:
        is_begun = self.reader.is_begun(phrase)
        if is_begun and len(words) == 1:
            begun = [term for term, _ in self._terms(PLAIN, words[0])] or words
            return Query.term_set_query(self._schema, PLAIN, begun)
        if is_begun:
            return Query.phrase_prefix_query(self._schema, PLAIN, list(words))
        if len(words) > 1:
            return Query.phrase_query(self._schema, PLAIN, list(words))
        return Query.term_query(self._schema, PLAIN, words[0])

    def _find(self, clauses: list[tuple[Occur, Query]], limit: int) -> tuple[Positions, Scores]:
        hits: list[tuple[Any, tantivy.DocAddress]] = self._searcher.search(
            Query.boolean_query(clauses), limit=limit, count=False
        ).hits
        numbers = np.array(
            self._searcher.fast_field_values(NUMBER, [address for _, address in hits]), np.int64
        )
        positions = self._overlay.positions[numbers].astype(np.int64) if self._overlay else numbers
        return positions, np.array([score for score, _ in hits], np.float32)


def _rarity(count: int, of: int) -> float:
    """How much a word says that so many documents hold, as BM25 has it."""
    return math.log(1 + (of - count + 0.5) / (count + 0.5))
