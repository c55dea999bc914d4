"""Here is a verdict: give me a page that a person can read."""

from __future__ import annotations

from html import escape

from release_format.verdict import Verdict

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem}}
td,th{{text-align:left;padding:.2rem .8rem .2rem 0}}
.no{{color:#b00020}}.yes{{color:#1b6e3c}}</style>
<h1>{title}</h1><p>{sentence}</p>
<table><tr><th>condition<th>answer<th>seen<th>allowed</tr>{rows}</table><h2>Facts</h2><table>{facts}</table></html>
"""


def page(verdict: Verdict) -> str:
    """The verdict of the quality gate as one HTML page without scripts."""
    rows = "".join(
        f'<tr><td>{escape(c.name)}<td class="{"no" if c.stops else "yes"}">{escape(c.answer)}'
        f"<td>{escape(c.seen)}<td>{escape(c.allowed)}</tr>"
        for c in verdict.conditions
    )
    facts = "".join(f"<tr><th>{escape(str(k))}<td>{escape(str(v))}</tr>" for k, v in verdict.facts.items())
    title = f"Release {verdict.subject[:12]}"
    return _PAGE.format(title=title, sentence=escape(verdict.sentence()), rows=rows, facts=facts)
