"""The engine: the answers to questions about one release."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from cachetools import LRUCache

from release_format.items import Item
from release_format.probes import FIRST, Probe, unanswered
from release_format.release import ENCODER, LEVELS, PROBES, Release
from searchbar.errors import Cause, SearchError, bad_question
from searchbar.query.parameters import order_by, order_of, parameter
from searchbar.query.question import Answer, Question, check_text
from searchbar.results.hits import HitBuilder
from searchbar.results.token_vectors import TokenVectors
from searchbar.results.why_not import absent, outranked
from searchbar.retrieval.lexical import FIELDS
from searchbar.retrieval.result_set import Positions, ResultSet
from searchbar.retrieval.retriever import Retriever
from searchbar.retrieval.withdrawn import Withdrawn

REMEMBERED = 512
SORTS = ("title", "updated_at", "id")
MOST_LISTED, LONGEST_LISTED = 50, 64
NEVER = -1.0

Key = tuple[Any, ...]


class Engine:
    """Answers questions about one release; safe to be asked by several threads."""

    def __init__(self, release: Release, retriever: Retriever, level: float | None) -> None:
        self.release: Final = release
        self.retriever: Final = retriever
        self._level = level
        self._hit_builder = HitBuilder(retriever, TokenVectors.of(release.path / ENCODER))
        self._fields = {"topic": 0, "language": 0, **retriever.lexical.fields()}
        self._shown_fields: tuple[Positions, dict[str, int]] = (np.empty(0, np.int64), self._fields)
        self._sets: LRUCache[Key, tuple[ResultSet, dict[str, dict[str, int]]]] = LRUCache(
            REMEMBERED
        )
        self._lock = threading.Lock()

    @classmethod
    def open(cls, release: Release, *, withdrawn: Withdrawn | None = None) -> Engine:
        """Open a release for answering, by its own rules, fusion and level.

        Raises:
            SearchError: a file is unreadable, or its files do not belong together.
        """
        return cls(release, Retriever(release, withdrawn=withdrawn), _level_of(release))

    @property
    def level(self) -> float | None:
        """The confidence that a good match has at least.

        None where it is not told; nothing is called a bad match then.
        """
        return self._level

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
            (self._answer(question, result_set, facets, started), result_set)
            for question, (result_set, facets) in zip(questions, sets, strict=True)
        ]

    def check(self, question: Question, written: Callable[[str], str] = str) -> None:
        """Refuse a question that this release cannot answer.

        `written` says how whoever asks writes the filter of a column: by its name, or as a
        parameter.
        """
        question.check()
        fields = self.fields
        if unknown := [name for name in question.filters if name not in fields]:
            use = _listed([written(column) for column in sorted(fields)])
            raise bad_question(f"there is no filter {written(unknown[0])!r}; use {use}.")
        name, _ = order_of(question.sort)
        if name and name not in (known := (*SORTS, *sorted(set(fields) - {"topic"}))):
            use = _listed([column if column in SORTS else order_by(column) for column in known])
            raise bad_question(
                f"cannot sort by {question.sort!r}; use {use}, with - for the reverse."
            )

    @property
    def fields(self) -> Mapping[str, int]:
        """The columns to filter by that shown items have, and how many items have each."""
        retriever = self.retriever
        excluded, known = retriever.excluded(), self._shown_fields
        if known[0] is not excluded:
            ours = ("topic", "language")
            shown = {
                name: count
                for name, count in self._fields.items()
                if name in ours or retriever.shows(FIELDS, name)
            }
            known = self._shown_fields = (excluded, shown)
        return known[1]

    @cached_property
    def failing_probes(self) -> list[Probe]:
        """The release's own probes that it does not answer; of items that are shown."""
        probes = self.release.probes if (self.release.path / PROBES).exists() else []
        shown = [probe for probe in probes if not self.retriever.hides(probe.id)]
        return unanswered(
            shown, lambda text: [hit.id for hit in self.search(Question(text, k=FIRST)).hits]
        )

    def item(self, id: str) -> Item:
        """The item with this id.

        Raises:
            SearchError: there is none, or it was withdrawn.
        """
        position = self.retriever.items.position(id)
        if position is None or self.retriever.hides(id):
            raise SearchError(
                Cause.UNKNOWN_ITEM,
                f"there is no item {id!r} in this release; search for it instead.",
            )
        return self.retriever.items[position]

    def similar(self, id: str, k: int = 10) -> list[Item]:
        """The items nearest in meaning to an item, without itself."""
        self.item(id)
        items, dense = self.retriever.items, self.retriever.dense
        position = items.position(id)
        own = dense.vectors[dense.rows(np.array([position]))].astype(np.float32)
        if not len(own):
            return []
        allowed = np.ones(len(items), np.bool_)
        allowed[self.retriever.excluded()] = False
        allowed[position] = False
        return [items[int(near)] for near in dense.nearest(own.mean(axis=0), k, allowed)]

    def suggest(self, prefix: str, k: int = 8) -> list[str]:
        """Titles and topics that begin with a prefix, then titles that hold a word that does."""
        check_text(prefix)
        retriever, excluded = self.retriever, set(self.retriever.excluded().tolist())

        def titles(positions: Iterable[int]) -> list[str]:
            shown = (retriever.items[p] for p in positions if p not in excluded)
            return [item.title or item.id for item in shown]

        wanted = k + len(excluded)
        suggestions = sorted(titles(retriever.lexical.beginning(prefix, wanted)), key=len)[:k]
        suggestions += retriever.topics_beginning(prefix, k)
        if len(suggestions) < k:
            suggestions += titles(retriever.lexical.holding(prefix, wanted))
        return list(dict.fromkeys(suggestions))[:k]

    def why_not(self, question: Question, id: str) -> dict[str, Any]:
        """Why an item is not among the hits of a question."""
        self.check(question, parameter)
        about = {"id": id, "query": question.text, "release": self.release.id}
        if reason := absent(self.release, self.retriever, id):
            return about | reason
        result_set, _ = self._result_sets([question])[0]
        position = int(self.retriever.items.position(id) or 0)
        return about | outranked(self.retriever, question, result_set, position, self.level)

    def _result_sets(
        self, questions: Sequence[Question]
    ) -> list[tuple[ResultSet, dict[str, dict[str, int]]]]:
        keys = [self._key(question) for question in questions]
        with self._lock:
            known = {key: self._sets[key] for key in keys if key in self._sets}
        missing = {
            key: question for key, question in zip(keys, questions, strict=True) if key not in known
        }
        fresh = {}
        if missing:
            texts = [question.text for question in missing.values()]
            filters = [question.filters for question in missing.values()]
            result_sets = self.retriever.find(texts, filters)
            fresh = {
                key: (result_set, self.retriever.facets.count(result_set.positions))
                for key, result_set in zip(missing, result_sets, strict=True)
            }
            # What is remembered took no time of whoever is answered from it.
            known |= {
                key: (replace(result_set, took_ms={}), facets)
                for key, (result_set, facets) in fresh.items()
            }
        with self._lock:
            self._sets.update((key, known[key]) for key in keys)
        return [fresh.pop(key, known[key]) for key in keys]

    def _key(self, question: Question) -> Key:
        self.retriever.withdrawn.refresh()
        filters = tuple(
            sorted((name, tuple(sorted(set(values)))) for name, values in question.filters.items())
        )
        return question.text, filters, self.retriever.withdrawn.number

    def _answer(
        self,
        question: Question,
        result_set: ResultSet,
        facets: Mapping[str, Mapping[str, int]],
        started: float,
    ) -> Answer:
        order = self._sorted(result_set, question.sort)[
            question.offset : question.offset + question.k
        ]
        hits = self._hit_builder.hits(result_set, order, explain=question.explain)
        took = {
            name: round(result_set.took_ms.get(name, 0.0), 3)
            for name in ("encode", "dense", "lexical", "fuse")
        }
        took["total"] = round((time.perf_counter() - started) * 1000, 3)
        explain = {"rules": list(result_set.plan.rules), "level": self.level}
        return Answer(
            query=question.text,
            release=self.release.id,
            total=len(result_set),
            total_text=f"{len(result_set)}+" if result_set.full else str(len(result_set)),
            offset=question.offset,
            no_good_match=self.no_good_match(result_set),
            did_you_mean=result_set.plan.corrected,
            read=result_set.plan.parsed.to_json(),
            hits=hits,
            facets=facets,
            took_ms=took,
            explain=explain if question.explain else None,
        )

    def no_good_match(self, result_set: ResultSet) -> bool:
        """Whether nothing in the set is good enough; never where a name or a pin decided, or
        nothing was looked for."""
        if result_set.named or result_set.pinned:
            return False
        if result_set.plan.parsed.is_empty:
            return not len(result_set)
        return not len(result_set) or (
            self.level is not None and float(result_set.confidence[0]) < self.level
        )

    def _sorted(self, result_set: ResultSet, sort: str) -> Sequence[int]:
        places, items = range(len(result_set)), self.retriever.items
        name, reverse = order_of(sort)
        if not name:
            return places
        values = [_sort_value(items[int(position)], name) for position in result_set.positions]
        filled = [place for place in places if values[place] is not None]
        empty = [place for place in places if values[place] is None]
        return [
            *sorted(filled, key=lambda place: values[place] or (0, 0.0, ""), reverse=reverse),
            *empty,
        ]


def _listed(columns: Sequence[str]) -> str:
    """Columns as a sentence names them: a catalogue may have thousands, of any length."""
    shown = [
        name if len(name) <= LONGEST_LISTED else f"{name[:LONGEST_LISTED]}…"
        for name in columns[:MOST_LISTED]
    ]
    return ", ".join(shown) + (
        f" and {len(columns) - MOST_LISTED:,} more" if len(columns) > MOST_LISTED else ""
    )


def _level_of(release: Release) -> float | None:
    levels = release.levels if (release.path / LEVELS).exists() else {}
    level: float | None = levels.get("no_good_match", {}).get("level")
    # Older releases told it by a level below every confidence.
    return None if level is None or level <= NEVER else level


def _sort_value(item: Item, name: str) -> tuple[int, float, str] | None:
    own = name in ("title", "updated_at", "id", "language")
    value = getattr(item, name) if own else item.extra.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, str(value).casefold()
