"""JUnit report of a verdict: one test case a condition."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from release_format.verdict import Condition, Outcome


def junit(conditions: Sequence[Condition]) -> str:
    """The conditions as test cases.

    A no is a failure, could-not-tell an error; a warning is passed, with its text.
    """
    suite = ElementTree.Element("testsuite", name="data gate", tests=str(len(conditions)))
    counted = {"failure": 0, "error": 0, "skipped": 0}
    for condition in conditions:
        case = ElementTree.SubElement(suite, "testcase", classname="data-gate", name=condition.name)
        if kind := _junit_kind(condition):
            counted[kind] += 1
            ElementTree.SubElement(case, kind, message=_plain(condition.sentence()))
        elif condition.answer is not Outcome.YES:
            ElementTree.SubElement(case, "system-out").text = _plain(condition.sentence())
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(counted[kind]))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _junit_kind(condition: Condition) -> str:
    if condition.stops:
        return "failure" if condition.answer is Outcome.NO else "error"
    return "skipped" if condition.answer is Outcome.NOT_ASKED else ""


def _plain(text: str) -> str:
    """XML 1.0 takes no control characters."""
    return "".join(letter if letter >= " " else " " for letter in text)
