"""Documents: what the lexical index holds of an item, by the fields that its catalogue declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from release_format.fields import FieldType, Schema
from release_format.items import Item
from searchbar.query.analysis.languages import ENGLISH, WITH_DIGRAPHS, language_of_item
from searchbar.query.analyzers import PLAIN, WORDS
from searchbar.query.normalize import fold, loose, lowered, with_digraphs
from searchbar.retrieval.codes import joined
from searchbar.retrieval.words.lexical import BETWEEN, FIELDS, FILTERS, NAMES, TITLES

LONGEST_FILTER = 100
TITLE_COUNTS, MOST_COUNTS = 3, 10
# What is asked for by ranges is a column, not words.
_COLUMNS_ALONE = (FieldType.NUMBER, FieldType.DATE)

Texts = dict[str, list[str]]


class Documents:
    """Turns items into what is indexed of them; two of equal fields do so alike."""

    def __init__(self, schema: Schema | None = None, usual: str = ENGLISH) -> None:
        """Without a schema, as of older snapshots, every short value can be filtered by.

        `usual` is the language of items that do not tell theirs.
        """
        self._usual = usual
        fields = list(schema or ())
        self._counts = {each.name: _counts(each.search) for each in fields if each.search > 0}
        self._codes = [each.name for each in fields if each.code]
        self._filters = schema and {
            each.name
            for each in fields
            if (each.filter or each.facet) and each.type not in _COLUMNS_ALONE
        }

    def texts(self, item: Item, values: Mapping[str, Sequence[str]] | None = None) -> Texts:
        """What the index holds of one item, by field; `values` are its filter values, if known."""
        values = self.filter_values(item) if values is None else values
        own = [text for text in (item.title, " ".join(item.topics), item.description) if text]
        searched = {name: _texts_of(item.extra.get(name)) for name in self._counts}
        weighed = [
            text
            for name, several in searched.items()
            for text in several
            for _ in range(self._counts[name])
        ]
        return {
            NAMES: self.names(item),
            TITLES: [item.title],
            WORDS: ["\n".join([item.title] * (TITLE_COUNTS - 1) + own + weighed)],
            PLAIN: own + [text for several in searched.values() for text in several],
            FIELDS: list(values if self._filters is None else self._present(item)),
            FILTERS: [
                f"{field}{BETWEEN}{value}" for field, several in values.items() for value in several
            ],
        }

    def language(self, item: Item) -> str:
        """The language that an item's words are indexed in."""
        return language_of_item(item, self._usual)

    def names(self, item: Item) -> list[str]:
        """The keys that name an item exactly; a loose one starts with `~`."""
        codes = [code for name in self._codes for code in _texts_of(item.extra.get(name))]
        texts = [item.id, item.title, *codes]
        exact = [fold(text) for text in texts]
        if not item.title.isascii() and self.language(item) in WITH_DIGRAPHS:
            texts.append(with_digraphs(lowered(item.title)))
        free = ["~" + key for key in map(loose, texts) if key]
        # An id or a code of several parts is one word to whoever types it.
        whole = [joined(code) for code in (item.id, *codes) if " " in code.strip()]
        return [key for key in dict.fromkeys([*exact, *free, *whole]) if key]

    def filter_values(self, item: Item) -> Texts:
        """What an item can be filtered by: topics, language, and short values of its fields."""
        values = {"topic": list(item.topics), "language": [item.language]}
        for field, value in item.extra.items():
            is_filter = field in self._filters if self._filters is not None else True
            if is_filter and not isinstance(value, float):
                values.setdefault(field, _texts_of(value))
        short = {
            field: [v for v in several if 0 < len(v) <= LONGEST_FILTER]
            for field, several in values.items()
        }
        return {field: several for field, several in short.items() if several}

    def _present(self, item: Item) -> Iterator[str]:
        """The fields that an item has."""
        ours = {"topic": item.topics, "language": item.language}
        yield from (name for name, value in ours.items() if value)
        yield from (name for name in item.extra if name not in ours and _texts_of(item.extra[name]))


def _counts(weight: float) -> int:
    """How many times a text of this weight counts: a description counts once."""
    return min(MOST_COUNTS, max(1, int(weight + 0.5)))


def _texts_of(value: Any) -> list[str]:
    """The values of a field, each as it is written in a query string; of what is none, nothing."""
    several = value if isinstance(value, list | tuple) else [value]
    texts = (_text_of(each) for each in several if isinstance(each, str | int | float))
    return [text for text in texts if text]


def _text_of(value: str | float) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)
