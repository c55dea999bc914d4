"""Publishes the gates' reports to the people of a change: on GitHub, on GitLab, or on a page."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from forge.branch_policy import DAILY, STAGE, Change, reach, refusals
from forge.checkout import change_of
from forge.errors import ForgeError
from forge.git import Git, check_branch_name
from forge.hosting.connect import connect, report_keeper
from forge.hosting.pull_requests import Hosting, PullRequest
from forge.merge import write_review
from forge.pages.comment_body import MARKER, Page, markdown
from forge.pages.html_page import STYLE, html_page
from forge.pages.links import links
from forge.pages.report_pages import publish_pages
from forge.reports import Reports, read_reports
from forge.subject import check_subject, write_subject
from release_format.config.forge import ForgeSettings
from release_format.exit_codes import USAGE
from release_format.progress import say
from release_format.report_page.markdown_text import prose
from release_format.store.locate import open_store
from release_format.verdict import Outcome, Verdict

POLICY = "searchbar / policy"
# Where a release's vectors come from: the build's key, and how the comment says it.
_VECTOR_ORIGINS = {
    "from_live": "taken from live",
    "from_cache": "from the cache",
    "encoded": "encoded anew",
}


def this_build() -> str:
    """The address of the build that runs this; "" where none does."""
    return os.environ.get("BUILD_URL", "")


def _links(settings: ForgeSettings) -> dict[str, str]:
    """Those of this build; a page without a forge lists the gates' own pages itself."""
    return links(this_build(), settings.reports if settings.repository else None)


def publish_proposal(settings: ForgeSettings, branch: str, page: Page, reports: Reports) -> str:
    """Open or update a rolling branch's pull request, or write its page; returns its address.

    Only the daily one may merge itself.
    """
    page = dataclasses.replace(page, links=_links(settings))
    if not settings.repository:
        return write_page(settings, "proposal", page, reports)
    hosting = connect(settings)
    pull = hosting.open_or_update(branch, STAGE, page.title, markdown(page, reports))
    if pull and branch == DAILY and settings.auto_merge and reports.green:
        hosting.merge_by_itself(pull)
    return pull.address if pull else ""


def publish_promotion(settings: ForgeSettings, head: str, base: str, page: Page) -> str:
    """Open or update the pull request from stage to prod, or from a hotfix back to stage.

    What is refused opens none: the one that is open says so.
    """
    page, reports = (
        dataclasses.replace(page, links=_links(settings)),
        read_reports(settings.reports),
    )
    if not settings.repository:
        return write_page(settings, "promotion", page, reports)
    text, may_open = markdown(page, reports), not page.refused
    hosting = connect(settings)
    pull = hosting.open_or_update(head, base, page.title, text, may_open=may_open)
    if pull is None:
        return ""
    # No build of this pull request would say it: what it brings was built as its head.
    change = Change(head, base, hosting.files(pull))
    _tell_policy(hosting, pull, [*page.refused, *refusals(change)], page)
    return pull.address


def publish_review_page(settings: ForgeSettings, git: Git, head: str, base: str) -> str:
    """Without a forge, or a token: write the page of a change, and the review that `merge` reads.

    The review is about the commit that was pushed, not about the merge that a build made of it.
    """
    git.fetch()
    write_subject(settings.reports, git)
    change, reports = change_of(git, head, base), read_reports(settings.reports)
    page = _review_page(change, reports, links(this_build()))
    commit = git.remote_commit(head) or git.commit()
    is_green = reports.green and not page.refused
    write_review(open_store(), commit, is_green, _reasons(page, reports))
    return write_page(settings, "comment", page, reports)


def publish_comment(
    settings: ForgeSettings, git: Git, head: str, number: int, build: str = ""
) -> str:
    """Write the one comment of a pull request, and a status a gate; returns its address.

    Where the caller knows which build left the reports, they need not say it.
    """
    hosting = connect(settings)
    pull = hosting.pull_request(number) if number else hosting.open_pull_request(head)
    if pull is None:
        raise ForgeError(
            f"there is no open pull request of {head!r}. Open one, then run this again.", USAGE
        )
    return _comment_on(hosting, pull, settings.reports, git, build=build, here=this_build())


