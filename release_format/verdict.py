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
        return self.answer in (Outcome.NO, Outcome.COULD_NOT_TELL)

    def sentence(self) -> str:
        """The condition in one line: what was seen, what is allowed, what to do."""
        finding = f"{self.name}: {self.answer} — saw {self.seen}, allowed {self.allowed}."
        return f"{finding} {self.why}" if self.why else finding


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
        bad = (Outcome.NO, Outcome.COULD_NOT_TELL)
        return [
            c
            for c in self.conditions
            if c.answer in bad and not c.stops and c.severity is not Severity.TELL
        ]

    def sentence(self) -> str:
        """The verdict in one line."""
        if self.says_yes:
            warned = len(self.warnings())
            return f"The {self.gate} gate says yes" + (
                f", with {warned} warning(s)." if warned else "."
            )
        return f"The {self.gate} gate says no: " + " ".join(c.sentence() for c in self.refusals())

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
