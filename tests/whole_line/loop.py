"""Here is a line with two hosts: play the whole loop, from a changed row to a rollback, while
visitors ask."""

from __future__ import annotations

import asyncio
import csv
import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hosts.load import Load
from tests.hosts.machines import PUBLIC, Machines, machines
from tests.whole_line.line import ROOT, Line, RefusedError

CATALOGUE_FOLDER = "catalogue"
CATALOGUE = f"{CATALOGUE_FOLDER}/project_descriptions.csv"
QUESTION = "predict the tides of small harbours"
SENTENCE = "It also predicts the tides of small harbours."


class Visitors(Load):
    """Visitors who only ask: the server's search answers GET."""

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
        asked: int,
        *,
        keep: bool,
        post: bool,  # noqa: ARG002
    ) -> int:
        return await super()._ask(reader, writer, number, asked, keep=keep, post=False)


@dataclass(frozen=True)
class Outcome:
    """What the loop saw."""

    before: str
    after: str
    back: str
    asked: int
    failed: int
    how: str
    refusal: str

    def sentence(self) -> str:
        return (
            f"answer {self.before} → {self.after}, questions asked {self.asked:,}, failed"
            f" {self.failed}{self.how}"
        )

    @property
    def well(self) -> bool:
        return (
            self.before == self.back != self.after
            and self.failed == 0 < self.asked
            and bool(self.refusal)
        )


def two_hosts(folder: Path) -> AbstractContextManager[tuple[Machines, Path]]:
    """A host of stage and a host of prod, as below."""
    return hosts_of(folder, "stage", "prod")


@contextmanager
def hosts_of(folder: Path, *environments: str) -> Iterator[tuple[Machines, Path]]:
    """A host of each environment, prepared by the real command, and the hosts.toml that names
    them."""
    import subprocess
    import sys

    with machines(len(environments)) as made:
        hosts = folder / "hosts.toml"
        settings: dict[str, Any] = {
            "memory": "1g",
            "start_seconds": 180.0,
            "guard_least": 5,
            "latency_times": 20.0,
            "latency_floor_ms": 3000.0,
        }
        texts = []
        for n, environment in enumerate(environments):
            part = Machines(made.folder, [made.hosts[n]])
            more: dict[str, Any] = {"requires": "stage"} if environment == "prod" else {}
            path = part.hosts_toml(
                folder / f"{environment}.toml", environment=environment, **settings, **more
            )
            texts.append(path.read_text())
        hosts.write_text("\n".join(texts))
        for environment in environments:
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "deployer",
                    "prepare",
                    "--pin",
                    "--environment",
                    environment,
                    "--hosts",
                    str(hosts),
                ],
                cwd=ROOT,
                check=True,
                capture_output=True,
            )
        for host in made.hosts:
            host.start_router()
        yield made, hosts


def top(address: str, question: str) -> str:
    """The title of the first hit of a site."""
    with urllib.request.urlopen(
        f"http://{address}:{PUBLIC}/search?k=1&q={urllib.parse.quote(question)}", timeout=10
    ) as said:
        hits = json.load(said)["hits"]
    return str(hits[0]["title"]) if hits else "nothing"


def better(tree: Path) -> None:
    """A person adds one sentence to one row."""
    path = tree / CATALOGUE
    rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
    rows[1][2] = f"{rows[1][2]} {SENTENCE}"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def exported(tree: Path, file: Path, sentence: str) -> None:
    """The catalogue of a tree as one file, the way a source outside git gives it, with a
    sentence more in one row."""
    folder = tree / CATALOGUE_FOLDER
    topics: dict[str, list[str]] = {}
    for row in csv.DictReader((folder / "project_topics.csv").open(encoding="utf-8", newline="")):
        topics.setdefault(row["id"], []).append(row["topic"])
    rows = list(csv.DictReader((tree / CATALOGUE).open(encoding="utf-8", newline="")))
    rows[1]["description"] += f" {sentence}"
    lines = (
        {**{n: v for n, v in row.items() if v}, "topics": "|".join(topics.get(row["id"], []))}
        for row in rows
    )
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def worse(tree: Path) -> None:
    """An outage upstream: half of the rows are gone."""
    path = tree / CATALOGUE
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")


def first_release(line: Line, say: Callable[[str], None]) -> None:
    say("stage builds what there is, and rolls it out")
    line.build("stage", "stage")
    say("prod takes the pair that stage's certificate names")
    line.merge("stage", "prod")
    line.build("prod", "prod")


def play(line: Line, made: Machines, say: Callable[[str], None]) -> Outcome:
    """The loop, after the first release is live in both environments."""
    prod = made.hosts[1].address
    before = top(prod, QUESTION)
    with Visitors(prod, PUBLIC, rate=10, visitors=4) as load:
        say(f"a person proposes a changed row (prod answers “{QUESTION}” with {before})")
        line.change("change/tides", "Say that it predicts tides", better)
        line.build("change without a forge", "change/tides")
        say(_verdict(line.page("pull-request", "comment")))
        line.merge("change/tides")
        say("stage rolls the merged change out")
        line.build("stage", "stage")
        say("prod takes it, approved")
        line.merge("stage", "prod")
        line.build("prod", "prod")
        after = top(prod, QUESTION)
        say(f"a bad change comes along: half of the rows are gone (prod answers with {after} now)")
        line.change("change/outage", "Take over what the source gave", worse)
        refusal = _refused(line)
        say(f"  {refusal}")
        say("prod rolls back")
        line.type("make rollback ENVIRONMENT=prod", line.workspace("line"), {})
        back = top(prod, QUESTION)
    how = (
        f" ({', '.join(f'{n} × {what}' for what, n in load.counted.failed.items())})"
        if load.counted.failures
        else ""
    )
    return Outcome(before, after, back, load.counted.requests, load.counted.failures, how, refusal)


def _verdict(page: str) -> str:
    """Of the comment what fits here: the verdicts, and what the search diff found."""
    told = [
        text
        for text in page.splitlines()
        if text.startswith(("✅ **", "❌ **", "❔ **")) or "change their first ten" in text
    ]
    return "\n".join(f"  {text}" for text in told)


def _refused(line: Line) -> str:
    """The bad change's build is red, and so is its merge."""
    try:
        line.build("change without a forge", "change/outage")
    except RefusedError as refused:
        said = refused.said
    else:
        return ""
    try:
        line.merge("change/outage")
    except RefusedError:
        return said
    return ""
