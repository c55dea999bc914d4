"""Here are a question's words: give me the items that hold them."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Filter, Occur, Query, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from release_format.items import Item
from searchbar.errors import Cause, SearchError
from searchbar.facets import FacetWriter
from searchbar.words import fold, loose

POSITION, NAMES, TITLES, FILTERS, FIELDS = "position", "names", "titles", "filters", "fields"
WORDS, PLAIN = "words", "plain"
LONGEST_WORD, LONGEST_FILTER = 64, 100
TITLE_COUNTS = 3
_BETWEEN = "\x1f"

Positions = NDArray[np.int64]
Scores = NDArray[np.float32]
Place = tuple[str, int, int]
Filters = Mapping[str, Sequence[str]]


def schema() -> tantivy.Schema:
    """The fields of `lexical/`. `words` is what BM25 weighs; `plain` keeps places, for phrases and spelling."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(POSITION, indexed=True, fast=True)
    builder.add_text_field(NAMES, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(TITLES, tokenizer_name=PLAIN, index_option="position")
    builder.add_text_field(WORDS, tokenizer_name=WORDS, index_option="freq")
    builder.add_text_field(PLAIN, tokenizer_name=PLAIN, index_option="position")
    builder.add_text_field(FILTERS, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(FIELDS, tokenizer_name="raw", index_option="basic")
    return builder.build()


def analyzer(name: str) -> TextAnalyzer:
    """The analyzer of `words` (stems) or `plain` (as written, in lower case without accents)."""
    made = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST_WORD))
    made = made.filter(Filter.lowercase()).filter(Filter.ascii_fold())
    return (made.filter(Filter.stemmer("english")) if name == WORDS else made).build()


def _content_analyzer() -> TextAnalyzer:
    made = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST_WORD))
    made = made.filter(Filter.lowercase()).filter(Filter.ascii_fold()).filter(Filter.stopword("english"))
    return made.filter(Filter.stemmer("english")).build()


def write(directory: Path, items: Iterable[Item]) -> None:
    """Write `lexical/` for items in their order: one segment, readable by all, no lock files left."""
    directory.mkdir(parents=True, exist_ok=True)
    index = tantivy.Index(schema(), str(directory), reuse=False)
    for name in (WORDS, PLAIN):
        index.register_tokenizer(name, analyzer(name))
    writer, facets = index.writer(128_000_000, 1), FacetWriter()
    for position, item in enumerate(items):
        values = filter_values(item)
        facets.add(values)
        writer.add_document(document(item, position, values))
    facets.write(directory)
    writer.commit()
    writer.wait_merging_threads()
    for path in directory.iterdir():
        if path.suffix == ".lock":
            path.unlink()
        else:
            path.chmod(0o644)


def document(item: Item, position: int, values: Mapping[str, Sequence[str]]) -> tantivy.Document:
    """What the index knows of one item."""
    made = tantivy.Document()
    made.add_unsigned(POSITION, position)
    for key in names(item):
        made.add_text(NAMES, key)
    made.add_text(TITLES, item.title)
    texts = [text for text in (item.title, " ".join(item.topics), item.description) if text]
    made.add_text(WORDS, "\n".join([item.title] * (TITLE_COUNTS - 1) + texts))
    for text in texts:
        made.add_text(PLAIN, text)
    for field, several in values.items():
        made.add_text(FIELDS, field)
        for value in several:
            made.add_text(FILTERS, f"{field}{_BETWEEN}{value}")
    return made


def names(item: Item) -> list[str]:
    """The keys that name an item exactly; a loose one starts with `~`."""
    exact = [fold(item.id), fold(item.title)]
    free = ["~" + key for key in (loose(item.id), loose(item.title)) if key]
    return [key for key in dict.fromkeys([*exact, *free]) if key]


