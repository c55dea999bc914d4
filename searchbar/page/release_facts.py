"""What a release knows of itself, for visitors and for those who run it. (Pure.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from release_format.verdict import Verdict
from searchbar.page.language_names import language_name
from searchbar.page.locale import Locale

# Fewer judged questions tell nothing of the others (the quality gate's own number).
FEWEST_JUDGED = 20
_OF_TEXTS = ("texts", "languages")


def languages_of(locale: Locale, items: Mapping[str, int]) -> Markup:
    """The languages of a catalogue by their own names, the most frequent first, each with its
    number of items."""
    by_number = sorted(items.items(), key=lambda each: (-each[1], each[0]))
    return Markup(", ").join(
        Markup('{} <span class="dim">{}</span>').format(_named(code), locale.whole(number))
        for code, number in by_number
    )


def weaknesses(
    locale: Locale, quality: Mapping[str, Any], meaning: Mapping[str, float]
) -> list[Markup]:
    """What a release is not good at, in words.

    Args:
        quality: the quality gate's facts.
        meaning: what vectors count, of 1, in languages that the encoder does not know well.
    """
    told = [locale.markup("about.only_texts")]
    weak = [_named(code) for code, counts in sorted(meaning.items()) if counts < 1]
    if weak:
        told.append(locale.markup("about.words_only", languages=Markup(", ").join(weak)))
    if silent := sum(_number(quality, "texts", name) for name in ("empty", "title_only")):
        told.append(locale.markup("about.silent", number=locale.whole(round(silent))))
    if _number(quality, "level", "judged") >= FEWEST_JUDGED:
        for name in ("false_reject", "false_accept"):
            share = _number(quality, "level", name)
            told.append(locale.markup(f"about.{name}", share=locale.percent(share)))
    return told


def texts_said(gate: Verdict) -> str:
    """What a gate counted of the items' texts, in a few sentences."""
    quality = gate.facts.get("quality")
    told = [quality.get(of) for of in _OF_TEXTS] if isinstance(quality, Mapping) else []
    said = (str(each.get("said", "")) for each in told if isinstance(each, Mapping))
    return " ".join(filter(None, said))


def flat(facts: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Facts as rows; what is not a number or a short text is passed over."""
    rows: list[tuple[str, str]] = []
    for name, value in facts.items():
        label = f"{before}{name.replace('_', ' ').replace('-', ' ')}"
        if isinstance(value, Mapping):
            rows += flat(value, f"{label}: ")
        elif isinstance(value, bool | int) or (isinstance(value, str) and value):
            rows.append((label, f"{value:,}" if type(value) is int else str(value)[:200]))
        elif isinstance(value, float):
            rows.append((label, f"{value:,.4g}"))
    return rows


def _named(code: str) -> Markup:
    return Markup('<bdi lang="{}">{}</bdi>').format(code, language_name(code))


def _number(quality: Mapping[str, Any], group: str, name: str) -> float:
    """A number of the facts, 0 where there is none: they may be of another version of ours."""
    facts = quality.get(group)
    value = facts.get(name) if isinstance(facts, Mapping) else None
    return value if isinstance(value, int | float) else 0
