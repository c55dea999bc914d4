"""Here is what the line did: give people a pull request, a comment, a page or a message."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from forge import comment, policy, propose
from forge.error import ForgeError, refuse
from forge.git import Git, check_branch_name
from forge.hotfix import Hotfix, fate
from forge.merge import merge
from forge.notify import notify
from forge.page import Page, plain
from forge.promote import approval, hotfix_approval, write_promotion
from forge.reports import read_reports
from forge.settings import SETTINGS, Settings, web_address
from release_format.program import USAGE, YES, Parser, run_program, say
from release_format.store import Store

Verb = Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    verb: Verb = given.verb
    try:
        settings = Settings.read()
    except ForgeError as error:
        if verb is not _notify:
            raise
        say(f"forge: {error} Nobody was notified.")
        return YES
    return verb(given, settings)


def _git(settings: Settings) -> Git:
    return Git(Path.cwd(), settings.remote, settings.token, web_address(settings.api))


def _propose(given: argparse.Namespace, settings: Settings) -> int:
    with propose.alone(Path("var")):
        branch = check_branch_name(given.branch)
        made = propose.push_rolling(_git(settings), branch, given.path, given.title)
        if not made.commit:
            say(f"forge: {', '.join(given.path)}: as stage has it; nothing to propose.")
            return YES
        say(f"forge: {branch} {'is now' if made.moved else 'stays'} at {made.commit[:12]}.")
        reports = read_reports(settings.reports)
        page = Page(given.title, [propose.cost(reports, settings.encode_rate)] if branch == policy.DAILY else [])
        print(comment.publish_proposal(settings, branch, page, reports))
    return YES


def _comment(given: argparse.Namespace, settings: Settings) -> int:
    git, on_forge = _git(settings), bool(settings.repository and settings.token)
    head, base = "", ""
    if not (given.pull and on_forge):
        # A person need not name the branch that is checked out; nor is it wrong to name a number where none counts.
        given.branch = given.branch or ("" if _named_by_jenkins() else git.branch())
        head, base = _branch(given), _base(given)
    if given.pull and not on_forge:
        say(f"forge: no forge and token are set, so {given.pull} names nothing: {head} gets a page (README, GitHub).")
    print(comment.publish_review(settings, git, head, base, given.pull))
    return YES


def _promote(given: argparse.Namespace, settings: Settings) -> int:
    if given.back:
        head, base = _branch(given), policy.STAGE
        page = Page(
            f"Bring {head} back to stage",
            ["This fix is live in prod. Without this merge the next promotion would take it back."],
        )
    else:
        git, store = _git(settings), Store.at()
        made = write_promotion(store, git, policy.STAGE, git.commit())
        head, base = policy.STAGE, policy.PROD
        pair = f"Release `{made.release[:12]}` with image `{made.image}`"
        sentence = f"{pair} runs on stage's hosts; certificate `{made.certificate[:12]}`."
        hotfix = fate(store, git, policy.PROD, made.commit)
        kept, lost = ([], [hotfix.sentence]) if hotfix.lost else ([plain(hotfix.sentence)], [])
        page = Page(f"Promote release {made.release[:12]} to prod", [sentence, *kept], refused=lost)
    address = comment.publish_promotion(settings, head, base, page)
    if page.refused:
        raise refuse(" ".join(page.refused))
    print(address)
    return YES


def _approve(given: argparse.Namespace, settings: Settings) -> int:
    git, store = _git(settings), Store.at()
    if given.image:
        hotfix = Hotfix(git.commit(), os.environ.get("BRANCH_NAME", ""), given.image)
        made = hotfix_approval(store, git, hotfix, given.environment)
    else:
        made = approval(store, git, git.commit(), given.environment)
    if given.evidence and given.evidence != made.evidence:
        raise refuse("what was approved is not what is there now: the evidence has changed. Approve it anew.")
    say(f"forge: release {made.release[:12]} with image {made.image[:19]} for {given.environment}.")
    print(json.dumps(vars(made)) if given.json else f"{made.release} {made.image} {made.evidence}")
    return YES


def _live(given: argparse.Namespace, _: Settings) -> int:
    store = Store.at(given.store or None)
    if (channel := store.channel(given.environment)) is None:
        say(f"forge: nothing is live in {given.environment} yet, so there is nothing to compare with.")
        return YES
    print(store.path("release", channel.release))
    return YES


def _merge(given: argparse.Namespace, settings: Settings) -> int:
    if settings.repository:
        raise ForgeError("this repository has a forge: merge the pull request there.", USAGE)
    store = Store.at(given.store or None)
    print(merge(_git(settings), store, check_branch_name(given.branch), given.into))
    return YES


def _notify(given: argparse.Namespace, settings: Settings) -> int:
    place = " ".join(filter(None, (os.environ.get("JOB_NAME"), os.environ.get("BUILD_NUMBER"))))
    told = notify(settings.notify, place or "searchbar line", given.text)
    say(f"forge: {told} took the message.")
    return YES


def _check_branch(given: argparse.Namespace, settings: Settings) -> int:
    git = _git(settings)
    git.fetch()
    change = comment.change_of(git, _branch(given), _base(given))
    if said := policy.refusals(change):
        raise refuse(" ".join(said))
    say(f"forge: {change.head} may go {f'to {change.base}' if change.base else 'on'}. {policy.reach(change.files)}")
    print(policy.tests_for(change))
    return YES


def _branch(given: argparse.Namespace) -> str:
    """The branch as the command line or Jenkins names it (a pull request's own branch, not Jenkins' PR-12)."""
    named = given.branch or _named_by_jenkins()
    if not named:
        raise ForgeError("which branch? Give --branch, or set BRANCH_NAME.", USAGE)
    return check_branch_name(named)


def _named_by_jenkins() -> str:
    return os.environ.get("CHANGE_BRANCH") or os.environ.get("BRANCH_NAME") or ""


def _base(given: argparse.Namespace) -> str:
    """Where a change wants to go: what the forge says, and stage for what is proposed on a plain git remote."""
    if given.into or (into := os.environ.get("CHANGE_TARGET")):
        return str(given.into or into)
    return policy.STAGE if _branch(given).startswith(policy.PROPOSED) else ""


def _parser() -> Parser:
    settings = "\n".join(f"  {s.name:<18} {s.sentence}" for s in SETTINGS)
    parser = Parser("python -m forge", description=f"{__doc__}\n\nsettings:\n{settings}",
                    example="python -m forge check-branch --branch feature/synonyms --into stage")  # fmt: skip
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _propose_parser(verbs)

    verb = _add(verbs, "comment", _comment, "write the one comment of a pull request (or its page) and its statuses",
                "python -m forge comment --pull 12")  # fmt: skip
    verb.add_argument("--pull", type=int, default=0, help="its number (default: the pull request of the branch)")
    _branch_options(verb)

    verb = _add(verbs, "promote", _promote, "open or update the pull request from stage to prod",
                "python -m forge promote")  # fmt: skip
    verb.add_argument("--back", action="store_true", help="from this hotfix branch back to stage instead")
    _branch_options(verb)

    verb = _add(verbs, "approve", _approve, "print the pair that this commit may bring to prod, and its evidence",
                "python -m forge approve --environment prod")  # fmt: skip
    verb.add_argument("--environment", default=policy.PROD)
    verb.add_argument("--image", default="", help="a hotfix: this image with the live release")
    verb.add_argument("--evidence", default="", help="what was approved: refuse anything else")
    verb.add_argument("--json", action="store_true")
    _more(verbs)
    return parser


def _propose_parser(verbs: argparse._SubParsersAction[Parser]) -> None:
    verb = _add(verbs, "propose", _propose, "put what is new here on a rolling branch, with one pull request",
                "python -m forge propose catalogue")  # fmt: skip
    verb.add_argument("path", nargs="+", help="what the change consists of")
    verb.add_argument("--branch", default=policy.DAILY, help="overwritten each time (default: %(default)s)")
    verb.add_argument("--title", default="Take over today's catalogue")


def _more(verbs: argparse._SubParsersAction[Parser]) -> None:
    verb = _add(verbs, "merge", _merge, "merge a green branch of a plain git remote",
                "python -m forge merge change/better-titles")  # fmt: skip
    verb.add_argument("branch")
    verb.add_argument("--into", default=policy.STAGE)
    verb.add_argument("--store", default="", help="where the gates' answers and prod's hotfix are written down")

    verb = _add(verbs, "notify", _notify, "tell FORGE_NOTIFY's addresses; always ends with 0",
                'python -m forge notify "stage is green"')  # fmt: skip
    verb.add_argument("text")

    verb = _add(verbs, "check-branch", _check_branch, "may this branch go where it wants? Prints which tests",
                "python -m forge check-branch --branch fix/umlauts --into stage")  # fmt: skip
    _branch_options(verb)

    verb = _add(verbs, "live", _live, "print where the live release of an environment lies; nothing before the first",
                "python -m forge live stage")  # fmt: skip
    verb.add_argument("environment")
    verb.add_argument("--store", default="", help="the store that knows it (default: SEARCHBAR_STORE or var/store)")


def _add(verbs: argparse._SubParsersAction[Parser], name: str, does: Verb, text: str, example: str) -> Parser:
    verb: Parser = verbs.add_parser(name, help=text, description=text, example=example)
    verb.set_defaults(verb=does)
    return verb


def _branch_options(verb: Parser) -> None:
    verb.add_argument("--branch", default="", help="the branch (default: CHANGE_BRANCH or BRANCH_NAME)")
    verb.add_argument("--into", default="", help="where it wants to go (default: CHANGE_TARGET)")


if __name__ == "__main__":
    sys.exit(run_program("forge", main))
