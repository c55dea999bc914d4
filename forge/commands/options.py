"""The branch that a verb is about: from its options, or from what Jenkins sets."""

from __future__ import annotations

import os
from argparse import Namespace

from forge.branch_policy import PROPOSED, STAGE
from forge.errors import ForgeError
from forge.git import check_branch_name
from release_format.cli import Parser
from release_format.exit_codes import USAGE


def add_branch(parser: Parser) -> None:
    """Add --branch and --into."""
    parser.add_argument(
        "--branch", default="", help="the branch (default: CHANGE_BRANCH or BRANCH_NAME)"
    )
    parser.add_argument("--into", default="", help="where it wants to go (default: CHANGE_TARGET)")


def jenkins_branch() -> str:
    """The branch that Jenkins builds (a pull request's own, not Jenkins' PR-12), or ""."""
    return os.environ.get("CHANGE_BRANCH") or os.environ.get("BRANCH_NAME") or ""


def requested_branch(options: Namespace, default: str = "") -> str:
    """The branch as the command line or Jenkins names it.

    Raises:
        ForgeError: neither does, or it is no name for a branch.
    """
    if not (branch := options.branch or jenkins_branch() or default):
        raise ForgeError("which branch? Give --branch, or set BRANCH_NAME.", USAGE)
    return check_branch_name(branch)


def requested_target(options: Namespace, branch: str) -> str:
    """Where a branch wants to go; stage, too, for what is proposed on a plain git remote."""
    if target := options.into or os.environ.get("CHANGE_TARGET"):
        return str(target)
    return STAGE if branch.startswith(PROPOSED) else ""
