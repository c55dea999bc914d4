"""Print the pair that this commit may bring to prod, and its evidence."""

from __future__ import annotations

import json
import os
from argparse import Namespace

from forge.branch_policy import PROD
from forge.checkout import open_checkout
from forge.errors import refuse
from forge.hotfix import Hotfix
from forge.promote import approval, hotfix_approval
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import YES
from release_format.progress import say
from release_format.store.locate import open_store

EXAMPLE = "python -m forge approve --environment prod"


def add_arguments(parser: Parser) -> None:
    parser.add_argument("--environment", default=PROD)
    parser.add_argument("--image", default="", help="a hotfix: this image with the live release")
    parser.add_argument("--evidence", default="", help="what was approved: refuse anything else")
    parser.add_argument("--json", action="store_true")


def run(options: Namespace) -> int:
    git, store = open_checkout(read_settings(ForgeSettings)), open_store()
    if options.image:
        hotfix = Hotfix(git.commit(), os.environ.get("BRANCH_NAME", ""), options.image)
        pair = hotfix_approval(store, git, hotfix, options.environment)
    else:
        pair = approval(store, git, git.commit(), options.environment)
    if options.evidence and options.evidence != pair.evidence:
        raise refuse(
            "what was approved is not what is there now: the evidence has changed. Approve it anew."
        )
    say(
        f"forge: release {pair.release[:12]} with image {pair.image[:19]} for"
        f" {options.environment}."
    )
    print(
        json.dumps(vars(pair)) if options.json else f"{pair.release} {pair.image} {pair.evidence}"
    )
    return YES
