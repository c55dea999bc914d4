"""The engine: the answers to questions about one release."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from release_format.fields import FieldType, Schema
from release_format.items import Item
from release_format.probes import FIRST, Probe, unanswered
from release_format.release import ENCODER, PROBES, Release
from searchbar.answer_sets import AnswerSet, AnswerSets
from searchbar.errors import Cause, SearchError, bad_question
from searchbar.fields.field_table import FieldTable
from searchbar.fields.keywords import Keywords
from searchbar.query.analyzers import PLAIN
from searchbar.query.parameters import parameter
from searchbar.query.parser import joined
from searchbar.query.question import UNCUT, Answer, Question, check_text
from searchbar.relevance.estimate import Relevance
from searchbar.relevant_sets import Asked
from searchbar.results.completion import completed
from searchbar.results.hits import HitBuilder
from searchbar.results.similar import most_similar
from searchbar.results.suggestions import begun_items, suggestions
from searchbar.results.token_vectors import TokenVectors
from searchbar.results.why_not import AskedFor, absent, outranked
from searchbar.retrieval.columns import COLUMNS, Columns
from searchbar.retrieval.result_set import ResultSet
from searchbar.retrieval.retriever import Retriever
from searchbar.retrieval.values.state import ValuesState
from searchbar.retrieval.values.values import Values
from searchbar.retrieval.withdrawn import Withdrawn

STEPS = ("encode", "dense", "lexical", "fuse")


class Engine:
    """Answers questions about one release; safe to be asked by several threads."""

    def __init__(
        self,
        release: Release,
        retriever: Retriever,
        relevance: Relevance,
        values: Path | None = None,
    ) -> None:
        """`relevance` tells what fits; `values` is a file of values that change meanwhile."""
        self.release: Final = release
        self.retriever: Final = retriever
        self.relevance: Final = relevance
        self._hit_builder = HitBuilder(retriever, TokenVectors.of(release.path / ENCODER))
        columns = Columns.open(release.path / COLUMNS, len(retriever.items))
        schema, facets = release.schema or Schema(), retriever.facets
        self.values: Final = Values(values, retriever.items, schema, columns, facets)
        self._sets, self._keywords = AnswerSets(retriever, relevance), (facets, Keywords(facets))
        self._table = self._table_of(self.values.state)

    @classmethod
    def open(
        cls,
        release: Release,
        *,
        withdrawn: Withdrawn | None = None,
        values: Path | None = None,
    ) -> Engine:
        """Open a release for answering, by its own rules, fusion and level.

        Raises:
            SearchError: a file is unreadable, or its files do not belong together.
        """
        retriever = Retriever(release, withdrawn=withdrawn)
        return cls(release, retriever, Relevance.of(release), values)

    @property
    def level(self) -> float | None:
        """The confidence that a good match has at least.

        None where it is not told; nothing is called a bad match then.
        """
        return self.relevance.level

    @property
    def table(self) -> FieldTable:
        """The fields to filter, sort and count by, as they were when values were last read."""
        state, table = self.values.state, self._table
        if not table.is_of(state):
            table = self._table = self._table_of(state)
        return table

    def _table_now(self) -> FieldTable:
        """The same, once values that changed meanwhile are read, which may take a while."""
        self.values.refresh()
        return self.table

    def _table_of(self, state: ValuesState) -> FieldTable:
        facets, keywords = self._keywords
        if facets is not state.facets:
            keywords = Keywords(state.facets)
            self._keywords = (state.facets, keywords)
        return FieldTable(self.release.schema, self.retriever, state, keywords)

    @property
    def fields(self) -> Sequence[str]:
        """The fields to filter by that shown items have."""
        return self.table.filters

    def search(self, question: Question) -> Answer:
        """Answer one question."""
        return self.search_many([question])[0]

    def search_many(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer several questions at once, which costs less than one after the other."""
        return [answer for answer, _ in self.answers(questions)]

    def answers(self, questions: Sequence[Question]) -> list[tuple[Answer, ResultSet]]:
        """Answer several questions; each answer with the result set that it is a page of."""
        started, table = time.perf_counter(), self._table_now()
        several = [self.asked(question, table) for question in questions]
        return [
            (self._answer(asked, answer_set, table, started), answer_set.result_set)
            for asked, answer_set in zip(several, self._sets.of(several, table), strict=True)
        ]

    def result_sets(self, texts: Sequence[str]) -> list[ResultSet]:
        """The result sets of texts that look for something, new each time and without answers."""
        table = self.table
        several = [self.asked(Question(text), table) for text in texts]
        return self.retriever.find(
            [asked.parsed for asked in several],
            [asked.within for asked in several],
            [table.preferences(asked.conditions) for asked in several],
        )

    def check(self, question: Question, written: Callable[[str], str] = str) -> None:
        """Refuse a question that this release cannot answer.

        `written` says how whoever asks writes the filter of a column: by its name, or as a
        parameter.
        """
        self.asked(question, self.table, written)

    def facet_values(
        self, field: str, question: Question, prefix: str = ""
    ) -> tuple[Mapping[str, int], int]:
        """The values of a field in all of a question's results, with how many have each.

        Returns:
            The most frequent ones that begin so, or have a word that does; how many do.

        Raises:
            SearchError: the field has no values to choose from.
        """
        table = self._table_now()
        facets = table.filters if table.facets is None else list(table.facets)
        kind = FieldType.KEYWORD if table.facets is None else table.facets.get(field)
        if field not in facets or kind in (FieldType.NUMBER, FieldType.DATE):
            use = "use one that answers count by its values"
            raise bad_question(f"{field[:64]!r} has no values to choose from; {use}.")
        check_text(prefix, may_be_empty=True)
        asked = self.asked(question, table, parameter)
        (answer_set,) = self._sets.of([asked], table)
        if kind is FieldType.BOOLEAN:
            counts = answer_set.facets.get(field, {}).get("values", {})
            begun = {v: n for v, n in counts.items() if v.startswith(prefix.strip().lower())}
            return begun, len(begun)
        return self._sets.values(field, prefix, answer_set, table)

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
        return self.values.state.now(self.retriever.items[position], position)

    def similar(self, id: str, k: int = 10) -> list[Item]:
        """The items nearest in meaning to an item, without itself and its variants."""
        self.item(id)
        items, table = self.retriever.items, self._table_now()
        near = most_similar(self.retriever, int(items.position(id) or 0), k, table.groups)
        return [table.values.now(items[position], position) for position in near.tolist()]

    def suggest(self, prefix: str, k: int = 8) -> list[str]:
        """Titles and topics that begin with a prefix, then titles that hold a word that does."""
        check_text(prefix)
        return suggestions(self.retriever, self.table.groups, prefix, k)

    def completed(self, typed: str) -> str:
        """A question that is still being typed, with its last word finished."""
        check_text(typed)
        return completed(self.retriever, typed)

    def begun(self, typed: str, k: int) -> list[Item]:
        """The items whose title or id begins as typed, short names first."""
        check_text(typed)
        items, table = self.retriever.items, self._table_now()
        positions = begun_items(self.retriever, table.groups, typed, k)
        return [table.values.now(items[position], position) for position in positions]

    def knows(self, text: str) -> bool:
        """Whether items that may be shown hold every word of a text that says something."""
        lexical, shows = self.retriever.lexical, self.retriever.shows
        words = lexical.reader.telling(text)
        return bool(words) and all(lexical.occurs(w) and shows(PLAIN, w) for w in words)

    def why_not(self, question: Question, id: str) -> dict[str, Any]:
        """Why an item is not among the hits of a question."""
        check_text(question.text)
        table = self._table_now()
        asked = self.asked(replace(question, cut=UNCUT), table, parameter)
        about = {"id": id, "query": question.text, "release": self.release.id}
        if reason := absent(self.release, self.retriever, id):
            return about | reason
        (answer_set,) = self._sets.of([asked], table)
        position = int(self.retriever.items.position(id) or 0)
        each = {name: table.within(of) for name, of in asked.conditions.by_field().items()}
        asked_for = AskedFor(question, each, table.preferences(asked.conditions).groups)
        relevant, hits = answer_set.relevant, answer_set.hits
        return about | outranked(self.retriever, asked_for, relevant, hits, position, self.level)

    def _answer(
        self, asked: Asked, answer_set: AnswerSet, table: FieldTable, started: float
    ) -> Answer:
        question, result_set = asked.question, answer_set.result_set
        hits = self._sets.hits(asked, answer_set, table)
        page = slice(question.offset, question.offset + question.k)
        shown = self._hit_builder.hits(
            result_set,
            hits.places[page],
            hits.variants[page],
            table.values,
            self.relevance.estimates(result_set) if question.explain else None,
        )
        took = {name: round(result_set.took_ms.get(name, 0.0), 3) for name in STEPS}
        took["total"] = round((time.perf_counter() - started) * 1000, 3)
        explain = {"rules": list(result_set.plan.rules), "level": self.level}
        is_sought = len(result_set) > 0 and not asked.is_browsing
        return Answer(
            query=question.text,
            release=self.release.id,
            total=answer_set.total,
            total_text=answer_set.total_text,
            less_likely=answer_set.less_likely,
            offset=question.offset,
            no_good_match=answer_set.relevant.no_good_match,
            did_you_mean=result_set.plan.corrected,
            read=result_set.plan.parsed.to_json(),
            hits=shown,
            facets=answer_set.facets,
            took_ms=took,
            values=table.values.to_json(),
            explain=explain if question.explain else None,
            confidence=float(result_set.confidence[0]) if is_sought else None,
        )

    def asked(
        self, question: Question, table: FieldTable, written: Callable[[str], str] = str
    ) -> Asked:
        """A question as this release reads it, with the filters inside its text.

        Raises:
            SearchError: it cannot be answered.
        """
        question.check()
        table.check(list(question.filters), written)
        parsed = self.retriever.parse(question.text, table.column_of)
        conditions = table.conditions(joined(question.filters, parsed.filters))
        within, sort = table.within(conditions), table.sort_keys(question.sort)
        return Asked(question, parsed, conditions, within, sort)
