"""Passages: the stretches of an item's text that one vector each stands for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from string import Formatter

from tokenizers import Encoding, Tokenizer, models

from index_builder.errors import BuildError
from index_builder.recipe import Recipe
from release_format.exit_codes import USAGE
from release_format.fields import FieldType, Schema
from release_format.items import FIELDS, Item

AT_ONCE = 4096
# Behind a prompt at least so many tokens of a text must fit.
FEWEST_TOKENS = 8
# A letter has at most so many bytes after its first.
BYTES = 3
# What a template leaves behind where a field is empty.
LOOSE_ENDS = " .:,;|–-"


class PassageCutter:
    """Cuts the text of items into passages that the encoder reads whole, behind its prompt.

    Raises:
        BuildError: the prompt leaves hardly a token for the text.
    """

    def __init__(
        self,
        recipe: Recipe,
        tokenizer: Tokenizer,
        schema: Schema | None = None,
        prompt: str = "",
    ) -> None:
        self._recipe, self._schema = recipe, schema
        self._tokenizer = tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # Its tokens are letters, and none begins with a space: its passages stay as they were.
        self._is_wordpiece = isinstance(tokenizer.model, models.WordPiece)
        self._room = min(recipe.passage_tokens, self._window(prompt))

    def _window(self, prompt: str) -> int:
        """How many tokens of text the encoder reads beside its special ones and the prompt's."""
        special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        taken = len(self._tokenizer.encode(prompt, add_special_tokens=False)) if prompt else 0
        window = self._recipe.max_tokens - special - taken
        if taken and window < FEWEST_TOKENS:
            raise BuildError(
                f"the prompt of texts takes {taken} of {self._recipe.max_tokens} tokens. Raise"
                " max_tokens, or shorten document_prompt, in [encoder].",
                USAGE,
            )
        return window

    def cut(self, items: Iterable[Item]) -> Iterator[list[str]]:
        """The passages of each item, in order; every item has at least one."""
        left = iter(items)
        while batch := list(islice(left, AT_ONCE)):
            texts = [text_of(item, self._recipe.template, self._schema) for item in batch]
            for item, text, tokens in zip(batch, texts, self._tokenize(texts), strict=True):
                yield self._cut(item, text, tokens)

    def _tokenize(self, texts: Sequence[str]) -> Iterable[Encoding | None]:
        # A text has no more tokens than bytes: the short ones need not be looked at.
        room = self._room
        long = [position for position, text in enumerate(texts) if len(text.encode()) > room]
        encoded = self._tokenizer.encode_batch([texts[p] for p in long], add_special_tokens=False)
        by_position = dict(zip(long, encoded, strict=True))
        return [by_position.get(position) for position in range(len(texts))]

    def _cut(self, item: Item, text: str, tokens: Encoding | None) -> list[str]:
        room = self._room
        if tokens is None or len(tokens) <= room:
            return [text]
        return list(self._stretches(item.title, text, tokens.offsets))

    def _stretches(
        self, title: str, text: str, offsets: Sequence[tuple[int, int]]
    ) -> Iterator[str]:
        """The beginning of the text; then what follows, each under the item's title."""
        room, start = self._room, 0
        heading, taken = "", 0
        while start < len(offsets):
            end = min(start + room - taken, len(offsets))
            end = max(start + 1, end - self._begun(offsets, end))
            stretch = text[offsets[start][0] : offsets[end - 1][1]]
            yield heading + (stretch if self._is_wordpiece else stretch.strip())
            if end == len(offsets):
                return
            heading, taken = self._heading(title)
            wanted = end - min(self._recipe.overlap, (room - taken) // 2)
            start = max(start + 1, wanted - self._begun(offsets, wanted))

    def _begun(self, offsets: Sequence[tuple[int, int]], place: int) -> int:
        """How many tokens before this one are of the letter that it goes on with."""
        return 0 if self._is_wordpiece else _tokens_of_letter(offsets, place)

    def _heading(self, title: str) -> tuple[str, int]:
        heading = f"{title}. "
        tokens = len(self._tokenizer.encode(heading, add_special_tokens=False))
        is_short = tokens <= self._room // 4
        return (heading, tokens) if title and is_short else ("", 0)


def _tokens_of_letter(offsets: Sequence[tuple[int, int]], place: int) -> int:
    """How many tokens before this one are of the letter that it goes on with: some are bytes."""
    count = 0
    while count < BYTES and 0 < place - count < len(offsets):
        if offsets[place - count][0] >= offsets[place - count - 1][1]:
            break
        count += 1
    return count


def text_of(item: Item, template: str, schema: Schema | None = None) -> str:
    """What is encoded of an item: its template, then what else of it is searched."""
    named = [name for _, name, _, _ in Formatter().parse(template) if name]
    values = {name: _field(item, name) for name in named}
    text = _tidied(template.format_map(values))
    appended = (_tidied(_field(item, name)) for name in _appended(named, schema or Schema()))
    return ". ".join(part for part in (text, *appended) if part)


def _appended(named: Sequence[str], schema: Schema) -> Iterator[str]:
    """The fields whose words are searched and that a template does not name.

    Of a code's letters an encoder knows no meaning: it is found by its name.
    """
    for field in schema:
        has_words = field.type in (FieldType.TEXT, FieldType.KEYWORD) and not field.code
        if has_words and field.search > 0 and field.name not in named:
            yield field.name


def _tidied(text: str) -> str:
    return " ".join(text.split()).strip(LOOSE_ENDS)


def _field(item: Item, name: str) -> str:
    value = getattr(item, name) if name in FIELDS else item.extra.get(name, "")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def digest_of_text(text: str) -> bytes:
    """The 32 bytes under which a passage's vector is known."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
