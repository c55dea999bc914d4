"""Language detection: whether a text is in the language that its row declares."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

SHORTEST = 80
_WORD = re.compile(r"[^\W\d_]+")
# A text in which these stand often enough is in that language; the detector sees only the others.
_COMMON = {
    "en": "the of and to a in is for it with that as on this are be by or an from can you",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als",
    "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur",
    "es": "de la que el en y a los se del las un por con una su para es al lo",
}
COMMON = {language: frozenset(words.split()) for language, words in _COMMON.items()}
ENOUGH = 0.12
SURE = 0.9


def mismatch(declared: str, text: str) -> str:
    """Why the text is not in its declared language, or nothing.

    Short texts and texts without a declared language pass.
    """
    language = declared.lower().partition("-")[0].partition("_")[0]
    if not language or len(text) < SHORTEST or _is_common(language, text):
        return ""
    detected, probability = _detector().classify(text[:2_000])
    languages = set(_detector().nb_classes)
    if detected == language or probability < SURE or language not in languages:
        return ""
    return f"declared as {language}, reads like {detected}"


def _is_common(language: str, text: str) -> bool:
    if language not in COMMON:
        return False
    words = _WORD.findall(text[:600].lower())
    return bool(words) and sum(word in COMMON[language] for word in words) >= ENOUGH * len(words)


@cache
def _detector() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
