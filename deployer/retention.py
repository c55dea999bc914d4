"""Retention: which releases and snapshots stay in the store, and why; the others may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from deployer.errors import RolloutError
from deployer.rollout.certificate import KIND as CERTIFICATE
from deployer.state import HostState
from release_format import release, snapshot
from release_format.progress import printable
from release_format.seal import Manifest
from release_format.store.base import Store
from release_format.untrusted_json import parse_json

KINDS = (release.KIND, snapshot.KIND)


@dataclass(frozen=True)
class StoredDirectory:
    """One sealed directory of the store. `stays` says why it does; empty: nothing keeps it.

    `files` are the sizes in bytes of its files by their digest.
    """

    kind: str
    id: str
    made_at: str
    made_from: Mapping[str, Any]
    files: Mapping[str, int]
    stays: str = ""


@dataclass(frozen=True)
class RetentionPolicy:
    """How many days anything stays, and a certificate keeps its releases (None: for ever)."""

    days: float
    certified_days: float | None = None


def stored_directories(store: Store) -> list[StoredDirectory]:
    """Every sealed directory, oldest first of each kind.

    Raises:
        FormatError: a seal cannot be read.
    """
    return [_stored(store.manifest(kind, id)) for kind in KINDS for id in store.ids(kind)]


def _stored(manifest: Manifest) -> StoredDirectory:
    files = {file.sha256: file.bytes for file in manifest.files.values()}
    return StoredDirectory(
        manifest.kind, manifest.id, manifest.created_at, manifest.made_from, files
    )


def named_by_channels(store: Store) -> dict[str, str]:
    """The releases that a channel names, with the reason: live, live before that, or held.

    Raises:
        FormatError: a channel cannot be read.
    """
    named: dict[str, str] = {}
    for name in store.channels():
        *earlier, last = store.channel_changes(name) or [0]
        if not last:
            continue
        live = store.channel_at(name, last)
        named.setdefault(live.release, f"live in {name}")
        for held in live.hold:
            named.setdefault(held, f"held in {name}")
        before = (store.channel_at(name, number) for number in reversed(earlier))
        if left := next((b.release for b in before if b.release != live.release), ""):
            named.setdefault(left, f"live in {name} before")
    return named


def named_by_certificates(store: Store, since: datetime | None) -> dict[str, str]:
    """The releases that a certificate names, as what went live or as what was live before.

    Args:
        store: where the certificates are.
        since: older ones do not count; None: all do.

    Raises:
        RolloutError: a certificate cannot be read.
    """
    named: dict[str, str] = {}
    for digest in store.records(CERTIFICATE):
        try:
            record = parse_json(store.record(CERTIFICATE, digest) or "")
            pairs = [record["to"], *(host["from"] for host in record["hosts"].values())]
            releases = [str(pair["release"]) for pair in pairs if pair]
            environment, at = str(record["environment"]), str(record["at"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RolloutError(
                f"the certificate {digest[:12]} in the store cannot be read ({error}), so nobody"
                " knows what it keeps. Restore it from a copy."
            ) from error
        if since is None or _moment(at, datetime.now(UTC)) >= since:
            for id in releases:
                named.setdefault(id, f"certificate {digest[:12]} of {environment}")
    return named


def named_by_hosts(states: Iterable[HostState]) -> dict[str, str]:
    """The releases that stand in a slot of a host, that it can go back to, or that lie on it."""
    named: dict[str, str] = {}
    for state in states:
        in_slots = [slot.pair.release for slot in state.slots.values()]
        left = [state.left.release] if state.left else []
        for id in (*in_slots, *left, *state.releases):
            named.setdefault(id, f"on host {state.host}")
    return named


def retained(
    stored: Sequence[StoredDirectory], named: Mapping[str, str], days: float, at: datetime
) -> list[StoredDirectory]:
    """Each directory with why it stays; pure.

    A release stays if it is named, young, or the newest; a snapshot if a release that stays was
    made from it, or if it is young or the newest.
    """
    oldest = at - timedelta(days=days)
    releases = [
        replace(one, stays=named.get(one.id) or _by_age(one, oldest, at, days))
        for one in _newest_marked([one for one in stored if one.kind == release.KIND])
    ]
    used = {
        str(one.made_from.get("snapshot")): f"release {one.id[:12]} was made from it"
        for one in releases
        if one.stays
    }
    snapshots = [
        replace(one, stays=used.get(one.id) or _by_age(one, oldest, at, days))
        for one in _newest_marked([one for one in stored if one.kind == snapshot.KIND])
    ]
    return [*releases, *snapshots]


def _newest_marked(stored: Sequence[StoredDirectory]) -> list[StoredDirectory]:
    return [*stored[:-1], *(replace(one, stays="the newest") for one in stored[-1:])]


def _by_age(one: StoredDirectory, oldest: datetime, at: datetime, days: float) -> str:
    is_young = _moment(one.made_at, at) > oldest
    return one.stays or (f"younger than {days:g} days" if is_young else "")


def _moment(text: str, otherwise: datetime) -> datetime:
    """A moment as the line writes it; what is none counts as `otherwise`."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return otherwise


def freed(directories: Sequence[StoredDirectory]) -> int:
    """The bytes of all files that only those directories have which do not stay."""
    kept = {digest for one in directories if one.stays for digest in one.files}
    files = {d: size for one in directories if not one.stays for d, size in one.files.items()}
    return sum(size for digest, size in files.items() if digest not in kept)


def as_table(directories: Sequence[StoredDirectory], *, removed: bool) -> list[str]:
    """A line a directory: what it is, when it was made, its size, and why it stays or goes."""
    goes = "removed" if removed else "would go"
    lines = [f"{'what':<9} {'id':<13} {'made':<21} {'MB':>8}  why"]
    for one in directories:
        size = sum(one.files.values()) / 1e6
        why = f"stays: {one.stays}" if one.stays else goes
        made = printable(one.made_at[:20])
        lines.append(f"{one.kind:<9} {one.id[:12]:<13} {made:<21} {size:>8,.1f}  {printable(why)}")
    return lines
