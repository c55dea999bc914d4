"""The view model: what the page's template shows of an answer without JavaScript."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from searchbar.page.details import picture, shown, site, web
from searchbar.page.facet_view import facet_views, kept
from searchbar.page.page_fields import Fields, PageFields
from searchbar.page.url_state import FURTHEST_SHOWN, MOST_PAGES, SIZE, UrlState
from searchbar.page.values import asked, chip, plain
from searchbar.query.question import UNCUT

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
# What stands before and after quoted phrases that nothing within the filters holds.
UNHELD = ("Nothing here holds ", " as quoted: searched without the quotation marks.")
_MARKED = re.compile("<mark>(.*?)</mark>", re.DOTALL)


def snippet(text: str) -> Markup:
    """A snippet as markup: what stood in <mark> is marked, and all else is text."""
    pieces = (escape(plain(html.unescape(piece))) for piece in _MARKED.split(text))
    return Markup("").join(
        Markup("<mark>%s</mark>") % p if i % 2 else p for i, p in enumerate(pieces)
    )


def count(n: int, noun: str, over: str = "") -> str:
    """A number of things, as people write it."""
    return f"{n:,}{over} {noun}{'' if n == 1 else 's'}"


def view(url_state: UrlState, answer: Mapping[str, Any], known: PageFields) -> dict[str, Any]:
    """What the template needs to show this answer."""
    fields = known.fields
    over = "+" if str(answer.get("total_text", "")).endswith("+") and not url_state.cut else ""
    rest, most = answer["total"] > len(answer["hits"]), url_state.page >= MOST_PAGES
    meant = plain(answer.get("did_you_mean", ""))
    poor = answer.get("no_good_match") or not answer["hits"]
    facets = {} if poor and not url_state.filters else answer.get("facets") or {}
    facet_rows = facet_views(url_state, fields, facets, answer["total"], known.group_by)
    fits, less_likely = fitting(url_state, answer)
    return {
        "answer": {
            "count": count(fits, "item" if url_state.browsing else "result", over),
            "ms": max(1, round(answer["took_ms"]["total"])),
            "like": plain(answer.get("like", "")),
            "meant": meant,
            "unheld": [
                plain(phrase) for phrase in answer.get("read", {}).get("phrases_dropped", ())
            ],
            "meant_href": url_state.to(q=meant),
            "more": url_state.to(page=url_state.page + 1, cut=url_state.cut)
            if rest and not most
            else "",
            "fits": fits,
            "less_likely": f"Show {less_likely:,} less likely",
            "less_href": _less_likely(url_state, fits) if less_likely else "",
            "end": FURTHEST_SHOWN if rest and most else 0,
            "hits": [_hit(url_state, hit, known) for hit in answer["hits"]],
        },
        "chips": [
            {
                "text": chip(fields[name], value),
                "href": url_state.to(filters=url_state.without(name, value)),
            }
            for name, values in url_state.filters.items()
            for value in values
        ],
        "bare": url_state.to(filters={}),
        "facets": facet_rows,
        "kept": kept(url_state, facet_rows),
    }


def fitting(url_state: UrlState, answer: Mapping[str, Any]) -> tuple[int, int]:
    """How many results of an answer fit; how many less likely ones could be shown besides.

    In another order than their own those that fit are among the others, and nothing tells them
    apart.
    """
    less_likely = int(answer.get("less_likely", 0))
    if not url_state.cut:
        return answer["total"], less_likely
    return answer["total"] - (0 if url_state.sort else less_likely), 0


def _less_likely(url_state: UrlState, fits: int) -> str:
    """The address that shows what is less likely, too, as far as the first ten of it."""
    page = min(fits // SIZE + 1, MOST_PAGES)
    return url_state.to(page=page, cut=UNCUT, sort="") + "#less"


def heading(url_state: UrlState, answer: Mapping[str, Any] | None, fields: Fields) -> str:
    """What the page is about, for its title."""
    if url_state.like:
        return f"Like {answer['like']}" if answer else ""
    if not url_state.browsing:
        return url_state.q
    filters = url_state.filters.items()
    chips = [chip(fields[name], value) for name, values in filters for value in values]
    return ", ".join(chips) or "All items"


def ending(
    url_state: UrlState, answer: Mapping[str, Any], loosest: Mapping[str, Any], fields: Fields
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
            dropped = chip(fields[name], value)
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
        f" Confidence {why['confidence']:.2f}; a good match has at least {level:.2f}. Wanted with a"
        f" chance of {why['estimate'] * 100:.0f} %, by the release's estimate."
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


def _hit(url_state: UrlState, hit: Mapping[str, Any], known: PageFields) -> dict[str, Any]:
    url, filters = web(hit.get("url", "")), dict(url_state.filters)
    badge, reason = BADGES.get(hit.get("matched", ""), ("", ""))
    others, group = hit.get("variants", 1) - 1, (hit.get("fields") or {}).get(known.group_by)
    grouped = {}
    if isinstance(group, str) and known.group_by in known.fields:
        grouped = {known.group_by: [asked(group)]}
    return {
        "id": hit["id"],
        "title": snippet(hit.get("title_marked") or html.escape(hit["title"] or hit["id"])),
        "url": url,
        "site": site(url),
        "image": picture(known.fields, hit),
        "matched": hit.get("matched", ""),
        "badge": badge,
        "reason": reason,
        "variants": f"+{count(others, 'variant')}" if others > 0 else "",
        "group": url_state.to(filters=filters | grouped) if grouped else "",
        "shown": shown(known.fields, hit),
        "snippet": snippet(hit.get("snippet", "")),
        "near": hit.get("matched") == "meaning" and "<mark>" not in hit.get("snippet", ""),
        "topics": [
            {
                "name": plain(topic),
                "href": url_state.to(filters=filters | {"topic": [asked(topic)]}),
            }
            for topic in hit.get("topics", ())
        ],
        "like": UrlState(like=hit["id"]).href(),
    }
