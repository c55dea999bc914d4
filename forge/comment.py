"""Here are the gates' reports: put them where the people of this change read them, on the forge or on a page."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from forge import policy
from forge.error import ForgeError
from forge.git import Git, check_branch_name
from forge.html_page import STYLE, html_page
from forge.merge import write_review
from forge.page import MARKER, Page, markdown, plain
from forge.policy import DAILY, PROD, STAGE, Change
from forge.published import publish_pages
from forge.reports import Reports, read_reports
from forge.settings import Settings
from forge.subject import check_subject, write_subject
from release_format.program import USAGE
from release_format.store import Store
from release_format.verdict import Answer, Verdict

POLICY = "searchbar / policy"

if TYPE_CHECKING:
    from forge.github import Hub


def change_of(git: Git, head: str, base: str) -> Change:
    """The checked-out commit as a change: what it touches since it left its base (a branch alone: since prod)."""
    since = git.remote_commit(base or (PROD if head.startswith("hotfix/") else STAGE))
    here = git.commit()
    files = git.changed_files(since, here) if since else []
    return Change(head, base, files, _last_message(git, here), _from_prod(git, here))


def _last_message(git: Git, commit: str) -> str:
    """The message of the author's last commit: Jenkins builds a merge of it with the target, made by nobody."""
    parents = git("log", "-1", "--format=%P", commit, "--").split()
    return git.message(commit) + ("\n" + git.message(parents[0]) if len(parents) > 1 else "")


def _from_prod(git: Git, commit: str) -> bool:
    """Whether all that this commit shares with stage is in prod too."""
    stage, prod = git.remote_commit(STAGE), git.remote_commit(PROD)
    if not stage or not prod:
        return bool(prod)
    shared = git.merge_base(commit, stage)
    return bool(shared) and git.is_ancestor(shared, prod)


def _hub(settings: Settings) -> Hub:
    """GitHub's library comes in only with a verb that speaks to GitHub: `live` and `check-branch` do without."""
    try:
        from forge.github import Hub
    except ModuleNotFoundError as error:
        raise ForgeError(
            f"{error.name}, which speaks to GitHub, is not installed here. Type `make comment` (for one pull request"
            " `make comment PULL_REQUEST=NUMBER`) instead: it installs what the line needs."
        ) from error
    return Hub(settings)


def links(build: str = "") -> dict[str, str]:
    """Where more is to be read: at the build that left the reports, which is this one if no other is named."""
    build = build or os.environ.get("BUILD_URL", "")
    return {"build": build, "reports": f"{build}artifact/var/reports/"} if build.startswith("http") else {}


def publish_proposal(settings: Settings, branch: str, page: Page, reports: Reports) -> str:
    """Open or update a rolling branch's pull request, or write its page; only the daily one may merge itself."""
    page = dataclasses.replace(page, links=links())
    if not settings.repository:
        return write_page(settings, "proposal", page, reports)
    hub = _hub(settings)
    pull = hub.open_or_update(branch, STAGE, page.title, markdown(page, reports))
    if pull and branch == DAILY and settings.auto_merge and reports.green:
        hub.merge_by_itself(pull)
    return pull.address if pull else ""


def publish_promotion(settings: Settings, head: str, base: str, page: Page) -> str:
    """Open or update the pull request from stage to prod, or from a hotfix back to stage.

    What is refused opens none: the one that is open says so.
    """
    page, reports = dataclasses.replace(page, links=links()), read_reports(settings.reports)
    if not settings.repository:
        return write_page(settings, "promotion", page, reports)
    hub, text = _hub(settings), markdown(page, reports)
    pull = hub.open_or_update(head, base, page.title, text, may_open=not page.refused)
    return pull.address if pull else ""


