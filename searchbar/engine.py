"""Here is a question: give me its answer. The whole act of searching."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from release_format.items import Item
from release_format.probes import FIRST, Probe, unanswered
from release_format.release import ENCODER, LEVELS, PROBES, Release
from searchbar.errors import Cause, SearchError, bad_question
from searchbar.finder import Finder, Positions, ResultSet
from searchbar.lexical import FIELDS
from searchbar.parameters import order_of
from searchbar.question import Answer, Question, check_text
from searchbar.showing import Showing
from searchbar.tokens import TokenVectors
from searchbar.why_not import absent, outranked
from searchbar.withdrawn import Withdrawn

REMEMBERED = 512
SORTS = ("title", "updated_at", "id")
MOST_NAMED, LONGEST_NAMED = 50, 64
NEVER = -1.0

Key = tuple[Any, ...]


class Engine:
    """Answers questions about one release; safe to be asked by several threads."""

    def __init__(self, release: Release, finder: Finder) -> None:
        self.release, self.finder = release, finder
        self._showing = Showing(finder, TokenVectors.of(release.path / ENCODER))
        self._fields = {"topic": 0, "language": 0, **finder.lexical.fields()}
        self._shown_fields: tuple[Positions, dict[str, int]] = (np.empty(0, np.int64), self._fields)
        self.level = _level_of(release)
        self._sets: OrderedDict[Key, tuple[ResultSet, dict[str, dict[str, int]]]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, release: Release, *, withdrawn: Withdrawn | None = None) -> Engine:
        """Open a release for answering.

        Raises:
            SearchError: a file is unreadable, or its files do not belong together.
        """
        return cls(release, Finder(release, withdrawn=withdrawn))

    def search(self, question: Question) -> Answer:
        """Answer one question."""
        return self.search_many([question])[0]

    def search_many(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer several questions at once, which costs less than one after the other."""
        return [answer for answer, _ in self.answers(questions)]

    def answers(self, questions: Sequence[Question]) -> list[tuple[Answer, ResultSet]]:
        """Answer several questions; each answer with the result set that it is a page of."""
        started = time.perf_counter()
        for question in questions:
            self.check(question)
        sets = self._result_sets(questions)
        return [
            (self._answer(question, *found, started), found[0])
            for question, found in zip(questions, sets, strict=True)
        ]

    def check(self, question: Question) -> None:
        """Refuse a question that this release cannot answer."""
        question.check()
        fields = self.fields
        if unknown := [name for name in question.filters if name not in fields]:
            raise bad_question(f"there is no filter {unknown[0]!r}; use {_named(sorted(fields))}.")
        name, _ = order_of(question.sort)
        if name and name not in (known := (*SORTS, *sorted(set(fields) - {"topic"}))):
            raise bad_question(f"cannot sort by {question.sort!r}; use {_named(known)}, with - for the reverse.")

    @property
    def fields(self) -> Mapping[str, int]:
        """The columns to filter by, and how many items have each; none that only items have which are not shown."""
        finder = self.finder
        excluded, known = finder.excluded(), self._shown_fields
        if known[0] is not excluded:
            ours = ("topic", "language")
            shown = {n: many for n, many in self._fields.items() if n in ours or finder.shows(FIELDS, n)}
            known = self._shown_fields = (excluded, shown)
        return known[1]

    @cached_property
    def failing_probes(self) -> list[Probe]:
        """The release's own probes that it does not answer; those whose item is not shown are passed over."""
        has_any = (self.release.path / PROBES).exists()
        probes = [probe for probe in self.release.probes if not self.finder.hides(probe.id)] if has_any else []
        return unanswered(probes, lambda text: [hit.id for hit in self.search(Question(text, k=FIRST)).hits])

    def item(self, id: str) -> Item:
        """The item with this id.

        Raises:
            SearchError: there is none, or it was withdrawn.
        """
        position = self.finder.items.position(id)
        if position is None or self.finder.hides(id):
            raise SearchError(Cause.UNKNOWN_ITEM, f"there is no item {id!r} in this release; search for it instead.")
        return self.finder.items[position]

    def similar(self, id: str, k: int = 10) -> list[Item]:
        """The items nearest in meaning to an item, without itself."""
        self.item(id)
        finder = self.finder
        position = finder.items.position(id)
        own = finder.dense.vectors[finder.dense.rows(np.array([position]))].astype(np.float32)
        if not len(own):
            return []
        allowed = np.ones(len(finder.items), np.bool_)
        allowed[finder.excluded()] = False
        allowed[position] = False
        return [finder.items[int(near)] for near in finder.dense.nearest(own.mean(axis=0), k, allowed)]

    def suggest(self, prefix: str, k: int = 8) -> list[str]:
        """Titles and topics that begin with what was typed so far, then titles that hold a word that does."""
        check_text(prefix)
        finder, excluded = self.finder, set(self.finder.excluded().tolist())

        def titles(positions: Iterable[int]) -> list[str]:
            shown = (finder.items[p] for p in positions if p not in excluded)
            return [item.title or item.id for item in shown]

        wanted = k + len(excluded)
        found = sorted(titles(finder.lexical.beginning(prefix, wanted)), key=len)[:k]
        found += finder.topics_beginning(prefix, k)
        if len(found) < k:
            found += titles(finder.lexical.holding(prefix, wanted))
        return list(dict.fromkeys(found))[:k]

    def why_not(self, question: Question, id: str) -> dict[str, Any]:
        """Why an item is not among the hits of a question."""
        self.check(question)
        about = {"id": id, "query": question.text, "release": self.release.id}
        if reason := absent(self.release, self.finder, id):
            return about | reason
        found, _ = self._result_sets([question])[0]
        position = self.finder.items.position(id)
        return about | outranked(self.finder, question, found, int(position or 0), self.level)

    def _result_sets(self, questions: Sequence[Question]) -> list[tuple[ResultSet, dict[str, dict[str, int]]]]:
        keys = [self._key(question) for question in questions]
        with self._lock:
            known = {key: self._sets[key] for key in keys if key in self._sets}
        missing = {key: question for key, question in zip(keys, questions, strict=True) if key not in known}
        if missing:
            asked = list(missing.values())
            found = self.finder.find([q.text for q in asked], [q.filters for q in asked])
            known |= {
                key: (one, self.finder.facets.count(one.positions)) for key, one in zip(missing, found, strict=True)
            }
        with self._lock:
            for key in keys:
                self._sets[key] = known[key]
                self._sets.move_to_end(key)
            while len(self._sets) > REMEMBERED:
                self._sets.popitem(last=False)
        return [known[key] for key in keys]

    def _key(self, question: Question) -> Key:
        self.finder.withdrawn.refresh()
        filters = tuple(sorted((name, tuple(sorted(set(values)))) for name, values in question.filters.items()))
        return question.text, filters, self.finder.withdrawn.number

    def _answer(
        self, question: Question, found: ResultSet, facets: Mapping[str, Mapping[str, int]], started: float
    ) -> Answer:
        order = self._sorted(found, question.sort)[question.offset : question.offset + question.k]
        hits = self._showing.hits(found, order, explain=question.explain)
        took = {name: round(found.took_ms.get(name, 0.0), 3) for name in ("encode", "dense", "lexical", "fuse")}
        took["total"] = round((time.perf_counter() - started) * 1000, 3)
        return Answer(
            query=question.text,
            release=self.release.id,
            total=len(found),
            total_text=f"{len(found)}+" if found.full else str(len(found)),
            offset=question.offset,
            no_good_match=self.no_good_match(found),
            did_you_mean=found.reading.corrected,
            hits=hits,
            facets=facets,
            took_ms=took,
            explain={"rules": list(found.reading.rules), "level": self.level} if question.explain else None,
        )

    def no_good_match(self, found: ResultSet) -> bool:
        """Whether nothing in the set is good enough; never where a name or a pin decided."""
        if found.named or found.pinned:
            return False
        return not len(found) or (self.level is not None and float(found.confidence[0]) < self.level)

    def _sorted(self, found: ResultSet, sort: str) -> Sequence[int]:
        places = range(len(found))
        name, reverse = order_of(sort)
        if not name:
            return places
        values = [_sort_value(self.finder.items[int(position)], name) for position in found.positions]
        filled = [place for place in places if values[place] is not None]
        empty = [place for place in places if values[place] is None]
        return [*sorted(filled, key=lambda place: values[place] or (0, 0.0, ""), reverse=reverse), *empty]


def _named(columns: Sequence[str]) -> str:
    """Columns as a sentence names them: a catalogue may have thousands, of any length."""
    shown = [name if len(name) <= LONGEST_NAMED else f"{name[:LONGEST_NAMED]}…" for name in columns[:MOST_NAMED]]
    return ", ".join(shown) + (f" and {len(columns) - MOST_NAMED:,} more" if len(columns) > MOST_NAMED else "")


def _level_of(release: Release) -> float | None:
    """The confidence that a good match has at least; None where none was told, and nothing is called a bad match."""
    levels = release.levels if (release.path / LEVELS).exists() else {}
    level: float | None = levels.get("no_good_match", {}).get("level")
    # Older releases told it by a level below every confidence.
    return None if level is None or level <= NEVER else level


def _sort_value(item: Item, name: str) -> tuple[int, float, str] | None:
    value = getattr(item, name) if name in ("title", "updated_at", "id", "language") else item.extra.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, str(value).casefold()
