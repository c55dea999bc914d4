"""Pushing an image under a tag that never changes its meaning, and the digest it has there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from deployer.errors import RolloutError
from deployer.registry.docker_client import DockerClient
from release_format.exit_codes import USAGE
from release_format.progress import say
from release_format.untrusted_json import parse_json


@dataclass(frozen=True)
class TaggedImage:
    """What a tag of a registry means: the digest of its manifest, and that of the image's
    configuration ("" for an index of several platforms)."""

    digest: str
    configuration: str

    def is_image(self, id: str) -> bool:
        """Whether it is the image that an engine knows by this id: which of both digests that is,
        depends on how the engine stores images."""
        return id in (self.digest, self.configuration)


def push_image(client: DockerClient, image: str, repository: str, tag: str) -> str:
    """Push an image of this machine's engine; returns `repository@sha256:…` as the registry has it.

    A tag that is there already is never written again.

    Raises:
        RolloutError: there is no such image, the tag means another one, or the registry refuses.
    """
    id, reference = _id_of(client, image), f"{repository}:{tag}"
    there = tagged_image(client, reference)
    if there is None:
        say(f"pushing {reference} …")
        _tag_and_push(client, id, reference)
        there = tagged_image(client, reference)
    if there is None:
        raise RolloutError(f"{reference} was pushed and is not there. Look at the registry.")
    if not there.is_image(id):
        raise RolloutError(
            f"{reference} is another image already, {there.digest}. A tag keeps its meaning: use"
            f" {repository}@{there.digest}, or make a commit and push that.",
            USAGE,
        )
    return f"{repository}@{there.digest}"


def tagged_image(client: DockerClient, reference: str) -> TaggedImage | None:
    """What a tag means in its registry; None where there is no such tag.

    Raises:
        RolloutError: the registry does not tell.
    """
    ended = client.run("buildx", "imagetools", "inspect", "--raw", reference)
    if ended.returncode != 0:
        if f"{reference}: not found" in ended.stderr:
            return None
        raise client.refusal(reference.partition("/")[0], ended.stderr)
    manifest = ended.stdout.encode("utf-8", "surrogateescape")
    try:
        table = parse_json(manifest)
    except ValueError as error:
        raise RolloutError(
            f"what {reference} is cannot be read ({error}). See whether that is a registry."
        ) from error
    configuration = table.get("config") if isinstance(table, dict) else None
    digest = configuration.get("digest") if isinstance(configuration, dict) else None
    return TaggedImage(f"sha256:{hashlib.sha256(manifest).hexdigest()}", str(digest or ""))


def _id_of(client: DockerClient, image: str) -> str:
    inspected = client.run("image", "inspect", "--format", "{{.Id}}", image)
    if inspected.returncode != 0:
        raise RolloutError(
            f"there is no image {image!r} here. Build it with `make image`, or give its digest.",
            USAGE,
        )
    return inspected.stdout.strip()


def _tag_and_push(client: DockerClient, id: str, reference: str) -> None:
    for arguments in (("tag", id, reference), ("push", "--quiet", reference)):
        ended = client.run(*arguments)
        if ended.returncode != 0:
            raise client.refusal(reference.partition("/")[0], ended.stderr)
