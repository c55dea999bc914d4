"""Here is how a release should behave: give me a sealed directory that the stub server serves so."""

from __future__ import annotations

import json
from pathlib import Path

from release_format.probes import Probe, write_probes
from release_format.release import MADE_FROM, release_id
from release_format.seal import digest_of
from release_format.store import Store
from release_format.verdict import Answer, Condition, Verdict

PROBES = [Probe(f"probe {n}", f"item{n}") for n in range(5)]


def sealed(store: Store, name: str, *, payload: bytes = b"", made_from: str = "", **behaviour: object) -> str:
    """A release in the store; the same name and behaviour give the same id. Returns the id."""
    from release_format.seal import seal

    made = {part: digest_of([made_from or name, part]) for part in MADE_FROM}
    if not made_from:
        made["recipe"] = digest_of([name, behaviour])
    with store.staging("release") as work:
        (work / "behaviour.json").write_text(json.dumps({"name": name, **behaviour}))
        write_probes(work / "probes.json", PROBES)
        (work / "shared.bin").write_bytes(b"the same in every release" * 100)
        if payload:
            (work / "payload.bin").write_bytes(payload)
        seal(work, kind="release", id=release_id(made), made_from=made)
    return release_id(made)


def compared(store: Store, candidate: str, live: str, answer: Answer = Answer.YES) -> None:
    """The pair verdict that a comparison would leave."""
    verdict = Verdict("quality", candidate, live, [Condition("ndcg", answer, "0.61", "at least 0.60")])
    store.put_record("pair", f"{live}-{candidate}", verdict.to_json())


def questions(path: Path, count: int = 30, word: str = "question") -> Path:
    """A file of logged questions."""
    path.write_text("".join(f"{word} {n}\n" for n in range(count)))
    return path
