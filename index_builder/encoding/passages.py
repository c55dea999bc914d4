"""Passages: the stretches of an item's text that one vector each stands for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from string import Formatter

from tokenizers import Encoding, Tokenizer

from index_builder.recipe import Recipe
from release_format.items import FIELDS, Item

AT_ONCE = 4096
# What a template leaves behind where a field is empty.
LOOSE_ENDS = " .:,;|–-"


class PassageCutter:
    """Cuts the text of items into passages that the encoder reads whole."""

    def __init__(self, recipe: Recipe, tokenizer: Tokenizer) -> None:
        self._recipe = recipe
        self._tokenizer = tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()

    def cut(self, items: Iterable[Item]) -> Iterator[list[str]]:
        """The passages of each item, in order; every item has at least one."""
        left = iter(items)
        while batch := list(islice(left, AT_ONCE)):
            texts = [text_of(item, self._recipe.template) for item in batch]
            for item, text, tokens in zip(batch, texts, self._tokenize(texts), strict=True):
                yield self._cut(item, text, tokens)

    def _tokenize(self, texts: Sequence[str]) -> Iterable[Encoding | None]:
        # A text has no more tokens than bytes: the short ones need not be looked at.
        room = self._recipe.passage_tokens
        long = [position for position, text in enumerate(texts) if len(text.encode()) > room]
        encoded = self._tokenizer.encode_batch([texts[p] for p in long], add_special_tokens=False)
        by_position = dict(zip(long, encoded, strict=True))
        return [by_position.get(position) for position in range(len(texts))]

    def _cut(self, item: Item, text: str, tokens: Encoding | None) -> list[str]:
        room = self._recipe.passage_tokens
        if tokens is None or len(tokens) <= room:
            return [text]
        return list(self._stretches(item.title, text, tokens.offsets))

    def _stretches(
        self, title: str, text: str, offsets: Sequence[tuple[int, int]]
    ) -> Iterator[str]:
        """The beginning of the text; then what follows, each under the item's title."""
        room, start = self._recipe.passage_tokens, 0
        heading, taken = "", 0
        while start < len(offsets):
            end = min(start + room - taken, len(offsets))
            yield heading + text[offsets[start][0] : offsets[end - 1][1]]
            if end == len(offsets):
                return
            heading, taken = self._heading(title)
            start = end - min(self._recipe.overlap, (room - taken) // 2)

    def _heading(self, title: str) -> tuple[str, int]:
        heading = f"{title}. "
        tokens = len(self._tokenizer.encode(heading, add_special_tokens=False))
        is_short = tokens <= self._recipe.passage_tokens // 4
        return (heading, tokens) if title and is_short else ("", 0)


def text_of(item: Item, template: str) -> str:
    """What is encoded of an item."""
    named = [name for _, name, _, _ in Formatter().parse(template) if name]
    values = {name: _field(item, name) for name in named}
    return " ".join(template.format_map(values).split()).strip(LOOSE_ENDS)


def _field(item: Item, name: str) -> str:
    if name == "topics":
        return ", ".join(item.topics)
    return str(getattr(item, name) if name in FIELDS else item.extra.get(name, ""))


def digest_of_text(text: str) -> bytes:
    """The 32 bytes under which a passage's vector is known."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
