"""The word reader: the words of a text as the index of a release has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate

from searchbar.query.analysis.languages import (
    COMPOUNDING,
    ENGLISH,
    WITH_DIGRAPHS,
    Languages,
    declared,
    language_of_stop_words,
    stop_words,
)
from searchbar.query.analysis.tokens import pair_at, plain_at
from searchbar.query.analysis.word_forms import REMEMBERED, asked_forms, stem_forms
from searchbar.query.analyzers import PLAIN, WORDS, StemOf, analyzer, content_analyzer
from searchbar.query.normalize import lowered, with_digraphs
from searchbar.query.scripts import (
    LATIN,
    Word,
    is_unspaced,
    script_of,
    spaced_places,
    spaced_words,
    words_in,
)

# A question is read in so many languages, the most frequent ones of its catalogue.
MOST_LANGUAGES = 6
# The share of a catalogue below which a language's compounds are not looked for.
FEW = 0.02
# What the index's tokenizer takes for a word, where there are no other letters.
_ASCII_WORD = re.compile(r"([A-Za-z0-9]+)")

# Latin letters and signs that the index's tokenizer and ours read alike; its own is faster.
_SIMPLE = re.compile(
    "[\x00-\xac\xae-\u012f\u0132-\u017f\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2122\u2190-\u22ff]*"
)

Place = tuple[str, int, int]
# The stems that one word of a question may stand as in the index: one of them is enough.
Forms = tuple[str, ...]


class WordReader:
    """Reads texts as the items of a release were read.

    Without languages, as in releases before format 4, every text is read as English by the index's
    own tokenizer; so is one of ASCII alone where all that is written in Latin letters is English.
    """

    def __init__(self, languages: Languages | None, holds: Callable[[str], bool]) -> None:
        """Take the languages of the catalogue, and whether some item holds a stem."""
        self._catalogue, self.holds = languages, holds
        known = languages or Languages({ENGLISH: 1})
        self._languages, self._all = known.asked(MOST_LANGUAGES), known.asked(len(known.items))
        self._is_english = self._all[LATIN] == (ENGLISH,)
        self._digraphs = not WITH_DIGRAPHS.isdisjoint(languages.items if languages else ())
        self._stems, self._plain = analyzer(WORDS), analyzer(PLAIN)
        self._content = content_analyzer()
        self._stem_of = StemOf(self._stems)
        # Every hit of every answer is looked through for the question's words.
        self._forms_of = lru_cache(maxsize=REMEMBERED)(partial(self._forms, languages=self._all))

    @property
    def has_accents(self) -> bool:
        """Whether words may be written otherwise than the index has them."""
        return self._catalogue is not None

    @property
    def compounding(self) -> list[str]:
        """The languages of the catalogue that write several words as one; not of a few items."""
        counts = self._catalogue.items if self._catalogue else {}
        least = FEW * sum(counts.values())
        return sorted(each for each in COMPOUNDING & counts.keys() if counts[each] >= least)

    @property
    def is_foreign(self) -> bool:
        """Whether some of the catalogue is in another language than English."""
        return self._catalogue is not None and set(self._catalogue.items) != {ENGLISH}

    def is_within(self, languages: Iterable[str]) -> bool:
        """Whether the whole catalogue is in these languages; one that tells of none is English."""
        counts = self._catalogue.items if self._catalogue else {}
        return set(map(declared, languages)) >= counts.keys()

    @property
    def is_narrowed(self) -> bool:
        """Whether it makes a difference which languages a question is narrowed to."""
        return self._catalogue is not None and len(self._catalogue.items) > 1

    def asked(self, text: str, only: Iterable[str] = ()) -> Counter[Forms]:
        """The words of a text that say something, with their counts; all when none does.

        `only`: the languages that a question is narrowed to.
        """
        if self._is_plain(text):
            stems = self._content.analyze(text) or self._stems.analyze(text)
            return Counter((stem,) for stem in stems)
        wanted = tuple(only)
        read_in = self._languages
        if wanted and self._catalogue:
            read_in = self._catalogue.asked(MOST_LANGUAGES, wanted)
        words = list(words_in(text))
        said = self._telling(words, read_in)
        return Counter(self._asked(text, said or words, read_in))

    def telling(self, text: str) -> list[str]:
        """The plain words of a text that say something; all of them when none does."""
        words = list(words_in(text))
        said = self._telling(words, self._languages) or words
        every = (plain_at(text, word, digraphs=False) for word in said)
        return [forms[0] for forms in every if forms]

    @staticmethod
    def _telling(words: Sequence[Word], languages: Mapping[str, tuple[str, ...]]) -> list[Word]:
        small = [lowered(word.text) for word in words if word.is_spaced]
        several = dict.fromkeys(each for those in languages.values() for each in those)
        left_out = stop_words(language_of_stop_words(several, small), small)
        return [w for w in words if not w.is_spaced or lowered(w.text) not in left_out]

    def stems(self, text: str) -> list[str]:
        """The first stem of every word, as rules compare words."""
        if self._is_plain(text):
            return list(self._stems.analyze(text))
        words = self._asked(text, list(words_in(text)), self._languages)
        return [forms[0] for forms in words]

    def forms(self, word: str) -> Forms:
        """The stems that one word may stand as."""
        return self._forms(word, self._all)

    def are_one(self, word: str, other: str, shown: Callable[[str], bool]) -> bool:
        """Whether two words are forms of one in some language of the catalogue, or shown items hold
        the other one in a form of its most frequent language."""
        languages = self._languages_of(other, self._all)
        own = next(iter(stem_forms(other, languages[0])), "")
        if own and self.holds(own) and shown(own):
            return True
        both = ({*stem_forms(word, each)} & {*stem_forms(other, each)} for each in languages)
        return any(both)

    def plain_words(self, text: str) -> list[str]:
        """The words of a text as `plain` holds them, for phrases.

        The last character of a run without spaces is part of a pair; it stands for itself where a
        word follows, as it does in the index.
        """
        if self._is_plain(text):
            return list(self._plain.analyze(text))
        words = list(words_in(text))
        if _joins(words[-2:]):
            words.pop()
        every = (plain_at(text, word, digraphs=False) for word in words)
        return [forms[0] for forms in every if forms]

    def phrases(self, text: str) -> list[list[str]]:
        """As `plain_words`, and with two letters for `ä` where the catalogue may write it so."""
        words = self.plain_words(text)
        if not self._digraphs or text.isascii():
            return [words]
        other = self.plain_words(with_digraphs(lowered(text)))
        return [words] if other == words else [words, other]

    def is_begun(self, text: str) -> bool:
        """Whether the last word of a text is one character of a script without spaces: every pair
        that it begins holds it."""
        words = [] if self._is_plain(text) else list(words_in(text))
        return bool(words) and not words[-1].is_spaced and not _joins(words[-2:])

    def plain_places(self, text: str) -> list[Place]:
        """Every plain word of a text, and where it starts and ends."""
        if self._is_plain(text):
            tokens = self._plain.pre_tokenize(text).tokens
            return [(token.text, token.char_offset_from, token.char_offset_to) for token in tokens]
        every = ((word, plain_at(text, word, digraphs=False)) for word in words_in(text))
        return [(forms[0], word.start, word.next or word.end) for word, forms in every if forms]

    def written(self, text: str, plain: str) -> str:
        """The word of a text that has this plain form, as it is written, in small letters."""
        digraphs = self._digraphs
        words = (word for word in words_in(text) if word.is_spaced)
        held = (w.text for w in words if plain in plain_at(text, w, digraphs=digraphs))
        return next(map(lowered, held), "")

    def places(self, text: str, stems: Container[str]) -> list[Place]:
        """Where in a text these stems occur, and where their words end."""
        if text.isascii():
            return self._places_in_ascii(text, stems)
        if self._catalogue is None or (self._is_english and _SIMPLE.fullmatch(text)):
            return self._places_of_tokens(text, stems)
        return list(self._places(text, stems))

    def _is_plain(self, text: str) -> bool:
        return self._catalogue is None or (self._is_english and text.isascii())

    def _places(self, text: str, stems: Container[str]) -> Iterator[Place]:
        # Most words of most texts are none of the question's: they are looked up, not placed.
        held = self._held_stems({*spaced_words(text)}, stems)
        if not is_unspaced(text):
            yield from (
                (stem, start, start + len(word))
                for word, start in spaced_places(text)
                if (stem := held[word])
            )
            return
        for word in words_in(text):
            stem, end = held.get(word.text, ""), word.end
            if not word.is_spaced:
                alone, pair = lowered(word.text), pair_at(text, word)
                stem = next((form for form in (pair, alone) if form in stems), "")
                end = word.next if word.next and pair in stems else word.end
            if stem:
                yield stem, word.start, end

    def _asked(
        self, text: str, words: Sequence[Word], languages: Mapping[str, tuple[str, ...]]
    ) -> Iterator[Forms]:
        run: list[Word] = []
        for word in words:
            if not word.is_spaced:
                run.append(word)
                if not word.next:
                    yield from self._pairs(text, run)
                    run = []
            elif forms := self._asked_forms(word.text, languages):
                yield forms

    def _asked_forms(self, word: str, languages: Mapping[str, tuple[str, ...]]) -> Forms:
        forms = self._forms(word, languages)
        # What is in none of the frequent languages may be in one of the others.
        return forms if any(map(self.holds, forms)) else self._forms(word, self._all)

    def _pairs(self, text: str, run: Sequence[Word]) -> Iterator[Forms]:
        """The pairs of a run without spaces, and the characters that no pair finds."""
        pairs = [pair_at(text, word) for word in run]
        held = [bool(word.next) and self.holds(p) for word, p in zip(run, pairs, strict=True)]
        for place, (word, pair) in enumerate(zip(run, pairs, strict=True)):
            if pair and (word.next or len(run) == 1):
                yield (pair,)
            alone = lowered(word.text)
            if len(run) > 1 and not any(held[max(0, place - 1) : place + 1]) and self.holds(alone):
                yield (alone,)

    def _forms(self, word: str, languages: Mapping[str, tuple[str, ...]]) -> Forms:
        return asked_forms(word, self._languages_of(word, languages))

    @staticmethod
    def _languages_of(word: str, languages: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        return languages.get(script_of(word)) or languages[LATIN]

    def _places_in_ascii(self, text: str, stems: Container[str]) -> list[Place]:
        # What lies between words, and words, in turns.
        parts = _ASCII_WORD.split(text)
        stem_of: dict[str, str] = self._stem_of
        if not self._is_english:
            stem_of = self._held_stems({*parts[1::2]}, stems)
        words = [place for place in range(1, len(parts), 2) if stem_of[parts[place]] in stems]
        ends = list(accumulate(map(len, parts))) if words else []
        return [(stem_of[parts[place]], ends[place - 1], ends[place]) for place in words]

    def _held_stems(self, words: Iterable[str], stems: Container[str]) -> dict[str, str]:
        """Of each word the form that is among some stems; empty where none is."""
        held = dict.fromkeys(words, "")
        for word in held:
            for form in self._forms_of(word):
                if form in stems:
                    held[word] = form
                    break
        return held

    def _places_of_tokens(self, text: str, stems: Container[str]) -> list[Place]:
        every = self._stems.analyze(text)
        at = [place for place, stem in enumerate(every) if stem in stems]
        # Places cost ten times what the stems do, and most texts hold few of a question's words.
        tokens = self._stems.pre_tokenize(text).tokens if at else []
        return [
            (every[place], tokens[place].char_offset_from, tokens[place].char_offset_to)
            for place in at
        ]


def _joins(words: Sequence[Word]) -> bool:
    """Whether the last of two characters ends a run that the other is part of."""
    return len(words) > 1 and not words[1].next and words[0].next == words[1].end
