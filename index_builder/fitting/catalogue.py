"""What a catalogue's words tell of how much they should count, where nobody judged."""

from __future__ import annotations

from dataclasses import dataclass

from searchbar.query.scripts import is_word
from searchbar.retrieval.encoder import Encoder
from searchbar.retrieval.fusion import Fusion
from searchbar.retrieval.words.lexical import Lexical

# Where an encoder knows fewer words of a catalogue than this leaves, it drags: words decide more.
MOSTLY_UNKNOWN, UNKNOWN_WORDS = 0.4, 0.65
# What so many items are in languages for that is weighed there, and not twice.
MOSTLY_WEIGHED = 0.5
# Texts of fewer different words than this are titles: what they say, they say in these words.
FEW, SHORT_WORDS = 10, 0.5


@dataclass(frozen=True)
class CatalogueWords:
    """The words of a catalogue: how many different ones an item holds on average, and the share of
    all that the encoder does not know."""

    each: float
    unknown: float


def read_words(lexical: Lexical, encoder: Encoder) -> CatalogueWords:
    """Count by the lexical index alone; no text is read again."""
    known = unknown = 0
    for word, held in lexical.vocabulary():
        if not (word.isalpha() or is_word(word)) or encoder.reads(word):
            known += held
        else:
            unknown += held
    return CatalogueWords(
        (known + unknown) / max(1, len(lexical)), unknown / max(1, known + unknown)
    )


def start_of(words: CatalogueWords, weighed: float = 0.0) -> tuple[float, str]:
    """The weight of words to start from, and where it comes from; docs/fusion.md has the sets.

    `weighed` is the share of items in languages whose vectors count less already.
    """
    if words.unknown >= MOSTLY_UNKNOWN and weighed < MOSTLY_WEIGHED:
        share = f"{words.unknown:.0%} of the catalogue's words are none that the encoder knows"
        return UNKNOWN_WORDS, share
    if words.each < FEW:
        return SHORT_WORDS, f"an item has {words.each:.1f} different words on average"
    return Fusion().words, "as the package has it"
