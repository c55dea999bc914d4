"""Write the one comment of a pull request (or its page) and its statuses."""

from __future__ import annotations

from argparse import Namespace

from forge.checkout import open_checkout
from forge.commands.options import add_branch, jenkins_branch, requested_branch, requested_target
from forge.errors import ForgeError
from forge.publish import publish_comment, publish_comments, publish_review_page
from forge.workflow_runs.comment import publish_run
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import USAGE, YES
from release_format.progress import say

EXAMPLE = "python -m forge comment --pull 12"
ALL = -1


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--pull",
        type=_number_or_all,
        default=0,
        help="its number (default: the pull request of the branch), or `all`: each open one to"
        " stage, from the reports that GitLab keeps of its newest pipeline",
    )
    parser.add_argument(
        "--run",
        dest="workflow_run",
        metavar="NUMBER",
        type=int,
        default=0,
        help="a run of GitHub Actions: its pull request gets the comment, from what it left",
    )
    add_branch(parser)


def run(options: Namespace) -> int:
    settings = read_settings(ForgeSettings)
    git, has_forge = open_checkout(settings), bool(settings.repository and settings.token)
    if options.workflow_run:
        print(publish_run(settings, git, options.workflow_run))
        return YES
    if options.pull == ALL:
        if not has_forge:
            raise ForgeError(
                "`--pull all` needs FORGE_REPOSITORY and a token. Set them, or leave it out.", USAGE
            )
        addresses = publish_comments(settings, git)
        say(f"forge: {len(addresses)} comment(s) say what their pull requests' builds reported.")
        for address in addresses:
            print(address)
        return YES
    branch = ""
    if not (options.pull and has_forge):
        # A person need not name the branch that is checked out; nor is it wrong to name a number
        # where none counts.
        is_named = options.branch or jenkins_branch()
        branch = requested_branch(options, default="" if is_named else git.branch())
    if has_forge:
        print(publish_comment(settings, git, branch, options.pull))
        return YES
    if options.pull:
        say(
            f"forge: no forge and token are set, so {options.pull} names nothing: {branch} gets a"
            " page (docs/tutorial.md, Connect GitHub; docs/gitlab.md)."
        )
    print(publish_review_page(settings, git, branch, requested_target(options, branch)))
    return YES


def _number_or_all(text: str) -> int:
    return ALL if text == "all" else int(text)
