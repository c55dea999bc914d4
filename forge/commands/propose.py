"""Put what is new here on a rolling branch, with one pull request."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from forge.branch_policy import DAILY
from forge.checkout import open_checkout
from forge.git import check_branch_name
from forge.pages.comment_body import Page
from forge.propose import estimated_cost, propose_lock, push_rolling
from forge.publish import publish_proposal
from forge.reports import read_reports
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import YES
from release_format.progress import say
from release_format.report_page.markdown_text import prose

EXAMPLE = "python -m forge propose catalogue"


def add_arguments(parser: Parser) -> None:
    parser.add_argument("path", nargs="+", help="what the change consists of")
    parser.add_argument(
        "--branch",
        default=DAILY,
        help="overwritten each time, unless a person works on it: then its next, such as"
        " %(default)s-2, is written (default: %(default)s)",
    )
    parser.add_argument("--title", default="Take over today's catalogue")


def run(options: Namespace) -> int:
    settings = read_settings(ForgeSettings)
    with propose_lock(Path("var")):
        branch = check_branch_name(options.branch)
        git = open_checkout(settings)
        proposal = push_rolling(
            git, branch, lambda stage: git.commit_with(stage, options.path, options.title)
        )
        if not proposal.commit:
            say(f"forge: {', '.join(options.path)}: as stage has it; nothing to propose.")
            return YES
        for sentence in proposal.passed_over:
            say(f"forge: {sentence}")
        state = "is now" if proposal.moved else "stays"
        say(f"forge: {proposal.branch} {state} at {proposal.commit[:12]}.")
        reports = read_reports(settings.reports)
        sentences = [prose(sentence) for sentence in proposal.passed_over]
        if branch == DAILY:
            sentences.append(estimated_cost(reports, settings.encode_rate))
        print(publish_proposal(settings, proposal.branch, Page(options.title, sentences), reports))
    return YES
