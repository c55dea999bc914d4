"""Pruning of a store: removes from it what nothing names and no policy keeps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from deployer.fleet import Fleet, open_fleet
from deployer.hosts import Environment
from deployer.owed.record import OwedActs
from deployer.owed.settle import settle_and_go_on
from deployer.retention import (
    RetentionPolicy,
    StoredDirectory,
    named_by_certificates,
    named_by_channels,
    named_by_hosts,
    retained,
    stored_directories,
)
from deployer.state import check_known
from release_format.progress import say
from release_format.store.base import Store


def look_at_store(
    store: Store, environments: Sequence[Environment], policy: RetentionPolicy
) -> list[StoredDirectory]:
    """What the store has, each with why it stays; nothing is changed, neither here nor there.

    Raises:
        ProgramError: a host does not answer, or something that may name a release cannot be read.
    """
    with _reached(environments) as fleets:
        return _look(store, fleets, policy)


def prune_store(
    store: Store, environments: Sequence[Environment], policy: RetentionPolicy
) -> list[StoredDirectory]:
    """Remove what does not stay, while no rollout can be under way; releases before snapshots.

    Raises:
        ProgramError: as `look_at_store`, or a rollout holds a host: then nothing was removed.
    """
    with _reached(environments) as fleets, contextlib.ExitStack() as locks:
        for fleet in fleets:
            settle_and_go_on(fleet, OwedActs(store, fleet.environment.name))
            locks.enter_context(fleet.locked("prune-store", even_frozen=True))
        directories = _look(store, fleets, policy)
        for directory in directories:
            if not directory.stays:
                store.remove(directory.kind, directory.id)
                say(f"{directory.kind} {directory.id[:12]}: removed")
    if swept := store.sweep():
        say(f"{swept} drafts and files that nothing names: removed")
    return directories


@contextlib.contextmanager
def _reached(environments: Sequence[Environment]) -> Iterator[list[Fleet]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(open_fleet(environment)) for environment in environments]


def _look(store: Store, fleets: Sequence[Fleet], policy: RetentionPolicy) -> list[StoredDirectory]:
    # What could be named while this looks is young, and stays for that.
    at, days = datetime.now(UTC), policy.certified_days
    stored = stored_directories(store)
    since = None if days is None else at - timedelta(days=days)
    states = [state for fleet in fleets for state in fleet.states().values()]
    check_known(states)
    named = named_by_certificates(store, since) | named_by_hosts(states) | named_by_channels(store)
    return retained(stored, named, policy.days, at)
