"""Images: their digests, and their archives as files that are shipped by content."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import RolloutError
from deployer.transport.ship import Shipment
from release_format.exit_codes import USAGE
from release_format.seal import digest_of_file

CACHE = Path("var/cache/images")


@dataclass(frozen=True)
class ImageFiles:
    """An image's archive, unpacked: name in the archive → digest, and the files to ship."""

    names: Mapping[str, str]
    shipment: Shipment


def comes_from_registry(image: str) -> bool:
    """Whether hosts can pull it themselves: `registry/name@sha256:…`."""
    return "@sha256:" in image


def resolve(image: str) -> str:
    """The digest of an image in this machine's engine; a registry's image is named by its own."""
    if comes_from_registry(image):
        return image
    inspected = _docker("image", "inspect", "--format", "{{.Id}}", image)
    if inspected.returncode != 0:
        # A host may hold it although this machine does not: rollouts of a known image need no
        # engine here.
        if image.startswith("sha256:") and len(image) == 71:
            return image
        raise RolloutError(
            f"there is no image {image!r} here. Build it with `make image`, or give its digest.",
            USAGE,
        )
    return inspected.stdout.strip()


def formats_of(image: str) -> str | None:
    """The formats of releases that an image here says it reads; None where it is not here."""
    label = '{{index .Config.Labels "searchbar.formats"}}'
    inspected = _docker("image", "inspect", "--format", label, image)
    return None if inspected.returncode else inspected.stdout.strip()


def files_of(image: str, cache: Path = CACHE) -> ImageFiles:
    """Save an image and unpack its archive once; layers that two images share are the same files.

    Raises:
        RolloutError: this machine does not hold it.
    """
    directory = cache / image.replace(":", "-")
    if not directory.is_dir():
        _save(image, directory)
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    names = {path.relative_to(directory).as_posix(): digest_of_file(path) for path in files}
    paths = {digest: directory / name for name, digest in names.items()}
    sizes = {digest: path.stat().st_size for digest, path in paths.items()}
    return ImageFiles(names, Shipment(paths, sizes))


def _save(image: str, directory: Path) -> None:
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent) as work:
        unpacked = Path(work) / "image"
        archive = Path(work) / "image.tar"
        saved = _docker("save", "--output", str(archive), image)
        if saved.returncode != 0:
            raise RolloutError(
                f"image {image} is neither on the hosts nor here: {saved.stderr.strip()[:200]}."
                " Build it with `make image`, or push it to a registry and name it name@sha256:…"
            )
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        try:
            unpacked.rename(directory)
        except OSError:
            # Another rollout on this machine was first; a digest names the same files.
            if not directory.is_dir():
                raise


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=600, check=False
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(arguments, 127, "", "there is no docker on this machine")
