"""The view model: what the page's template shows of an answer without JavaScript."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from searchbar.page.url_state import UrlState
from searchbar.query.parameters import parameter

SORTS = (("", "Best match"), ("title", "Title"), ("-updated_at", "Newest"))
BADGES = {
    "exact": ("Exact", "The name is what you typed."),
    "text": ("Words", "It holds your words."),
    "meaning": ("Meaning", "It means what you asked, in other words."),
}
ENDINGS = {
    "nothing": (
        "Nothing fits",
        "No entry answers this well. Other words, or fewer of them, may help.",
    ),
    "filtered": ("Nothing with these filters", "Without them there would be results."),
    "refused": ("This cannot be asked", ""),
    "restarting": ("The search is restarting", "Ask again in a moment."),
}
# From here on a name made of digits is no number to an object of JavaScript.
MOST_INDEX = 2**32 - 1
_OVERRIDES = re.compile("[\u202d\u202e]")
_MARKED = re.compile("<mark>(.*?)</mark>", re.DOTALL)


def plain(text: str) -> str:
    """Text without the two characters that show the rest of a line backwards."""
    return _OVERRIDES.sub("", text)


def web(url: str) -> str:
    """The address if it is one of the web, or nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def snippet(text: str) -> Markup:
    """A snippet as markup: what stood in <mark> is marked, and all else is text."""
    pieces = (escape(plain(html.unescape(piece))) for piece in _MARKED.split(text))
    return Markup("").join(
        Markup("<mark>%s</mark>") % p if i % 2 else p for i, p in enumerate(pieces)
    )


def count(n: int, noun: str, over: str = "") -> str:
    """A number of things, as people write it."""
    return f"{n:,}{over} {noun}{'' if n == 1 else 's'}"


def view(url_state: UrlState, answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the template needs to show this answer."""
    over = "+" if str(answer.get("total_text", "")).endswith("+") else ""
    more = url_state.to(page=url_state.page + 1) if answer["total"] > len(answer["hits"]) else ""
    meant = plain(answer.get("did_you_mean", ""))
    poor = answer.get("no_good_match") or not answer["hits"]
    facets = {} if poor and not url_state.filters else answer.get("facets")
    return {
        "answer": {
            "count": count(answer["total"], "result", over),
            "ms": max(1, round(answer["took_ms"]["total"])),
            "like": plain(answer.get("like", "")),
            "meant": meant,
            "meant_href": url_state.to(q=meant),
            "more": more,
            "hits": [_hit(url_state, hit) for hit in answer["hits"]],
        },
        "chips": [
            {
                "text": re.sub("^!", "not ", plain(value)),
                "href": url_state.to(filters=url_state.without(name, value)),
            }
            for name, values in url_state.filters.items()
            for value in values
        ],
        "bare": url_state.to(filters={}),
        "facets": _facets(url_state, facets or {}),
    }


def ending(
    url_state: UrlState, answer: Mapping[str, Any], loosest: Mapping[str, Any]
) -> dict[str, str] | None:
    """What to say instead of a count, where nothing fits."""
    if answer["hits"] and not answer.get("no_good_match"):
        return None
    kind = "filtered" if url_state.filters and not answer["hits"] else "nothing"
    title, sentence = ENDINGS[kind]
    note = {"kind": kind, "title": title, "sentence": sentence}
    if kind == "filtered":
        note |= {"href": url_state.to(filters={}), "offer": "Drop all filters"}
        if loosest:
            name, value, total = loosest["field"], loosest["value"], loosest["total"]
            dropped = re.sub("^!", "not ", plain(value))
            note |= {
                "href": url_state.to(filters=url_state.without(name, value)),
                "offer": f"Drop {dropped} for {count(total, 'result')}",
            }
    return note


def reasons(hit: Mapping[str, Any], explain: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Why a hit is where it is, in plain words."""
    why, level = hit.get("explain") or {}, explain.get("level")
    near = f"{_near(why['cosine'])} your question ({why['cosine']:.2f} of 1)"
    words = (
        f"{why['covered'] * 100:.0f} % of yours, rare ones counting"
        f" more{_rank(why['lexical_rank'], 'words')}."
    )
    sure = (
        f" Confidence {why['confidence']:.2f}; a good match has at least {level:.2f}."
        if level is not None
        else ""
    )
    rules = ["The catalogue's rules place it first for this question"] if why["pinned"] else []
    return [
        ("Found by", BADGES.get(hit["matched"], BADGES["meaning"])[1]),
        ("Meaning", f"{near}{_rank(why['dense_rank'], 'meaning')}."),
        ("Words", words if why["bm25"] > 0 else "None of yours occurs in it."),
        ("Together", f"{hit['score']:.2f}.{sure}"),
        *(("Rule", f"{rule}.") for rule in [*rules, *explain.get("rules", [])]),
    ]


def _near(cosine: float) -> str:
    bounds = ((0.6, "Very close to"), (0.4, "Close to"), (0.2, "Somewhat near"))
    return next((word for bound, word in bounds if cosine > bound), "Far from")


def _rank(rank: int | None, leg: str) -> str:
    return f"; number {rank} by {leg} alone" if rank else ""


def _hit(url_state: UrlState, hit: Mapping[str, Any]) -> dict[str, Any]:
    url, filters = web(hit.get("url", "")), dict(url_state.filters)
    badge, reason = BADGES.get(hit.get("matched", ""), ("", ""))
    return {
        "id": hit["id"],
        "title": plain(hit["title"] or hit["id"]),
        "url": url,
        "site": urlsplit(url).netloc.rpartition("@")[2],
        "image": web(hit.get("image_url", "")),
        "matched": hit.get("matched", ""),
        "badge": badge,
        "reason": reason,
        "snippet": snippet(hit.get("snippet", "")),
        "near": hit.get("matched") == "meaning" and "<mark>" not in hit.get("snippet", ""),
        "topics": [
            {"name": plain(topic), "href": url_state.to(filters=filters | {"topic": [topic]})}
            for topic in hit.get("topics", ())
        ],
        "like": UrlState(like=hit["id"]).href(),
    }


def _facets(url_state: UrlState, facets: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    shown = []
    for name in sorted(facets, key=_place):
        counts, on = facets[name].get("values", {}), url_state.filters.get(name, ())
        gone = [(value, 0) for value in on if value not in counts and not value.startswith("!")]
        values = gone + sorted(
            counts.items(), key=lambda counted: (-counted[1], _place(counted[0]))
        )
        if len(values) > 1 or on:
            rows = [
                {"value": value, "name": plain(value), "count": f"{n:,}", "on": value in on}
                for value, n in values
            ]
            label = plain(name)
            shown.append(
                {
                    "parameter": parameter(name),
                    "label": label[:1].upper() + label[1:],
                    "counts": rows,
                }
            )
    return shown


def _place(name: str) -> tuple[bool, int]:
    """Numbers first, in their order, as an object of JavaScript has its keys on the other page."""
    number = (
        name.isascii() and name.isdigit() and str(int(name[:10])) == name and int(name) < MOST_INDEX
    )
    return not number, int(name) if number else 0
