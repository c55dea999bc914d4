"""The one pull request of an alarm: its evidence, what it proposes, and when it stays quiet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forge.branch_policy import STAGE
from forge.git import Git
from forge.hosting.connect import connect
from forge.hosting.pull_requests import Hosting, PullRequest
from forge.pages.comment_body import Page, markdown
from forge.pages.links import links
from forge.propose import Proposal, is_worked_on, push_rolling, rolling_branches
from forge.publish import this_build, write_page
from forge.reports import Reports
from release_format.config.forge import ForgeSettings
from release_format.progress import say
from release_format.report_page.markdown_text import code, fenced, prose
from release_format.watch.alarm import Alarm

BRANCH = "catalogue/alarm"
CAUSES = ("data change", "question drift", "quality drop")
NO_REPORTS = Reports([], {})
HEADLINE = (
    "**Nothing is decided yet.** Merge this to run the line with what it proposes, change it here"
    " first, or close it: then the same stays quiet for a while."
)
_MARKER = re.compile(r"^<!-- searchbar:alarm ([a-z, -]*) -->$", re.MULTILINE)
_NAME = re.compile(r"[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True)
class AlarmChange:
    """An alarm, and what is put into the tree with it: paths there, and files that hold it."""

    alarm: Alarm
    evidence_path: str
    files: Mapping[str, Path]

    @property
    def names(self) -> set[str]:
        """What moved, by the names that the gate knows."""
        return {each.name for each in self.alarm.moved if _NAME.fullmatch(each.name)}

    @property
    def title(self) -> str:
        cause = self.alarm.cause if self.alarm.cause in CAUSES else "look at what people ask"
        return f"Answer an alarm: {cause}"

    def commit(self, git: Git, base: str) -> str:
        """One commit on top of base. The evidence in it shows no question: history keeps it."""
        contents = {path: file.read_bytes() for path, file in self.files.items()}
        contents[self.evidence_path] = self.alarm.to_json(with_examples=False).encode()
        return git.commit_of(base, contents, self.title)


def raise_alarm(settings: ForgeSettings, git: Git, change: AlarmChange, cooldown: timedelta) -> str:
    """Open or update the one pull request of alarms, or its page; returns its address.

    "" where nothing is to be told: what it proposes is merged, or people closed the same lately.
    """
    git.fetch()
    hosting = connect(settings) if settings.repository else None
    if hosting:
        if pull := _open_pull_request(git, hosting):
            if is_worked_on(git, pull.head):
                say(f"forge: people work on {pull.head}; only its evidence is written anew.")
                return _write(hosting, pull.head, _page(change, ()))
        elif is_quiet(hosting, git, change, datetime.now(UTC) - cooldown):
            return ""
    proposal = push_rolling(git, BRANCH, lambda base: change.commit(git, base))
    if not proposal.commit:
        say("forge: stage has answered this alarm; nothing to propose.")
        return ""
    _tell(proposal)
    page = _page(change, proposal.passed_over)
    if hosting is None:
        return write_page(settings, "alarm", page, NO_REPORTS)
    return _write(hosting, proposal.branch, page)


def _open_pull_request(git: Git, hosting: Hosting) -> PullRequest | None:
    pulls = (hosting.open_pull_request(name) for name in _branches(git))
    return next((pull for pull in pulls if pull and pull.base == STAGE), None)


def _branches(git: Git) -> list[str]:
    return [name for name in rolling_branches(BRANCH) if git.remote_commit(name)]


def is_quiet(hosting: Hosting, git: Git, change: AlarmChange, since: datetime) -> bool:
    """Whether a pull request about all of this was closed or merged since then."""
    for branch in dict.fromkeys([BRANCH, *_branches(git)]):
        ended = hosting.last_ended(branch, STAGE)
        if ended is None or ended.at < since:
            continue
        marker = _MARKER.search(ended.body)
        # Where nobody can tell what it was about, it was about this.
        if marker is None or change.names <= set(marker[1].split(",")):
            day = ended.at.date().isoformat()
            say(f"forge: the pull request about this ended on {day}; it is quiet for a while.")
            return True
    return False


def _write(hosting: Hosting, branch: str, page: Page) -> str:
    pull = hosting.open_or_update(branch, STAGE, page.title, markdown(page, NO_REPORTS))
    return pull.address if pull else ""


def _page(change: AlarmChange, passed_over: Sequence[str]) -> Page:
    alarm = change.alarm
    sentences = [
        f"<!-- searchbar:alarm {','.join(sorted(change.names))} -->",
        _window(alarm),
        f"Perhaps: **{alarm.cause}**." if alarm.cause in CAUSES else "",
        *(prose(sentence) for sentence in [*alarm.advice, *passed_over]),
        _table(alarm),
        _topics(alarm),
        *(f"### {prose(name)}\n\n{fenced(lines)}" for name, lines in _examples(alarm)),
        _changes(change),
    ]
    sentences = [sentence for sentence in sentences if sentence]
    return Page(change.title, sentences, links(this_build()), headline=HEADLINE)


def _window(alarm: Alarm) -> str:
    release = code(alarm.release[:12])
    return (
        f"People no longer ask, or find, what they did: {alarm.days} days from"
        f" {code(alarm.start)}, by release {release}."
    )


def _examples(alarm: Alarm) -> list[tuple[str, Sequence[str]]]:
    return [(name, lines) for name, lines in (alarm.examples or {}).items() if lines]


def _table(alarm: Alarm) -> str:
    rows = [
        f"| {code(each.name)} | {code(each.seen)} | {code(each.usual)} | {code(each.since)} |"
        for each in alarm.moved
    ]
    return "\n".join(["| what moved | seen | usual | since |", "|---|---|---|---|", *rows])


def _topics(alarm: Alarm) -> str:
    if not alarm.topics:
        return ""
    return f"Topics below their floor: {', '.join(code(topic) for topic in alarm.topics)}."


def _changes(change: AlarmChange) -> str:
    """What merging it changes."""
    files = [f"- {code(path)}: {_what(path)}" for path in sorted(change.files)]
    return "\n".join(["### What it changes", "", *files]) if files else ""


def _what(path: str) -> str:
    if path.endswith(".jsonl"):
        return (
            "proposed judgments, each with its evidence. Take out, or change, those that are"
            " wrong: merged ones are asked by the next gate, and learned from."
        )
    return "a recipe that learns from judged questions, kept only where it wins."


def _tell(proposal: Proposal) -> None:
    for sentence in proposal.passed_over:
        say(f"forge: {sentence}")
    state = "is now" if proposal.moved else "stays"
    say(f"forge: {proposal.branch} {state} at {proposal.commit[:12]}.")
