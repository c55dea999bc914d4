"""The view model: what the page's template shows of an answer without JavaScript."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from searchbar.page.details import language_tag, picture, shown, site, web
from searchbar.page.facet_view import facet_views, kept
from searchbar.page.page_fields import PageFields
from searchbar.page.url_state import FURTHEST_SHOWN, MOST_PAGES, SIZE, UrlState
from searchbar.page.values import asked, chip, is_word, named, plain, said
from searchbar.query.question import UNCUT

# So many of the nearest are open where nothing fits well, and so many topics on each hit.
NEAREST, MOST_TOPICS = 3, 5
MATCHES = ("exact", "text", "meaning")
_LINK = Markup('<a href="%s"><bdi>%s</bdi></a>')
_MARKED = re.compile("<mark>(.*?)</mark>", re.DOTALL)


def snippet(text: str) -> Markup:
    """A snippet as markup: what stood in <mark> is marked, and all else is text."""
    pieces = (escape(plain(html.unescape(piece))) for piece in _MARKED.split(text))
    return Markup("").join(
        Markup("<mark>%s</mark>") % p if i % 2 else p for i, p in enumerate(pieces)
    )


def bdi(text: str) -> Markup:
    """A text whose direction is its own."""
    return Markup("<bdi>%s</bdi>") % text


def view(url_state: UrlState, answer: Mapping[str, Any], known: PageFields) -> dict[str, Any]:
    """What the template needs to show this answer."""
    locale = known.locale
    over = "+" if str(answer.get("total_text", "")).endswith("+") and not url_state.cut else ""
    rest, most = answer["total"] > len(answer["hits"]), url_state.page >= MOST_PAGES
    meant = plain(answer.get("did_you_mean", ""))
    poor = answer.get("no_good_match") or not answer["hits"]
    facets = {} if poor and not url_state.filters else answer.get("facets") or {}
    facet_rows = facet_views(url_state, known, facets, answer["total"])
    fits, less_likely = fitting(url_state, answer)
    hits = [_hit(url_state, hit, known) for hit in answer["hits"]]
    counted = "results.items" if url_state.browsing else "results.results"
    return {
        "answer": {
            "count": locale.text(counted, n=fits, count=locale.whole(fits) + over),
            "ms": max(1, round(answer["took_ms"]["total"])),
            "like": plain(answer.get("like", "")),
            "meant": meant and _LINK % (url_state.to(q=meant), meant),
            "unheld": Markup(", ").join(
                bdi(locale.text("results.quoted", text=plain(phrase)))
                for phrase in answer.get("read", {}).get("phrases_dropped", ())
            ),
            "more": url_state.to(page=url_state.page + 1, cut=url_state.cut)
            if rest and not most
            else "",
            "fits": fits,
            "less_likely": locale.text("results.show_less_likely", count=less_likely),
            "less_href": _less_likely(url_state, fits) if less_likely else "",
            "end": FURTHEST_SHOWN if rest and most else 0,
            "nearest": hits[:NEAREST] if poor else [],
            "hits": hits[NEAREST:] if poor else hits,
            "pictured": any(hit["image"] for hit in hits),
        },
        "chips": [
            {
                "text": named(locale, known.fields[name], value),
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


def heading(url_state: UrlState, answer: Mapping[str, Any] | None, known: PageFields) -> str:
    """What the page is about, for its title."""
    locale = known.locale
    if url_state.like:
        return locale.text("results.like", title=answer["like"]) if answer else ""
    if not url_state.browsing:
        return url_state.q
    filters = url_state.filters.items()
    chips = [
        chip(locale, known.fields[name], value) for name, values in filters for value in values
    ]
    return ", ".join(chips) or locale.text("home.all")


def ending(
    url_state: UrlState, answer: Mapping[str, Any], loosest: Mapping[str, Any], known: PageFields
) -> dict[str, str] | None:
    """What to say instead of a count, where nothing fits."""
    if answer["hits"] and not answer.get("no_good_match"):
        return None
    locale = known.locale
    if answer["hits"]:
        sentence = locale.text("endings.nothing_sentence")
        return {"kind": "doubt", "title": locale.text("endings.nearest"), "sentence": sentence}
    kind = "filtered" if url_state.filters else "nothing"
    sentence = locale.text(f"endings.{kind}_sentence")
    note = {"kind": kind, "title": locale.text("endings.nothing"), "sentence": sentence}
    if kind == "filtered":
        note["title"] = _unfitting(url_state, known)
        note |= {"href": url_state.to(filters={}), "offer": locale.text("filters.drop_all")}
        if loosest:
            name, value, total = loosest["field"], loosest["value"], loosest["total"]
            dropped = bdi(chip(locale, known.fields[name], value))
            note |= {
                "href": url_state.to(filters=url_state.without(name, value)),
                "offer": locale.markup("filters.drop", filter=dropped, count=total),
            }
    return note


def _unfitting(url_state: UrlState, known: PageFields) -> Markup:
    """`Nothing red fits`, where that is the one filter; `Nothing fits with …` otherwise."""
    pairs = [
        (known.fields[n], value) for n, values in url_state.filters.items() for value in values
    ]
    is_one = len(pairs) == 1 and is_word(pairs[0][0]) and not said(pairs[0][1])[0]
    words = ", ".join(chip(known.locale, field, value) for field, value in pairs)
    key = "endings.filtered_one" if is_one else "endings.filtered"
    return known.locale.markup(key, filters=bdi(words))


def _hit(url_state: UrlState, hit: Mapping[str, Any], known: PageFields) -> dict[str, Any]:
    url, filters = web(hit.get("url", "")), dict(url_state.filters)
    locale, matched = known.locale, hit.get("matched", "")
    is_matched, topics = matched in MATCHES, hit.get("topics", ())
    others, group = hit.get("variants", 1) - 1, (hit.get("fields") or {}).get(known.group_by)
    grouped = {}
    if isinstance(group, str) and known.group_by in known.fields:
        grouped = {known.group_by: [asked(group)]}
    return {
        "id": hit["id"],
        "title": snippet(hit.get("title_marked") or html.escape(hit["title"] or hit["id"])),
        "lang": language_tag(hit.get("language", "")),
        "url": url,
        "site": site(url),
        "image": picture(known.fields, hit),
        "initial": plain(hit["title"] or hit["id"]).strip()[:1],
        "more_topics": locale.whole(len(topics) - MOST_TOPICS) if len(topics) > MOST_TOPICS else "",
        "matched": matched,
        "badge": locale.text(f"hit.{matched}") if is_matched else "",
        "reason": locale.text(f"hit.{matched}_reason") if is_matched else "",
        "variants": locale.text("hit.variants", count=others) if others > 0 else "",
        "group": url_state.to(filters=filters | grouped) if grouped else "",
        "shown": shown(known, hit),
        "snippet": snippet(hit.get("snippet", "")),
        "near": matched == "meaning" and "<mark>" not in hit.get("snippet", ""),
        "topics": [
            {
                "name": plain(topic),
                "href": url_state.to(filters=filters | {"topic": [asked(topic)]}),
            }
            for topic in topics[:MOST_TOPICS]
        ],
        "like": UrlState(like=hit["id"]).href(),
    }
