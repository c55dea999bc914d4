"""HTML pages from templates; each page needs nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from release_format.report_page import TEMPLATES as FRAME

TEMPLATES = Path(__file__).parent


def render(template: str, **shown: Any) -> str:
    """The page; everything shown is text but for snippets, which the engine escaped."""
    return _environment().get_template(template).render(**shown)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, FRAME]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["hit"] = lambda answer: Markup(answer.snippet)  # noqa: S704
    return environment
