"""Reasons: why a hit is where it is, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from searchbar.page.locale import Locale

# Above these cosines a hit is very close to its question, close, or somewhat near; else far.
_NEAR = ((0.6, 4), (0.4, 3), (0.2, 2))


def reasons(
    locale: Locale, hit: Mapping[str, Any], explain: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Why a hit is where it is: names and sentences."""
    why, text = hit.get("explain") or {}, locale.text
    matched = hit["matched"] or "meaning"
    near = next((name for bound, name in _NEAR if why["cosine"] > bound), 1)
    meaning = text(f"reasons.near_{near}", cosine=locale.decimal(why["cosine"], 2))
    words = text("reasons.covered_none")
    if why["bm25"] > 0:
        words = text("reasons.covered", share=locale.percent(why["covered"]))
        words = _ranked(locale, words, "words", why["lexical_rank"])
    rows = [
        ("found", text(f"hit.{matched}_reason")),
        ("meaning", _sentence(locale, _ranked(locale, meaning, "meaning", why["dense_rank"]))),
        ("words", _sentence(locale, words)),
        ("together", _together(locale, hit, why, explain.get("level"))),
        *([("rule", text("reasons.pinned"))] if why["pinned"] else []),
        *(("rule", _sentence(locale, rule)) for rule in explain.get("rules", [])),
    ]
    return [(text(f"reasons.{name}"), sentence) for name, sentence in rows]


def _ranked(locale: Locale, reason: str, leg: str, place: int | None) -> str:
    return locale.text(f"reasons.ranked_by_{leg}", reason=reason, place=place) if place else reason


def _sentence(locale: Locale, reason: str) -> str:
    return locale.text("reasons.sentence", reason=reason)


def _together(
    locale: Locale, hit: Mapping[str, Any], why: Mapping[str, Any], level: float | None
) -> str:
    score = locale.decimal(hit["score"], 2)
    if level is None:
        return _sentence(locale, score)
    return locale.text(
        "reasons.confidence",
        score=score,
        confidence=locale.decimal(why["confidence"], 2),
        level=locale.decimal(level, 2),
        chance=locale.percent(why["estimate"]),
    )
