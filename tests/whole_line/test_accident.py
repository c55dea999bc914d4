"""An accident from end to end, on a real host: a catalogue that loses a topic, questions that turn
to a new subject, one pull request about it, and what is live once it is merged."""

from __future__ import annotations

import json
import shlex
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from release_format.release import Release
from release_format.store.folder import Folder
from release_format.verdict import Verdict
from searchbar.engine import Engine
from tests.forge.hub import REPOSITORY, TOKEN, GitHub, recording_github
from tests.forge.sinks import Sink, sink
from tests.hosts.machines import PUBLIC, Machine
from tests.whole_line.conftest import need_hosts
from tests.whole_line.line import Line, RefusedError, git
from tests.whole_line.loop import CATALOGUE, CATALOGUE_FOLDER, Visitors, hosts_of
from tests.whole_line.made_log import FOREIGN, OPENED, MadeLog

pytestmark = [pytest.mark.xdist_group("hosts"), pytest.mark.proof]

BRANCH, TOPICS = "catalogue/alarm", f"{CATALOGUE_FOLDER}/project_topics.csv"
ROW = (
    'home-loan,HomeLoan,"HomeLoan compares the mortgage rates of this week, and says what a house'
    ' loan costs until it is repaid.",https://homeloan.example.org,en,2026-11-21\n'
)


@dataclass
class Scene:
    """A line with one host, on which a release is live; where people are told; and GitHub."""

    line: Line
    host: Machine
    store: Folder
    told: Sink
    hub: GitHub

    @property
    def log(self) -> Path:
        """The query log of the host's servers."""
        return self.host.site / "logs/questions.jsonl"

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """The pull requests of alarms."""
        return [pull for pull in self.hub.pulls if pull["head"]["ref"] == BRANCH]

    @property
    def live(self) -> str:
        """The release that the public reaches, which the store knows as live, too."""
        live = str(self._asked("release")["release"])
        channel = self.store.channel("stage")
        assert channel is not None
        assert channel.release == live
        return live

    def ask(self, question: str) -> dict[str, Any]:
        """The answer that a visitor gets."""
        return self._asked(f"search?{urllib.parse.urlencode({'q': question})}")

    def _asked(self, path: str) -> dict[str, Any]:
        address = f"http://{self.host.address}:{PUBLIC}/{path}"
        with urllib.request.urlopen(address, timeout=20) as said:
            return dict(json.load(said))

    def build(self, result: str) -> None:
        """A build of stage; people are told how it ended, as Jenkins says it."""
        self.line.build("stage", "stage", TEXT=f"{result}: http://jenkins/1/")

    def watch(self) -> str:
        """`make watch`, as a scheduler types it in a clone of its own; what it prints."""
        place = self.line.workspace("watch")
        git(place, "fetch", "--quiet", "origin")
        git(place, "checkout", "--quiet", "--force", "--detach", "origin/stage")
        typed = f"make -s watch ENVIRONMENT=stage LOG={shlex.quote(str(self.log))}"
        return self.line.type(typed, place, {"FORGE_TOKEN": TOKEN})

    def replay(self, request_id: str) -> dict[str, Any]:
        """A logged request, answered again; its own release must give the same answer."""
        log = shlex.quote(str(self.log))
        typed = f"$VENV/bin/python -m monitoring replay {request_id} --log {log} --live stage"
        replayed = json.loads(self.line.type(f"{typed} --json", self.line.workspace("watch"), {}))
        assert replayed["own"]["same"], replayed
        return dict(replayed)

    def tip(self, branch: str) -> str:
        """The commit of a branch at the remote."""
        return git(self.line.tree, "ls-remote", "origin", branch).partition("\t")[0]

    def commit(self, branch: str, message: str, **files: str) -> None:
        """A person's commit on a branch of the remote; texts are put at the ends of files."""
        tree = self.line.tree
        git(tree, "fetch", "--quiet", "origin")
        git(tree, "checkout", "--quiet", "--force", "-B", branch, f"origin/{branch}")
        for name, text in files.items():
            with (tree / name).open("a", encoding="utf-8") as file:
                file.write(text)
        git(tree, "commit", "--quiet", "--all", "-m", message)
        git(tree, "push", "--quiet", "origin", branch)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    need_hosts()
    store = Folder(tmp_path / "store")
    with ExitStack() as held:
        told, hub = held.enter_context(sink()), held.enter_context(recording_github())
        made, hosts = held.enter_context(hosts_of(tmp_path, "stage"))
        line = held.enter_context(Line(tmp_path, hosts))
        hub.head_of = lambda branch: git(tmp_path / "git/searchbar.git", "rev-parse", branch)
        line.environment = {
            "FORGE_REPOSITORY": REPOSITORY,
            "FORGE_API": hub.url,
            "FORGE_GIVE_UP": "1",
            "FORGE_NOTIFY": f"json://127.0.0.1:{told.port}",
        }
        line.secrets = {"FORGE_TOKEN": TOKEN}
        scene = Scene(line, made.hosts[0], store, told, hub)
        scene.build("SUCCESS")
        yield scene