def publish_review(settings: Settings, git: Git, head: str, base: str, number: int) -> str:
    """Write the one comment of a pull request and a status a gate; without a forge, or a token, the page."""
    if settings.repository and settings.token:
        return _comment(settings, git, head, number)
    git.fetch()
    write_subject(settings.reports, git)
    change, reports = change_of(git, head, base), read_reports(settings.reports)
    page = _page(change, reports)
    # The commit that was pushed, not the merge that a build made of it: `make merge` asks about the former.
    write_review(
        Store.at(), git.remote_commit(head) or git.commit(), reports.green and not page.refused, _why(page, reports)
    )
    return write_page(settings, "comment", page, reports)


def _comment(settings: Settings, git: Git, head: str, number: int) -> str:
    hub, reports = _hub(settings), read_reports(settings.reports)
    pull = hub.numbered(number) if number else hub.of_branch(head)
    if pull is None:
        raise ForgeError(f"there is no open pull request of {head!r}. Open one, then run this again.", USAGE)
    build = ""
    if reports.verdicts or reports.texts or reports.unreadable:
        build = check_subject(settings.reports, git, pull.number, pull.commit).build
    change = Change(check_branch_name(pull.head), pull.base, hub.files(pull))
    page = _page(change, reports, build)
    address = hub.comment(pull, markdown(page, reports), MARKER)
    link = page.links.get("build", "")
    refused = " ".join(page.refused)
    hub.status(pull.commit, POLICY, "failure" if refused else "success", refused or "may go on", link)
    for gate, verdict in _by_gate(reports).items():
        hub.status(pull.commit, f"searchbar / {gate} gate", _state(verdict), verdict.sentence(), link)
    return address


def _page(change: Change, reports: Reports, build: str = "") -> Page:
    said = [policy.reach(change.files), plain(_reused(reports)), plain(_texts(reports))]
    title = f"{change.head} → {change.base}" if change.base else change.head
    return Page(title, [s for s in said if s], links(build), policy.refusals(change))


def _by_gate(reports: Reports) -> dict[str, Verdict]:
    """One verdict a gate: of a gate that was asked twice (alone, and beside live), a no before a yes."""
    worst: dict[str, Verdict] = {}
    for verdict in reports.verdicts:
        if verdict.gate not in worst or worst[verdict.gate].says_yes:
            worst[verdict.gate] = verdict
    return worst


def _reused(reports: Reports) -> str:
    """What the build says it trained, encoded and took over."""
    vectors = reports.facts.get("vectors")
    if not isinstance(vectors, dict):
        return ""
    words = {"from_live": "taken from live", "from_cache": "from the cache", "encoded": "encoded anew"}
    counted = [f"{vectors[n]} {word}" for n, word in words.items() if isinstance(vectors.get(n), int)]
    trained = f" Trained: {reports.facts['trained']}." if reports.facts.get("trained") else ""
    return f"Vectors: {', '.join(counted)}.{trained}" if counted else ""


def _texts(reports: Reports) -> str:
    """What the build counted of the items' texts."""
    quality = reports.facts.get("quality")
    texts = quality.get("texts") if isinstance(quality, dict) else None
    return str(texts.get("said", "")) if isinstance(texts, dict) else ""


def _why(page: Page, reports: Reports) -> str:
    return " ".join([*page.refused, *(v.sentence() for v in reports.verdicts if not v.says_yes)])


def _state(verdict: Verdict) -> str:
    if verdict.says_yes:
        return "success"
    return "failure" if any(c.answer is Answer.NO for c in verdict.refusals()) else "error"


def write_page(settings: Settings, name: str, page: Page, reports: Reports) -> str:
    """The comment as Markdown and as a page among the reports, where Jenkins publishes it."""
    folder = settings.reports.parent / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(markdown(page, reports), encoding="utf-8")
    (folder / STYLE.name).write_bytes(STYLE.read_bytes())
    path: Path = folder / f"{name}.html"
    path.write_text(html_page(page, reports, publish_pages(settings.reports, folder)), encoding="utf-8")
    return str(path)
