"""Verdict of a gate: every condition with what was seen and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from release_format.exit_codes import COULD_NOT_TELL, NO, YES
from release_format.run_log import now
from release_format.seal import FormatError
from release_format.untrusted_json import parse_json


class Outcome(StrEnum):
    """The answer of one condition.

    `COULD_NOT_TELL` is not yes; `NOT_ASKED` is reported, and stops nothing.
    """

    YES = "yes"
    NO = "no"
    COULD_NOT_TELL = "could not tell"
    NOT_ASKED = "not asked"


class Severity(StrEnum):
    """What a no of this condition does: stop the line, show a warning, or only be reported."""

    BLOCK = "block"
    WARN = "warn"
    TELL = "tell"


_NOT_MET = (Outcome.NO, Outcome.COULD_NOT_TELL)


@dataclass(frozen=True)
class Condition:
    """One condition of a gate.

    `name` is stable and lower-case-with-dashes; `seen` and `allowed` are for people ("3.1 %", "at
    most 1 %"); `why` says what a no means and what to do; `measured` and `bound` are the bare
    numbers for machines; `accepted_by` names the person who accepted this condition for this one
    subject, with `accepted_because`.
    """

    name: str
    answer: Outcome
    seen: str
    allowed: str
    severity: Severity = Severity.BLOCK
    why: str = ""
    measured: float | None = None
    bound: float | None = None
    accepted_by: str = ""
    accepted_because: str = ""

    @property
    def stops(self) -> bool:
        """Whether this condition keeps the gate shut."""
        if self.severity is not Severity.BLOCK or self.accepted_by:
            return False
        return self.answer in _NOT_MET

    @property
    def word(self) -> str:
        """The answer where people read it: a no that stops nothing is a warning, and called so."""
        if self.answer not in _NOT_MET or self.stops:
            return str(self.answer)
        if self.accepted_by:
            return "accepted"
        return "warning" if self.severity is Severity.WARN else "noted"

    def sentence(self) -> str:
        """The condition in one line: what was seen, what is allowed, what to do."""
        limit = "allowed" if self.stops else "expected"
        finding = f"{self.name}: {self.word} — saw {self.seen}, {limit} {self.allowed}."
        reason = f"Accepted by {self.accepted_by}: {self.accepted_because}"
        told = reason if self.accepted_by else self.why
        return f"{finding} {told}" if told else finding


@dataclass(frozen=True)
class Verdict:
    """A gate's answer about `subject` compared with `live` (ids; `live` is empty without one)."""

    gate: str
    subject: str
    live: str
    conditions: Sequence[Condition]
    facts: Mapping[str, Any] = field(default_factory=dict)
    made_at: str = field(default_factory=now)

    @property
    def says_yes(self) -> bool:
        return not any(condition.stops for condition in self.conditions)

    @property
    def exit_code(self) -> int:
        """0 yes · 1 a condition said no · 3 none said no, but one could not tell."""
        answers = {condition.answer for condition in self.conditions if condition.stops}
        if Outcome.NO in answers:
            return NO
        return COULD_NOT_TELL if answers else YES

    def refusals(self) -> list[Condition]:
        """The conditions that keep the gate shut."""
        return [condition for condition in self.conditions if condition.stops]

    def warnings(self) -> list[Condition]:
        """Conditions that were not met and do not stop the line, accepted ones included."""
        return [
            c
            for c in self.conditions
            if c.answer in _NOT_MET and not c.stops and c.severity is not Severity.TELL
        ]

    def example(self, name: str) -> str:
        """What a condition is about, by one of its rows or questions; "" where none was told."""
        examples = self.facts.get("examples")
        example = examples.get(name) if isinstance(examples, Mapping) else None
        return example if isinstance(example, str) else ""

    def sentence(self) -> str:
        """The verdict in one line."""
        return " ".join(self.paragraphs())

    def paragraphs(self) -> list[str]:
        """The verdict for a console: its answer, and a paragraph for each reason against it."""
        if self.says_yes:
            return [f"The {self.gate} gate says yes{self._warned()}."]
        answer = "says no" if self.exit_code == NO else "could not tell"
        first, *others = [c.sentence() for c in self.refusals()]
        return [f"The {self.gate} gate {answer}: {first}", *others]

    def _warned(self) -> str:
        """The warnings by name, wherever they are counted."""
        names = [condition.name for condition in self.warnings()]
        if not names:
            return ""
        return f", with {len(names)} warning{'s' if names[1:] else ''}: {', '.join(names)}"

    def to_json(self) -> str:
        record = {"says_yes": self.says_yes, **asdict(self), "facts": dict(self.facts)}
        return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes, where: object = "verdict") -> Verdict:
        """Read a verdict; what it says is computed from its conditions again, never believed.

        Raises:
            FormatError: this is not a verdict.
        """
        try:
            raw = parse_json(text)
            conditions = [
                Condition(
                    **{**c, "answer": Outcome(c["answer"]), "severity": Severity(c["severity"])}
                )
                for c in raw["conditions"]
            ]
            return cls(
                raw["gate"], raw["subject"], raw["live"], conditions, raw["facts"], raw["made_at"]
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(f"{where} is not a verdict ({error}). Run its gate again.") from error
