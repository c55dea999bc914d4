"""Certificate of a rollout that ended well: a record in the store, named by its digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from deployer.errors import RolloutError
from deployer.fleet import whoami
from deployer.state import HostState, Pair
from release_format.run_log import now, run_id
from release_format.seal import digest_of
from release_format.store.base import Channel, Store
from release_format.untrusted_json import parse_json
from release_format.verdict import Verdict

KIND = "certificate"


@dataclass(frozen=True)
class Certificate:
    """Who made which pair live where, on what evidence, and how many requests failed."""

    record: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        act: str,
        environment: str,
        pair: Pair,
        states: Mapping[str, HostState],
        *,
        verdicts: Mapping[str, Verdict],
        switched: Mapping[str, Any],
        confirmed: Mapping[str, Any],
        **details: Any,
    ) -> Certificate:
        """A certificate; the routers counted its requests from switch to confirmation."""
        hosts = {
            host: _host(state, switched.get(host, {}), confirmed.get(host, {}))
            for host, state in states.items()
        }
        totals = {
            name: sum(host[name] for host in hosts.values()) for name in ("requests", "failed")
        }
        evidence = {host: json.loads(verdict.to_json()) for host, verdict in verdicts.items()}
        return cls(
            {
                "act": act,
                "environment": environment,
                "run": run_id(),
                "to": asdict(pair),
                "hosts": hosts,
                **totals,
                "evidence": evidence,
                "by": whoami(),
                "at": now(),
                **details,
            }
        )

    @property
    def digest(self) -> str:
        return digest_of(self.record)

    def keep(self, store: Store) -> str:
        """Keep it under its digest; returns the digest."""
        store.put_record(KIND, self.digest, json.dumps(self.record, indent=1, ensure_ascii=False))
        return self.digest

    def sentence(self) -> str:
        """The certificate in one line."""
        return (
            f"{self.record['act']} to {self.record['environment']}: {self.record['requests']:,}"
            f" requests during the switch, {self.record['failed']:,} failed; certificate"
            f" {self.digest[:12]}"
        )


def left_out(store: Store, channel: Channel | None) -> dict[str, str]:
    """The hosts that a channel's last change left as they were, each with why; mostly none.

    Raises:
        RolloutError: its certificate cannot be read.
    """
    return {str(host): str(why) for host, why in _detail(store, channel, "left_out").items()}


def settings_switched_to(store: Store, channel: Channel | None) -> str | None:
    """The name of the settings that a channel's last change went to; None where nobody knows.

    Raises:
        RolloutError: its certificate cannot be read.
    """
    id = _detail(store, channel, "settings").get("id")
    return id if isinstance(id, str) else None


def last_change(store: Store, channel: Channel | None) -> dict[str, Any]:
    """The certificate of a channel's last change; {} where there is none.

    Raises:
        RolloutError: it cannot be read.
    """
    return _of_last(store, channel, lambda record: dict(record.items()))


def _detail(store: Store, channel: Channel | None, name: str) -> dict[str, Any]:
    return _of_last(store, channel, lambda record: dict(record.get(name, {}).items()))


def _of_last(
    store: Store, channel: Channel | None, read: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """What is read of the certificate of a channel's last change; {} where there is none."""
    if channel is None or not channel.certificate:
        return {}
    try:
        return read(parse_json(store.record(KIND, channel.certificate) or "{}"))
    except (ValueError, AttributeError) as error:
        raise RolloutError(
            f"the certificate {channel.certificate[:12]} in the store cannot be read ({error})."
            " Restore it from a copy."
        ) from error


def _host(
    state: HostState, switched: Mapping[str, Any], confirmed: Mapping[str, Any]
) -> dict[str, Any]:
    first, last = int(switched.get("requests", 0)), int(confirmed.get("requests", 0))
    # A router that restarted in between began to count at nothing.
    restarted = last < first
    failed_first = 0 if restarted else int(switched.get("failed", 0))
    return {
        "from": asdict(state.live.pair) if state.live else None,
        "colour": state.idle_colour,
        "switch_ms": switched.get("ms"),
        "requests": last if restarted else last - first,
        "failed": max(int(confirmed.get("failed", 0)) - failed_first, 0),
    }
