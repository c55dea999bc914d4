"""Analyzers: the words of a text as they are indexed and asked for."""

from __future__ import annotations

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

WORDS, PLAIN = "words", "plain"
LONGEST_WORD = 64
REMEMBERED = 16384


def analyzer(name: str) -> TextAnalyzer:
    """The analyzer of `words` (stems) or `plain` (as written, in lower case without accents)."""
    lower = _lower_case()
    return (lower.filter(Filter.stemmer("english")) if name == WORDS else lower).build()


def content_analyzer() -> TextAnalyzer:
    """The analyzer of `words` without stop words."""
    content = _lower_case().filter(Filter.stopword("english"))
    return content.filter(Filter.stemmer("english")).build()


def _lower_case() -> TextAnalyzerBuilder:
    words = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST_WORD))
    return words.filter(Filter.lowercase()).filter(Filter.ascii_fold())


class StemOf(dict[str, str]):
    """The stem of every word, as written; none where the index leaves the word out.

    Words come again and again: remembered, they cost a third of what the analyzer takes.
    """

    def __init__(self, stems: TextAnalyzer) -> None:
        self._analyze = stems.analyze

    def __missing__(self, word: str) -> str:
        if len(word) >= LONGEST_WORD:
            return ""
        if len(self) >= REMEMBERED:
            self.clear()
        self[word] = stem = next(iter(self._analyze(word)), "")
        return stem
