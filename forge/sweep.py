"""Sweep for a lost build of prod: a newest commit that no build ever began with."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

from forge.branch_policy import PROD
from forge.errors import ForgeError
from forge.git import Git
from forge.promote import promotion_of
from release_format.run_log import now
from release_format.store.base import Store

KIND = "begun"
# A build that was asked for may wait for a machine before it can write down that it began.
PATIENCE = timedelta(hours=1)


def write_begun(store: Store, commit: str) -> None:
    """Keep that a build of this commit began: whatever becomes of it, people are told."""
    build = os.environ.get("BUILD_URL", "")
    record = {"branch": PROD, "commit": commit, "build": build, "at": now()}
    store.put_record(KIND, _record_name(commit), json.dumps(record, indent=1))


def lost_commit(store: Store, git: Git) -> str:
    """The commit at the end of prod, if its build was lost before it began; "" otherwise.

    One that hosts were switched to since it was made was built by whoever wrote nothing down: what
    a rollback left must not come back by itself.
    """
    commit = git.remote_commit(PROD)
    if not commit or store.record(KIND, _record_name(commit)) is not None:
        return ""
    made_at = git.committed_at(commit)
    is_fresh = datetime.now(UTC) - made_at < PATIENCE
    return "" if is_fresh or _was_live_since(store, git, commit, made_at) else commit


def _was_live_since(store: Store, git: Git, commit: str, made_at: datetime) -> bool:
    """Whether prod runs this commit's pair, or ran it at any time after the commit was made."""
    try:
        promotion = promotion_of(store, git, commit)
    except ForgeError:  # its build says why, to everybody
        return False
    numbers = store.channel_changes(PROD)
    for number in reversed(numbers):
        change = store.channel_at(PROD, number)
        if number != numbers[-1] and datetime.fromisoformat(change.since) < made_at:
            return False
        if (change.release, change.image) == (promotion.release, promotion.image):
            return True
    return False


def _record_name(commit: str) -> str:
    return f"{PROD}-{commit}"
