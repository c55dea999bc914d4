"""Containers and images of the slots, through the Docker client of the host."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

from .layout import COLOURS, HostError, Layout, parse_json, read_record, write_record


def docker(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the Docker client."""
    try:
        return subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False
        )
    except FileNotFoundError:
        raise HostError("there is no docker here. Run prepare on this host.") from None
    except subprocess.TimeoutExpired:
        raise HostError(
            f"the Docker engine did not answer within {timeout:.0f} s. Look at the host."
        ) from None


def engine(words: Sequence[str], patience: float) -> None:
    """Run a command line of the Docker client, `words` beginning with its name."""
    ended = docker(*words[1:], timeout=patience)
    if ended.returncode:
        why = (ended.stderr.strip() or "no reason was given").splitlines()[-1]
        raise HostError(f"{why[:300]}. Look at the Docker engine of this host.")


def containers(site: str) -> dict[str, Any]:
    """The container in each slot, by colour; an empty slot is left out."""
    colours = {f"{site}-{colour}": colour for colour in COLOURS}
    names = [name for name in _told("ps", "--all", "--format", "{{.Names}}") if name in colours]
    records = parse_json("".join(_told("inspect", "--type", "container", *names))) if names else []
    return {colours[record["Name"].lstrip("/")]: _container(record) for record in records}


def _told(*arguments: str) -> list[str]:
    """The lines of what the engine answers; without an answer, nobody can tell what runs here."""
    asked = docker(*arguments)
    if asked.returncode:
        why = (asked.stderr.strip().splitlines() or ["without a reason"])[0][:300].rstrip(".")
        what = "Start Docker there"
        if "permission denied" in why.lower():
            what = "Let this user into the group docker (`make prepare` does)"
        raise HostError(f"the Docker engine gave no answer ({why}). {what}.")
    return asked.stdout.splitlines()


def _container(record: dict[str, Any]) -> dict[str, Any]:
    state, labels = record["State"], record["Config"]["Labels"] or {}
    return {
        "release": labels.get("searchbar.release", ""),
        "image": labels.get("searchbar.image", ""),
        "settings": labels.get("searchbar.settings", ""),
        "running": bool(state["Running"]),
        "started": state["StartedAt"],
        "restarts": record["RestartCount"],
        "exit_code": state["ExitCode"],
        "out_of_memory": bool(state["OOMKilled"]),
        "bytes": _resident(int(state["Pid"] or 0)),
    }


def _resident(pid: int) -> int:
    """The resident memory of a process in bytes; 0 when it does not run."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def load_image(layout: Layout, image: str, files: dict[str, str]) -> None:
    """Hand the engine an image that was shipped as files (name in its archive → digest)."""
    # Into a file: nobody reads a pipe while the archive is written.
    with tempfile.TemporaryFile() as output:
        loading = subprocess.Popen(
            ["docker", "load", "-q"], stdin=subprocess.PIPE, stdout=output, stderr=output
        )
        pipe = cast("IO[bytes]", loading.stdin)
        try:
            with tarfile.open(fileobj=pipe, mode="w|") as archive:
                for name, digest in files.items():
                    archive.add(layout.objects / digest, arcname=name, recursive=False)
            pipe.close()
        except BrokenPipeError:
            pass
        is_loaded = loading.wait() == 0 and has_image(image)
        output.seek(0)
        why = output.read()[-300:].decode("utf-8", "replace").strip()
    if not is_loaded:
        raise HostError(
            f"the engine did not take image {image}: {why}. Build it again, then roll out."
        )
    write_record(_files_of(layout, image), dict(files))


def _files_of(layout: Layout, image: str) -> Path:
    return layout.images / f"{image.replace('/', '_')}.json"


def objects_of_images(layout: Layout, images: list[str]) -> set[str]:
    """Files that images were loaded from, kept so that the next one ships only new layers."""
    return {digest for image in images for digest in read_record(_files_of(layout, image)).values()}


def has_image(image: str) -> bool:
    """Whether the engine holds this image."""
    return formats_of_image(image) is not None


def formats_of_image(image: str) -> str | None:
    """The formats of releases that an image says it reads, like `1-3`; None without the image."""
    label = '{{index .Config.Labels "searchbar.formats"}}'
    inspected = docker("image", "inspect", "--format", label, image)
    return None if inspected.returncode else inspected.stdout.strip()


def forget_images(site: str, keep: list[str]) -> list[str]:
    """Remove this program's images that are not kept; one that a container still uses stays."""
    listed = _told(
        "images", "--no-trunc", "--format", "{{.ID}}", "--filter", f"label=searchbar.program={site}"
    )
    unkept = [image for image in dict.fromkeys(listed) if image not in keep]
    return [image for image in unkept if docker("rmi", image).returncode == 0]
