"""Here is a template: give me one HTML page that needs nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, **shown: Any) -> str:
    """The page; everything shown is text but for snippets, which the engine escaped."""
    return _environment().get_template(template).render(**shown)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["hit"] = lambda shown: Markup(shown.snippet)  # noqa: S704
    return made
