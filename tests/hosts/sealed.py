"""Sealed releases for the stub server, and the records that rollouts of them need."""

from __future__ import annotations

import json
from pathlib import Path

from release_format.probes import Probe, write_probes
from release_format.release import MADE_FROM, release_id
from release_format.seal import digest_of, seal
from release_format.store.base import Store
from release_format.verdict import Condition, Outcome, Verdict

PROBES = [Probe(f"probe {n}", f"item{n}") for n in range(5)]


def sealed(
    store: Store, name: str, *, payload: bytes = b"", made_from: str = "", **behaviour: object
) -> str:
    """A release in the store; the same name and behaviour give the same id. Returns the id."""
    digests = {part: digest_of([made_from or name, part]) for part in MADE_FROM}
    if not made_from:
        digests["recipe"] = digest_of([name, behaviour])
    with store.staging("release") as work:
        (work / "behaviour.json").write_text(json.dumps({"name": name, **behaviour}))
        write_probes(work / "probes.json", PROBES)
        (work / "shared.bin").write_bytes(b"the same in every release" * 100)
        if payload:
            (work / "payload.bin").write_bytes(payload)
        seal(work, kind="release", id=release_id(digests), made_from=digests)
    return release_id(digests)


def compared(store: Store, candidate: str, live: str, answer: Outcome = Outcome.YES) -> None:
    """The pair verdict that a comparison would leave."""
    verdict = Verdict(
        "quality", candidate, live, [Condition("ndcg", answer, "0.61", "at least 0.60")]
    )
    store.put_record("pair", f"{live}-{candidate}", verdict.to_json())


def questions(path: Path, count: int = 30, word: str = "question") -> Path:
    """A file of logged questions."""
    path.write_text("".join(f"{word} {n}\n" for n in range(count)))
    return path
