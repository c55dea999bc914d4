"""The words that an encoder's tokenizer knows, whatever marks a word's beginning in it."""

from __future__ import annotations

import re
from functools import cached_property

from tokenizers import Tokenizer, models

# How a token says that a word begins with it: SentencePiece, and BPE over bytes (the space's sign).
METASPACE, SPACE = "▁", "Ġ"
# Scripts without spaces between words: Thai and its neighbours, kana, Han.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
UNKNOWN = ("<unk>", "[UNK]", "<|unk|>")
# A vocabulary with fewer letters of such scripts than this has them by chance.
SCRIPT = 2_000
# A word that falls to pieces shorter than this, on average, is none that the encoder knows.
PIECE = 2.5


class Vocabulary:
    """A tokenizer's tokens as words in lower case; `in` asks for a whole one.

    In WordPiece's a token is a word as it stands (`##` continues one). In SentencePiece's and BPE's
    a word begins with a mark, and what has none continues a word, so `cat` alone is no word there.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokens: dict[str, int] = tokenizer.get_vocab()
        self._mark = _mark(tokenizer, self._tokens)

    def __len__(self) -> int:
        return len(self._tokens)

    def __contains__(self, word: str) -> bool:
        return word in (self._words if self._mark else self._tokens)

    def id(self, word: str) -> int | None:
        """The token of a word that is one, where that needs no tokenizer."""
        return None if self._mark else self._tokens.get(word)

    def within_text(self, word: str) -> str:
        """A word as the tokenizer must be given it to read it as in the middle of a text."""
        return f" {word}" if self._mark else word

    def spells(self, word: str) -> bool:
        """Whether a word of a script without spaces is made of tokens of that script."""
        if not _UNSPACED.fullmatch(word) or not self._has_unspaced:
            return False
        return len(self._pieces(word)) <= len(word)

    def is_beyond(self, word: str) -> bool:
        """Whether a word is of a script without spaces that the tokens have letters of by chance:
        it reads a run of them as one word, which it does not know."""
        return bool(_UNSPACED.fullmatch(word)) and not self._has_unspaced

    def set_apart(self, text: str) -> str:
        """A text with spaces around the runs of such scripts, so that the words beside are read."""
        if text.isascii() or self._has_unspaced:
            return text
        return " ".join(_UNSPACED.sub(r" \g<0> ", text).split())

    def reads(self, word: str) -> bool:
        """Whether a word is made of pieces that are long enough to tell something.

        Always false where tokens are words: those pieces are not asked for.
        """
        if not self._mark:
            return False
        pieces = len(self._pieces(word))
        return 0 < pieces * PIECE <= len(word)

    def _pieces(self, word: str) -> list[int]:
        """The tokens of a word; more than it has letters, where one is unknown."""
        found = self._tokenizer.encode(self.within_text(word), add_special_tokens=False)
        ids = [id for id, token in zip(found.ids, found.tokens, strict=True) if token != self._mark]
        return [0] * (len(word) + 1) if self._unknown & set(ids) else ids

    @cached_property
    def _unknown(self) -> frozenset[int]:
        return frozenset(self._tokens[token] for token in UNKNOWN if token in self._tokens)

    @cached_property
    def _has_unspaced(self) -> bool:
        if self._mark:
            return True
        return sum(bool(_UNSPACED.fullmatch(token)) for token in self._tokens) >= SCRIPT

    @cached_property
    def _words(self) -> frozenset[str]:
        marked = (token[1:] for token in self._tokens if token.startswith(self._mark))
        readable = map(_of_bytes, marked) if self._mark == SPACE else marked
        return frozenset(word.lower() for word in readable if word)


def _mark(tokenizer: Tokenizer, tokens: dict[str, int]) -> str:
    """What a word's first token begins with; nothing where that is the word itself."""
    if isinstance(tokenizer.model, models.WordPiece | models.WordLevel):
        return ""
    counts = {mark: sum(token.startswith(mark) for token in tokens) for mark in (METASPACE, SPACE)}
    most = max(counts, key=counts.__getitem__)
    return most if counts[most] > 1 else ""


def _of_bytes(token: str) -> str:
    """The text of a token of BPE over bytes; nothing where it ends within a letter."""
    try:
        return bytes(_BYTES[sign] for sign in token).decode()
    except (KeyError, UnicodeDecodeError):
        return ""


def _signs() -> dict[str, int]:
    """Which byte a sign stands for: printable ones for themselves, the others from 256 on."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(256 + n): b for n, b in enumerate(hidden)}


_BYTES = _signs()
