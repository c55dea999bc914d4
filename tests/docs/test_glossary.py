"""The glossary: a heading for every word that means something of its own here, and no other."""

from __future__ import annotations

import re

from tests.conftest import ROOT

WORDS = """
    catalogue, item, field, quarantine, snapshot, pin, recipe, encoder, passage, probe, release,
    seal, gate, verdict, pair verdict, channel, image, host, slot, colour, live, idle, router,
    switch, guard, rollout, rollback, prune, certificate, run, relevant set
"""


def test_each_word_has_one_heading_and_a_sentence() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"^## (.+)\n\n(.+(?:\n.+)*)", glossary, re.MULTILINE)
    assert [heading.lower() for heading, _ in entries] == re.split(r",\s+", WORDS.strip())
    assert [heading for heading, text in entries if not re.search(r"\w{3,}.*\.$", text)] == []