def publish_comments(settings: ForgeSettings, git: Git) -> list[str]:
    """Comment on every open pull request to stage, from what its newest build left there.

    One that fails is said, and stops no other. Returns the comments' addresses.

    Raises:
        ForgeError: the hosting keeps no reports, or some comment failed.
    """
    keeper, hosting = report_keeper(settings), connect(settings)
    addresses, failed = [], []
    for pull in keeper.open_pull_requests(STAGE):
        try:
            with tempfile.TemporaryDirectory() as folder:
                if keeper.reports(pull, Path(folder)):
                    addresses.append(_comment_on(hosting, pull, Path(folder), git))
        except ForgeError as error:
            failed.append(str(pull.number))
            say(f"forge: {pull.address}: {error}")
    if failed:
        raise ForgeError(
            f"pull request {', '.join(failed)} got no comment, for the reasons above. Mend them;"
            " the next run comments."
        )
    return addresses


def _comment_on(
    hosting: Hosting, pull: PullRequest, folder: Path, git: Git, *, build: str = "", here: str = ""
) -> str:
    """Write the comment of a pull request, and its statuses, from a folder of reports.

    `build` left them, where that is known; `here` is linked where they name no build either.
    """
    reports = read_reports(folder)
    if reports.verdicts or reports.texts or reports.unreadable:
        subject = check_subject(folder, git, pull.number, pull.commit)
        build = build or subject.build
    change = Change(check_branch_name(pull.head), pull.base, hosting.files(pull))
    page = _review_page(change, reports, links(build or here, folder))
    address = hosting.comment(pull, markdown(page, reports), MARKER)
    link = page.links.get("build", "")
    _tell_policy(hosting, pull, page.refused, page)
    for gate, verdict in _worst_by_gate(reports).items():
        context = f"searchbar / {gate} gate"
        hosting.status(pull.commit, context, _status(verdict), verdict.sentence(), link)
    return address


def _tell_policy(hosting: Hosting, pull: PullRequest, refused: Sequence[str], page: Page) -> None:
    state, sentence = ("failure", " ".join(refused)) if refused else ("success", "may go on")
    hosting.status(pull.commit, POLICY, state, sentence, page.links.get("build", ""))


def _review_page(change: Change, reports: Reports, build_links: Mapping[str, str]) -> Page:
    facts = [_vector_counts(reports), _text_counts(reports)]
    title = f"{change.head} → {change.base}" if change.base else change.head
    return Page(
        title,
        links=build_links,
        refused=refusals(change),
        outcome=reach(change.files),
        details=[prose(fact) for fact in facts if fact],
    )


def _worst_by_gate(reports: Reports) -> dict[str, Verdict]:
    """One verdict a gate: of two (alone, and against live), a no before a yes."""
    worst: dict[str, Verdict] = {}
    for verdict in reports.verdicts:
        if verdict.gate not in worst or worst[verdict.gate].says_yes:
            worst[verdict.gate] = verdict
    return worst


def _vector_counts(reports: Reports) -> str:
    """What the build says it trained, encoded and took over."""
    vectors = reports.facts.get("vectors")
    if not isinstance(vectors, dict):
        return ""
    counts = [
        f"{vectors[key]} {origin}"
        for key, origin in _VECTOR_ORIGINS.items()
        if isinstance(vectors.get(key), int)
    ]
    trained = f" Trained: {reports.facts['trained']}." if reports.facts.get("trained") else ""
    return f"Vectors: {', '.join(counts)}.{trained}" if counts else ""


def _text_counts(reports: Reports) -> str:
    """What the build counted of the items' texts and their languages."""
    quality = reports.facts.get("quality")
    told = [quality.get(of) for of in ("texts", "languages")] if isinstance(quality, dict) else []
    said = (str(each.get("said", "")) for each in told if isinstance(each, dict))
    return " ".join(filter(None, said))


def _reasons(page: Page, reports: Reports) -> str:
    """Why a change is not green, in sentences."""
    return " ".join([*page.refused, *(v.sentence() for v in reports.verdicts if not v.says_yes)])


def _status(verdict: Verdict) -> str:
    if verdict.says_yes:
        return "success"
    return "failure" if any(c.answer is Outcome.NO for c in verdict.refusals()) else "error"


def write_page(settings: ForgeSettings, name: str, page: Page, reports: Reports) -> str:
    """The comment as Markdown and as a page among the reports, where Jenkins publishes it."""
    folder = settings.reports.parent / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(markdown(page, reports), encoding="utf-8")
    (folder / STYLE.name).write_bytes(STYLE.read_bytes())
    files = publish_pages(settings.reports, folder)
    path = folder / f"{name}.html"
    path.write_text(html_page(page, reports, files), encoding="utf-8")
    return str(path)
