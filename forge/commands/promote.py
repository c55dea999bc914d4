"""Open or update the pull request from stage to prod."""

from __future__ import annotations

from argparse import Namespace

from forge.branch_policy import PROD, STAGE
from forge.checkout import open_checkout
from forge.commands.options import add_branch, requested_branch
from forge.errors import refuse
from forge.git import Git
from forge.hotfix import hotfix_status
from forge.pages.comment_body import Page
from forge.promote import write_promotion
from forge.publish import publish_promotion
from release_format.cli import Parser
from release_format.config.forge import ForgeSettings
from release_format.config.registry import read_settings
from release_format.exit_codes import YES
from release_format.report_page.markdown_text import prose
from release_format.store.base import Store
from release_format.store.locate import open_store

EXAMPLE = "python -m forge promote"


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--back", action="store_true", help="from this hotfix branch back to stage instead"
    )
    parser.add_argument(
        "--release",
        default="",
        help="what this build rolled out: refused where a newer one was faster (default: whatever"
        " stage's hosts run)",
    )
    add_branch(parser)


def run(options: Namespace) -> int:
    settings = read_settings(ForgeSettings)
    if options.back:
        head, base = requested_branch(options), STAGE
        page = _back_page(head)
    else:
        head, base = STAGE, PROD
        page = _promotion_page(open_store(), open_checkout(settings), options.release)
    address = publish_promotion(settings, head, base, page)
    if page.refused:
        raise refuse(" ".join(page.refused))
    print(address)
    return YES


def _back_page(branch: str) -> Page:
    return Page(
        f"Bring {branch} back to stage",
        ["This fix is live in prod. Without this merge the next promotion would take it back."],
    )


def _promotion_page(store: Store, git: Git, release: str) -> Page:
    """What stage's hosts run, as evidence for prod; refused where prod would lose its hotfix."""
    promotion = write_promotion(store, git, STAGE, git.commit(), release)
    title = f"Promote release {promotion.release[:12]} to prod"
    pair = f"Release `{promotion.release[:12]}` with image `{promotion.image}`"
    sentence = f"{pair} runs on stage's hosts; certificate `{promotion.certificate[:12]}`."
    hotfix = hotfix_status(store, git, PROD, promotion.commit)
    if hotfix.is_lost:
        return Page(title, [sentence], refused=[hotfix.sentence])
    return Page(title, [sentence, prose(hotfix.sentence)])
