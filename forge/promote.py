"""Promotions: the pair that a commit may bring to prod, and the evidence for it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from forge.branch_policy import STAGE
from forge.errors import ForgeError, refuse
from forge.git import Git
from forge.hotfix import Hotfix, check_hotfix_kept, write_hotfix
from release_format.config.line import LineSettings
from release_format.config.registry import read_settings
from release_format.progress import say
from release_format.run_log import now
from release_format.seal import digest_of
from release_format.secrets.redaction import redacted
from release_format.store.base import Store
from release_format.untrusted_json import parse_json

KIND = "promotion"


@dataclass(frozen=True)
class Promotion:
    """What stage's hosts were switched to from this source tree, by which certificate."""

    tree: str
    commit: str
    release: str
    image: str
    certificate: str
    made_at: str


@dataclass(frozen=True)
class Approval:
    """A pair that may be rolled out, and the digest of its evidence: what a person approves."""

    release: str
    image: str
    evidence: str


def write_promotion(
    store: Store, git: Git, channel: str, commit: str, release: str = ""
) -> Promotion:
    """Keep what a channel's hosts run now under the tree of the commit that brought them there.

    Raises:
        ForgeError: nothing was rolled out with a certificate, or another release than this commit's
            (where it is told) is live by now: a newer build's, or that of a rollback.
    """
    live = store.channel(channel)
    if live is None or not live.certificate:
        raise refuse(
            f"nothing was rolled out to {channel!r} with a certificate. Run `make rollout` first."
        )
    if release and live.release != release:
        raise refuse(
            f"{channel!r} runs release {live.release[:12]} by now, and this build made"
            f" {release[:12]}. Nothing was promoted: the build that made {live.release[:12]} does"
            " that; after a rollback, build the mended commit."
        )
    tree = git.tree_of(commit)
    promotion = Promotion(tree, commit, live.release, live.image, live.certificate, now())
    store.put_record(KIND, tree, json.dumps(asdict(promotion), indent=1))
    return promotion


def promotion_of(store: Store, git: Git, commit: str) -> Promotion:
    """The promotion of exactly this source.

    Raises:
        ForgeError: stage never ran it.
    """
    tree = git.tree_of(commit)
    if (text := store.record(KIND, tree)) is None:
        _check_first_rollout(store)
        raise refuse(
            f"stage has no certificate for what commit {commit[:12]} holds. Merge stage, and"
            " nothing else, into prod."
        )
    try:
        return Promotion(**parse_json(text))
    except (ValueError, TypeError) as error:
        raise ForgeError(
            f"the promotion {tree[:12]} cannot be read ({error}). Build stage again."
        ) from error


def _store_address() -> str:
    """Where the store is, without its secrets."""
    return redacted(read_settings(LineSettings).store)


def _check_first_rollout(store: Store) -> None:
    """Check that stage was ever rolled out: before that nothing is wrong, prod only waits.

    Raises:
        ForgeError: what prod waits for, and how to get it.
    """
    if (stage := store.channel(STAGE)) is None:
        raise ForgeError(
            f"prod waits for stage's first rollout: the store {_store_address()} knows of none."
            " Name stage's hosts in deployer/hosts.toml, push to stage, and build prod again when"
            " stage's build is green; or, where another store knows of it, set SEARCHBAR_STORE to"
            " that."
        )
    if not stage.certificate:
        raise ForgeError(
            "prod waits for stage's certificate: what runs there was switched without one. Build"
            " stage again, or run `make rollout ENVIRONMENT=stage`, then build prod again."
        )


def hotfix_approval(store: Store, git: Git, hotfix: Hotfix, environment: str) -> Approval:
    """The live release with a hotfix's image.

    Raises:
        ForgeError: nothing is live, or the hotfix that is live would be lost.
    """
    if (live := store.channel(environment)) is None:
        raise refuse(
            f"a hotfix keeps the live release, and {environment!r} has none. Go through stage."
        )
    _say(check_hotfix_kept(store, git, environment, hotfix.commit))
    # An image that is live already is no new hotfix, whatever else its branch changed.
    if hotfix.image != live.image:
        write_hotfix(store, hotfix)
    evidence = digest_of(
        {"commit": hotfix.commit, "image": hotfix.image, "live": [live.release, live.image]}
    )
    return Approval(live.release, hotfix.image, evidence)


def approval(store: Store, git: Git, commit: str, environment: str) -> Approval:
    """The pair that this commit may bring to an environment.

    Raises:
        ForgeError: there is none, a rollback holds its release, or the hotfix that is live would be
        lost.
    """
    live = store.channel(environment)
    promotion = promotion_of(store, git, commit)
    if live and promotion.release in live.hold:
        raise refuse(
            f"release {promotion.release[:12]} is held: a rollback left it. Free it, or mend it in"
            " stage."
        )
    certificate = _certificate(store, promotion)
    _say(check_hotfix_kept(store, git, environment, commit))
    pair = [live.release, live.image] if live else []
    evidence = digest_of({"promotion": asdict(promotion), "certificate": certificate, "live": pair})
    return Approval(promotion.release, promotion.image, evidence)


def _say(sentence: str) -> None:
    if sentence:
        say(f"forge: {sentence}")


def _certificate(store: Store, promotion: Promotion) -> str:
    """The certificate that stage's rollout left: still there, unchanged, and about this pair.

    Raises:
        ForgeError: it is not.
    """
    short, text = promotion.certificate[:12], store.record("certificate", promotion.certificate)
    if text is None:
        raise ForgeError(
            f"prod waits for the certificate {short} of stage's rollout, which is not in the store"
            f" {_store_address()}. Set SEARCHBAR_STORE to the store that holds it, if another does."
            " Roll out to stage again otherwise."
        )
    try:
        record = parse_json(text)
        pair = (record["to"]["release"], record["to"]["image"])
    except (ValueError, TypeError, KeyError) as error:
        raise ForgeError(
            f"the certificate {short} cannot be read ({error}). Roll out to stage again."
        ) from error
    if digest_of(record) != promotion.certificate:
        raise refuse(
            f"the certificate {short} was changed after it was made. Roll out to stage again."
        )
    if pair != (promotion.release, promotion.image):
        raise refuse(f"the certificate {short} is about another pair. Roll out to stage again.")
    return text
