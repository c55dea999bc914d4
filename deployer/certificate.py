"""Here is a rollout that ended well: give me its certificate, named by its digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from deployer.state import Pair, State
from release_format.program import run_id
from release_format.seal import digest_of
from release_format.store import Store
from release_format.verdict import Verdict

KIND = "certificate"


@dataclass(frozen=True)
class Certificate:
    """Who made what live where, from which pair to which, on what evidence, and what it cost the visitors."""

    record: Mapping[str, Any]

    @classmethod
    def of(
        cls, act: str, environment: str, pair: Pair, states: Mapping[str, State], *, verdicts: Mapping[str, Verdict],
        switched: Mapping[str, Any], confirmed: Mapping[str, Any], **said: Any,
    ) -> Certificate:  # fmt: skip
        """A certificate; requests and failures are the router's own counts from the switch to the confirmation."""
        hosts = {
            host: _host(state, switched.get(host, {}), confirmed.get(host, {})) for host, state in states.items()
        }
        totals = {name: sum(host[name] for host in hosts.values()) for name in ("requests", "failed")}
        evidence = {host: json.loads(verdict.to_json()) for host, verdict in verdicts.items()}
        return cls({
            "act": act, "environment": environment, "run": run_id(), "to": asdict(pair),
            "hosts": hosts, **totals, "evidence": evidence, **said,
        })  # fmt: skip

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
            f"{self.record['act']} to {self.record['environment']}: {self.record['requests']:,} requests during the"
            f" switch, {self.record['failed']:,} failed; certificate {self.digest[:12]}"
        )


def _host(state: State, switched: Mapping[str, Any], confirmed: Mapping[str, Any]) -> dict[str, Any]:
    begun, ended = int(switched.get("requests", 0)), int(confirmed.get("requests", 0))
    restarted = ended < begun
    return {
        "from": asdict(state.live.pair) if state.live else None,
        "colour": state.idle_colour,
        "switch_ms": switched.get("ms"),
        "requests": ended if restarted else ended - begun,
        "failed": max(int(confirmed.get("failed", 0)) - (0 if restarted else int(switched.get("failed", 0))), 0),
    }
