"""Light stems: the endings of nouns and adjectives in languages that tantivy has no stemmer of, and
of Greek and Turkish, whose stemmers take more off some nouns in one form than in the next.

They take the longest ending off that leaves enough of a word. That brings the forms of one noun
together, which is what search lives by; verbs they leave alone.
"""

from __future__ import annotations

from functools import cache

LEAST = 3
_SLAVIC = "a e i o u y ě ů é í á ý ą ę ó"
_ENDINGS = {
    "az": "lar lər ları ləri ların lərin larda lərdə lardan lərdən ı i u ü nın nin nun nün da də"
    " dan dən",
    "bg": "ите ата ият ето ове овете ища ища та то те ът ят ия ен на но ни а я о е и у",
    "ca": "es s es a os as o e",
    "cs": f"{_SLAVIC} ou em am ám um ům mi ami emi ími ich ích ech ách ové ovi ého ému ých ým ými"
    " atům atech ata aty ěte ete ěti eti",
    "el": "ους εις ων ου οι οσ ον ασ ησ εσ α ο η ι υ",
    "fa": "هايي هاي ها ان ات تر ترين ي",
    "gl": "s es ns is a o as os",
    "he": "ים ות",
    "hi": "ियों ियाँ ियां ाओं ाएँ ाएं ुओं ुएँ ुएं ों ें ीं ाँ ां ी ा े ो ि ु ू",
    "hr": "ama ima ovima evima ovi evi ova eva om em oga ega omu emu og eg ih im a e i o u",
    "id": "nya kan lah kah an ku mu",
    "mk": "овите евите ите ата ото ови еви та то те от ов а о е и",
    "pl": f"{_SLAVIC} owi owie ów em om am ami ach ech iem ego emu ej ych ich ymi imi ym im ię ią"
    " ie ia io iu",
    "sk": f"{_SLAVIC} ou om em am ám iam mi ami ach ách iach och ov ovi ého ému ej ých ých ým ými"
    " ia iu ie",
    "sl": "ama oma ema ami imi ov ev om em am ih im ega emu a e i o u",
    "sr": "ama ima ovima evima ovi evi ova eva om em oga ega og eg ih im a e i o u ама има овима"
    " евима ови еви ова ева ом ем ога ега ог ег их им а е и о у",
    "tr": "ları leri lar ler ların lerin sı si su sü nın nin nun nün yı yi yu yü sında sinde sunda"
    " sünde da de dan den",
    "uk": "ами ями ові еві єві ого ого ому ему ими іми ої ої ею єю ою ах ях ам ям ів їв ів ом ем єм"
    " их іх им ім ий ій а я о е є у ю и і ї ь",
}


# What is written as one with a noun: the article, "and", "in", "to", "from", "as", "that".
_PREFIXES = {"he": "הובלמכש"}


@cache
def _endings(language: str) -> tuple[str, ...]:
    return tuple(sorted(set(_ENDINGS.get(language, "").split()), key=lambda end: (-len(end), end)))


def has_light_stems(language: str) -> bool:
    """Whether the endings of a language are known."""
    return language in _ENDINGS


def light_stem(word: str, language: str) -> str:
    """A lowered word without its longest known ending; as it is where none is known.

    Where a language writes short words as one with a noun, also without the first of them.
    """
    if len(word) > LEAST and word[0] in _PREFIXES.get(language, ""):
        word = word[1:]
    for ending in _endings(language):
        if len(word) - len(ending) >= LEAST and word.endswith(ending):
            return word.removesuffix(ending)
    return word