def filter_values(item: Item) -> dict[str, list[str]]:
    """What an item can be filtered by: its topics, its language, and short values of its own fields."""
    values = {"topic": list(item.topics), "language": [item.language]}
    for field, given in item.extra.items():
        several = given if isinstance(given, list) else [given]
        values.setdefault(field, [filter_text(v) for v in several if isinstance(v, str | int | bool)])
    short = {field: [v for v in several if 0 < len(v) <= LONGEST_FILTER] for field, several in values.items()}
    return {field: several for field, several in short.items() if several}


def filter_text(value: str | int | bool) -> str:
    """A value as it is written in a query string."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def _links(directory: Path) -> Iterator[Path]:
    """A passing directory of links to the files of another one."""
    with tempfile.TemporaryDirectory(prefix="searchbar-lexical-", ignore_cleanup_errors=True) as made:
        links = Path(made)
        for path in directory.iterdir():
            (links / path.name).symlink_to(path.resolve())
        yield links
    # tantivy's watcher, told to stop, may still make one lock file while the directory is emptied: then once more.
    shutil.rmtree(links, ignore_errors=True)


class Lexical:
    """The lexical index of a release, open for reading."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()
        self._stems, self._plain, self._content = analyzer(WORDS), analyzer(PLAIN), _content_analyzer()
        self.idf = lru_cache(maxsize=65536)(self._idf)
        # Short beginnings are what everybody types, and those of many names: tens of milliseconds, the first time.
        self.beginning = lru_cache(maxsize=4096)(self._beginning)

    @classmethod
    def open(cls, directory: Path) -> Lexical:
        """Open `lexical/` of a release.

        tantivy makes lock files where it reads, which a sealed directory forbids: it reads through links instead.
        """
        try:
            with _links(directory) as links:
                index = tantivy.Index.open(str(links))
                # A sealed index never changes: nothing needs to watch it, and its files are open from here on.
                index.config_reader("manual")
                return cls(index)
        except (OSError, ValueError) as error:
            text = f"the lexical index in {directory} cannot be opened ({error}). Fetch or build the release again."
            raise SearchError(Cause.BROKEN_RELEASE, text) from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def stems(self, text: str) -> list[str]:
        """The distinct stems of a text that say something; all of them when none does."""
        return list(self.counted(text))

    def counted(self, text: str) -> Counter[str]:
        """The stems of a text that say something, and how often each does; all of them when none does."""
        return Counter(self._content.analyze(text) or self._stems.analyze(text))

    def plain_words(self, text: str) -> list[str]:
        """The words of a text as `plain` holds them."""
        return list(self._plain.analyze(text))

    def places(self, text: str, stems: Container[str]) -> list[Place]:
        """Where in a text these stems occur, and where their words end."""
        every = self._stems.analyze(text)
        at = [place for place, stem in enumerate(every) if stem in stems]
        # Places cost ten times what the stems do, and most texts hold few of a question's words.
        tokens = self._stems.pre_tokenize(text).tokens if at else []
        return [(every[place], tokens[place].char_offset_from, tokens[place].char_offset_to) for place in at]

    def plain_places(self, text: str) -> list[Place]:
        """Every plain word of a text, and where it starts and ends."""
        tokens = self._plain.pre_tokenize(text).tokens
        return [(token.text, token.char_offset_from, token.char_offset_to) for token in tokens]

    def _idf(self, stem: str) -> float:
        count = self._searcher.doc_freq(WORDS, stem)
        return math.log(1 + (len(self) - count + 0.5) / (count + 0.5))

    def occurs(self, word: str) -> int:
        """How many items hold this plain word."""
        return int(self._searcher.doc_freq(PLAIN, word))

    def fields(self) -> dict[str, int]:
        """The fields that items can be filtered by, and how many items have each."""
        return dict(self._searcher.terms_with_prefix(FIELDS, ""))

    def vocabulary(self) -> list[tuple[str, int]]:
        """Every plain word, and how many items hold it."""
        return list(self._searcher.terms_with_prefix(PLAIN, ""))

    def search(
        self, weights: Mapping[str, float], limit: int, *, filters: Filters | None = None, phrases: Sequence[str] = ()
    ) -> tuple[Positions, Scores]:
        """The best items by BM25 over weighted stems, within filters and phrases, best first."""
        if not weights:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        words = [(Occur.Should, self._weighted(stem, weight)) for stem, weight in weights.items()]
        return self._find([(Occur.Must, Query.boolean_query(words)), *self._within(filters or {}, phrases)], limit)

    def within(self, filters: Filters, phrases: Sequence[str]) -> Positions:
        """All items within filters and phrases."""
        demands = self._within(filters, phrases)
        return np.sort(self._find([(Occur.Must, Query.all_query()), *demands], max(1, len(self)))[0])

    def _beginning(self, prefix: str, k: int) -> Positions:
        """Items whose title or id begins with this."""
        start = fold(prefix).lstrip("~")
        keys = self._searcher.terms_with_prefix(NAMES, start, limit=k) if start else []
        found = [self._by_name(key) for key, _ in keys]
        return np.array(list(dict.fromkeys(int(p) for several in found for p in several)), np.int64)

    def topics_beginning(self, prefix: str, k: int) -> list[str]:
        """Topics that begin with this, the frequent ones first."""
        starts = dict.fromkeys((prefix.strip(), fold(prefix)))
        terms = [self._searcher.terms_with_prefix(FILTERS, f"topic{_BETWEEN}{start}", limit=k) for start in starts]
        return [term.partition(_BETWEEN)[2] for several in terms for term, _ in several]

    def holding(self, prefix: str, k: int) -> Positions:
        """Items whose title holds these words, the last of which may be unfinished."""
        words = self.plain_words(prefix)
        if not words:
            return np.empty(0, np.int64)
        return self._find([(Occur.Must, Query.phrase_prefix_query(self._schema, TITLES, list(words)))], k)[0]

    def named(self, text: str) -> tuple[Positions, Positions]:
        """Items whose id or title is this text: as written, and but for punctuation and accents."""
        exact, free = (self._by_name(key) for key in (fold(text), "~" + loose(text)))
        return exact, free[~np.isin(free, exact)]

    def _by_name(self, key: str) -> Positions:
        if key in ("", "~") or not self._searcher.doc_freq(NAMES, key):  # which asks for next to nothing
            return np.empty(0, np.int64)
        return np.sort(self._find([(Occur.Must, Query.term_query(self._schema, NAMES, key))], max(1, len(self)))[0])

    def _weighted(self, stem: str, weight: float) -> Query:
        query = Query.term_query(self._schema, WORDS, stem, index_option="freq")
        return query if weight == 1 else Query.boost_query(query, weight)

    def _within(self, filters: Filters, phrases: Sequence[str]) -> list[tuple[Occur, Query]]:
        demands: list[tuple[Occur, Query]] = [(Occur.Must, self._phrase(phrase)) for phrase in phrases]
        for field, values in filters.items():
            wanted = [f"{field}{_BETWEEN}{value}" for value in values if not value.startswith("!")]
            unwanted = [f"{field}{_BETWEEN}{value[1:]}" for value in values if value.startswith("!")]
            if wanted:
                demands.append((Occur.Must, Query.term_set_query(self._schema, FILTERS, wanted)))
            if unwanted:
                demands.append((Occur.MustNot, Query.term_set_query(self._schema, FILTERS, unwanted)))
        return [(occur, Query.const_score_query(query, 0.0)) for occur, query in demands]

    def _phrase(self, phrase: str) -> Query:
        words = self.plain_words(phrase)
        if len(words) > 1:
            return Query.phrase_query(self._schema, PLAIN, list(words))
        return Query.term_query(self._schema, PLAIN, words[0]) if words else Query.all_query()

    def _find(self, clauses: list[tuple[Occur, Query]], limit: int) -> tuple[Positions, Scores]:
        hits: list[tuple[Any, tantivy.DocAddress]] = self._searcher.search(
            Query.boolean_query(clauses), limit=limit, count=False
        ).hits
        positions = self._searcher.fast_field_values(POSITION, [address for _, address in hits])
        return np.array(positions, np.int64), np.array([score for score, _ in hits], np.float32)
