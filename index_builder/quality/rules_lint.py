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
from release_format.listing import listed
from searchbar.engine import Engine
from searchbar.query.normalize import loose
from searchbar.query.question import Question
from searchbar.query.rule_matcher import RuleMatcher
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
            f"rules-{name}": Measured(len(sentences), detail=listed(sentences, 5, "; "))
            for name, sentences in kinds.items()
        }


def lint(rules: RuleTable, engine: Engine, judged: Sequence[JudgedQuestion]) -> Linted:
    """Look at every rule that an engine answers by, and ask without those that could be missed."""
    if not rules:
        return Linted()
    answerable = [question for question in judged if question.relevant]
    matcher = engine.retriever.rules
    return Linted(
        dead=tuple(_dead(rules, engine)),
        conflicting=tuple(_conflicting(rules, matcher)),
        needless=tuple(_needless(rules, engine, matcher)),
        harmful=tuple(_harmful(rules, engine, matcher, answerable)),
    )


def _dead(rules: RuleTable, engine: Engine) -> Iterable[str]:
    items = engine.release.items
    for pin in rules.get("pins", ()):
        for id in pin["ids"]:
            if items.position(id) is None:
                yield f"the pin of {_asked(pin)!r} names {id}, which is not there"
    for hide in rules.get("hides", ()):
        if items.position(hide["id"]) is None:
            yield f"{hide['id']} is hidden and not there"
    for synonym in rules.get("synonyms", ()):
        # One way, only what is searched besides can find anything.
        searched = " ".join(synonym.get("also") or synonym["words"])
        stems = dict.fromkeys(engine.retriever.lexical.stems(searched), 1.0)
        if not len(engine.retriever.lexical.search(stems, 1)[0]):
            yield f"none of the synonyms {_words(synonym)} occurs"


def _conflicting(rules: RuleTable, matcher: RuleMatcher) -> Iterable[str]:
    hidden = {hide["id"] for hide in rules.get("hides", ())}
    pins = rules.get("pins", ())
    for pin in pins:
        for id in sorted(hidden.intersection(pin["ids"])):
            yield f"{id} is pinned to {_asked(pin)!r} and hidden"
    pinned = Counter(loose(pin["question"]) for pin in pins if "question" in pin)
    contained = Counter(_key(matcher, pin["contains"]) for pin in pins if "contains" in pin)
    for counts, kind in ((pinned, "is pinned"), (contained, "is pinned where it is contained")):
        yield from (f"{text!r} {kind} {n} times" for text, n in counts.items() if n > 1)
    words = Counter(
        key
        for synonym in rules.get("synonyms", ())
        for key in {_key(matcher, word) for word in _fires_on(synonym)}
    )
    yield from (
        f"{word!r} has synonyms in {count} rules" for word, count in words.items() if count > 1
    )


def _needless(rules: RuleTable, engine: Engine, matcher: RuleMatcher) -> Iterable[str]:
    for synonym in rules.get("synonyms", ()):
        every = [*_fires_on(synonym), *synonym.get("also", ())]
        keys = Counter(_key(matcher, word) for word in every)
        yield from (
            f"{key!r} stands twice in the synonyms {_words(synonym)}: forms of a word are one word"
            for key, count in keys.items()
            if count > 1
        )
    pins = rules.get("pins", ())
    bare = _without(rules, engine, "pins", None) if pins else engine
    for pin in pins:
        k = max(1, min(len(pin["ids"]), 100))
        hits = bare.search(Question(_asked(pin), k=k)).hits
        if [hit.id for hit in hits] == pin["ids"]:
            yield f"{_asked(pin)!r} finds its pins without being told"


def _harmful(
    rules: RuleTable, engine: Engine, matcher: RuleMatcher, judged: Sequence[JudgedQuestion]
) -> Iterable[str]:
    """Synonyms and hides by the judged questions; a pin is somebody's will, whatever judges say."""
    for synonym in rules.get("synonyms", ()):
        keys = [f" {_key(matcher, word)} " for word in _fires_on(synonym)]
        asked = [(question, f" {_key(matcher, question.question)} ") for question in judged]
        touched = [question for question, text in asked if any(key in text for key in keys)]
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
    others, encoder = Rules.from_table({**rules, kind: left}), engine.retriever.encoder
    retriever = Retriever(engine.release, rules=others, encoder=encoder)
    return Engine(engine.release, retriever, engine.relevance)


def _asked(pin: Mapping[str, Any]) -> str:
    text: str = pin.get("question") or pin["contains"]
    return text


def _fires_on(synonym: Mapping[str, Any]) -> Sequence[str]:
    """The words of a question that a rule of synonyms is about."""
    words: Sequence[str] = synonym.get("words") or synonym["asked"]
    return words


def _key(matcher: RuleMatcher, text: str) -> str:
    """A text as rules compare it."""
    return " ".join(matcher.stems(text))


def _words(synonym: Mapping[str, Any]) -> str:
    if "also" in synonym:
        return " → ".join(", ".join(map(repr, synonym[kind])) for kind in ("asked", "also"))
    return ", ".join(map(repr, synonym["words"]))
