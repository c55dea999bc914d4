"""What GitLab's library answers with, as values: its objects may ask GitLab at any touch."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from forge.hosting.pull_requests import EndedPullRequest, PullRequest

_BOT = re.compile(r"(?:project|group)_\d+_bot\w*")


def as_value(request: Any) -> PullRequest:
    """The library's object, which may ask GitLab at any touch, as a value."""
    ends = (request.source_branch, request.target_branch)
    return PullRequest(request.iid, *ends, request.sha or "", request.web_url)


def ended(request: Any) -> EndedPullRequest | None:
    """When it was closed or merged; None of one that is open."""
    at = request.attributes.get("merged_at") or request.attributes.get("closed_at")
    if request.state == "opened" or not at:
        return None
    return EndedPullRequest(datetime.fromisoformat(at).astimezone(UTC), request.description or "")


def merges_itself(request: Any) -> bool:
    return bool(request.attributes.get("merge_when_pipeline_succeeds"))


def is_ours(note: Any, user: int) -> bool:
    """Whether we wrote it; without knowing who we are, whether any project's bot did."""
    if note.attributes.get("system"):
        return False
    author = note.author
    return bool(author["id"] == user if user else _BOT.fullmatch(author["username"]))


def says(status: Any, fields: dict[str, str]) -> bool:
    return all(status.attributes.get(name) == value for name, value in fields.items())
