"""A lint of a catalogue's rules: which are dead, in conflict, needless, or do harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from index_builder.quality.judgments import JudgedQuestion
from index_builder.quality.metrics import MAIN, per_question
from index_builder.quality.query_runner import ask_judged
from release_format.gate import Measured
from searchbar.engine import Engine
from searchbar.query.normalize import loose
from searchbar.query.question import Question
from searchbar.query.rules import Rules
from searchbar.retrieval.retriever import Retriever

RuleTable = Mapping[str, Any]

# A rule does harm when the judged questions that it touches lose at least this much nDCG@10 in the
# mean.
HARM = 0.02


@dataclass(frozen=True)
class Linted:
    """What is wrong with the rules, in sentences by kind."""

    dead: Sequence[str] = ()
    conflicting: Sequence[str] = ()
    needless: Sequence[str] = ()
    harmful: Sequence[str] = ()

    def measured(self) -> dict[str, Measured]:
        """One number a kind for the gate."""
        kinds = {
            name: getattr(self, name) for name in ("dead", "conflicting", "needless", "harmful")
        }
        return {
            f"rules-{name}": Measured(len(sentences), detail="; ".join(sentences[:5]))
            for name, sentences in kinds.items()
        }


def lint(rules: RuleTable, engine: Engine, judged: Sequence[JudgedQuestion]) -> Linted:
    """Look at every rule that an engine answers by, and ask without those that could be missed."""
    if not rules:
        return Linted()
    answerable = [question for question in judged if question.relevant]
    return Linted(
        dead=tuple(_dead(rules, engine)),
        conflicting=tuple(_conflicting(rules)),
        needless=tuple(_needless(rules, engine)),
        harmful=tuple(_harmful(rules, engine, answerable)),
    )


def _dead(rules: RuleTable, engine: Engine) -> Iterable[str]:
    items = engine.release.items
    for pin in rules.get("pins", ()):
        for id in pin["ids"]:
            if items.position(id) is None:
                yield f"the pin of {pin['question']!r} names {id}, which is not there"
    for hide in rules.get("hides", ()):
        if items.position(hide["id"]) is None:
            yield f"{hide['id']} is hidden and not there"
    for synonym in rules.get("synonyms", ()):
        words = (word for text in synonym["words"] for word in loose(text).split())
        if not any(map(engine.retriever.lexical.occurs, words)):
            yield f"none of the synonyms {_words(synonym)} occurs"


def _conflicting(rules: RuleTable) -> Iterable[str]:
    hidden = {hide["id"] for hide in rules.get("hides", ())}
    for pin in rules.get("pins", ()):
        for id in sorted(hidden.intersection(pin["ids"])):
            yield f"{id} is pinned to {pin['question']!r} and hidden"
    pinned = Counter(loose(pin["question"]) for pin in rules.get("pins", ()))
    yield from (
        f"{question!r} is pinned {count} times" for question, count in pinned.items() if count > 1
    )
    words = Counter(
        loose(word) for synonym in rules.get("synonyms", ()) for word in set(synonym["words"])
    )
    yield from (
        f"{word!r} has synonyms in {count} rules" for word, count in words.items() if count > 1
    )


def _needless(rules: RuleTable, engine: Engine) -> Iterable[str]:
    pins = rules.get("pins", ())
    if not pins:
        return
    bare = _without(rules, engine, "pins", None)
    for pin in pins:
        k = max(1, min(len(pin["ids"]), 100))
        hits = bare.search(Question(pin["question"], k=k)).hits
        if [hit.id for hit in hits] == pin["ids"]:
            yield f"{pin['question']!r} finds its pins without being told"


def _harmful(rules: RuleTable, engine: Engine, judged: Sequence[JudgedQuestion]) -> Iterable[str]:
    """Synonyms and hides by the judged questions; a pin is somebody's will, whatever judges say."""
    for synonym in rules.get("synonyms", ()):
        keys = [f" {loose(word)} " for word in synonym["words"]]
        touched = [q for q in judged if any(key in f" {loose(q.question)} " for key in keys)]
        if touched:
            without = _without(rules, engine, "synonyms", synonym)
            lost = _mean(without, touched) - _mean(engine, touched)
            if lost >= HARM:
                yield (
                    f"the synonyms {_words(synonym)} cost {lost:.3f} nDCG@10 over {len(touched)}"
                    " judged questions"
                )
    hidden = {hide["id"] for hide in rules.get("hides", ())}
    wanted = Counter(id for question in judged for id in hidden.intersection(question.relevant))
    yield from (
        f"{id} is hidden, and answers {count} judged question(s)" for id, count in wanted.items()
    )


def _mean(engine: Engine, judged: Sequence[JudgedQuestion]) -> float:
    answers = {id: answer.ids for id, answer in ask_judged(engine, judged).items()}
    return float(per_question(judged, answers)[MAIN].mean())


def _without(rules: RuleTable, engine: Engine, kind: str, rule: Mapping[str, Any] | None) -> Engine:
    """An engine of the same release without one rule, or without all of its kind."""
    left = [other for other in rules.get(kind, ()) if rule is not None and other is not rule]
    retriever = Retriever(engine.release, rules=Rules.from_table({**rules, kind: left}))
    return Engine(engine.release, retriever, engine.level)


def _words(synonym: Mapping[str, Any]) -> str:
    return ", ".join(map(repr, synonym["words"]))