def test_an_accident_is_told_answered_once_and_mended(scene: Scene) -> None:
    first = scene.live
    a_lost_topic_is_refused_and_told(scene)
    answered = scene.ask(FOREIGN[0])
    release = Release.open(scene.store.path("release", first))
    MadeLog(Engine.open(release), datetime.now(UTC).date()).write(scene.log)
    replayed = scene.replay(answered["request_id"])
    assert [hit["id"] for hit in replayed["live"]["hits"]] == replayed["then"]["hits"]

    new_questions_open_one_pull_request(scene)
    a_person_answers_on_its_branch(scene)
    with Visitors(scene.host.address, PUBLIC, rate=10, visitors=2) as load:
        scene.line.merge_on_the_forge(BRANCH, "stage")
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        scene.hub.end(scene.alarms[0]["number"], now, merged=True)
        scene.build("SUCCESS")
    assert load.counted.failures == 0 < load.counted.requests

    assert scene.live != first
    assert scene.ask(FOREIGN[0])["hits"][0]["id"] == "home-loan"
    replayed = scene.replay(answered["request_id"])
    assert replayed["own"]["release"] == first
    assert replayed["live"]["release"] == scene.live
    assert replayed["live"]["hits"][0]["id"] == "home-loan"
    assert "home-loan" in replayed["live"]["different"]["come"]
    assert {"snapshot", "judgments"} <= set(replayed["made_otherwise"])
    assert scene.watch() == ""
    assert len(scene.alarms) == 1, "merged is answered: the same alarm opens no second one"


def a_lost_topic_is_refused_and_told(scene: Scene) -> None:
    """The catalogue loses a topic; what is live stays, people are told, and it is taken back."""
    before = scene.live
    scene.line.change("change/lost", "Take over what the source gave", without_command_line_tools)
    scene.line.merge_on_the_forge("change/lost", "stage")
    with pytest.raises(RefusedError, match=r"topic-loss: no — .*: command-line") as refused:
        scene.build("FAILURE")
    assert refused.value.line == "make admit"
    reports = scene.line.workspace("line-stage") / "var/reports"
    verdict = Verdict.from_json((reports / "data-verdict.json").read_bytes())
    assert "topic-loss" in {condition.name for condition in verdict.refusals()}
    assert json.loads(scene.told.bodies[-1])["message"] == "FAILURE: http://jenkins/1/"
    assert scene.live == before
    tree = scene.line.tree
    git(tree, "revert", "--no-edit", "--mainline", "1", "HEAD")
    git(tree, "push", "--quiet", "origin", "stage")


def without_command_line_tools(tree: Path) -> None:
    """The catalogue without all rows of its largest topic."""
    lines = (tree / TOPICS).read_text(encoding="utf-8").splitlines(keepends=True)
    lost = {line.partition(",")[0] for line in lines if line.strip().endswith(",command-line")}
    assert len(lost) >= 50
    for name in (TOPICS, CATALOGUE):
        rows = (tree / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [row for row in rows if row.partition(",")[0] not in lost]
        (tree / name).write_text("".join(kept), encoding="utf-8")


def new_questions_open_one_pull_request(scene: Scene) -> None:
    """The verdict, its evidence and what it proposes; typed again, the same pull request."""
    address = scene.watch().splitlines()[-1]
    (pull,) = scene.alarms
    assert address == pull["html_url"]
    assert pull["title"] == "Answer an alarm: question drift"
    assert pull["base"]["ref"] == "stage"
    assert sum(question in pull["body"] for question in FOREIGN) >= 6
    assert "novel-questions" in pull["body"]
    verdict = scene.line.workspace("watch") / "var/watch/drift-verdict.json"
    assert Verdict.from_json(verdict.read_bytes()).subject == scene.live
    git(scene.line.tree, "fetch", "--quiet", "origin")
    shown = git(scene.line.tree, "diff", "--name-only", "origin/stage", f"origin/{BRANCH}")
    assert set(shown.splitlines()) == {
        "catalogue/alarm.json",
        "catalogue/judgments.proposed.jsonl",
    }
    proposed = git(scene.line.tree, "show", f"origin/{BRANCH}:catalogue/judgments.proposed.jsonl")
    assert OPENED in {json.loads(row)["question"] for row in proposed.splitlines()}
    tip = scene.tip(BRANCH)
    assert scene.watch().splitlines()[-1] == address
    assert (len(scene.alarms), scene.tip(BRANCH)) == (1, tip)


def a_person_answers_on_its_branch(scene: Scene) -> None:
    """Somebody adds what people look for; the next alarm leaves that as it is."""
    scene.commit(
        BRANCH, "Add what people look for", **{CATALOGUE: ROW, TOPICS: "home-loan,accounting\n"}
    )
    tip = scene.tip(BRANCH)
    scene.watch()
    assert (len(scene.alarms), scene.tip(BRANCH)) == (1, tip)
