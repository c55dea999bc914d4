"""Here is a host: give me its slots' containers and images as the Docker engine knows them."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path
from typing import IO, Any, cast

from .rooms import COLOURS, HostError, Rooms, read_record, write_record


def docker(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the Docker client."""
    try:
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    except FileNotFoundError:
        raise HostError("there is no docker here. Run prepare on this host.") from None
    except subprocess.TimeoutExpired:
        raise HostError(f"the Docker engine did not answer within {timeout:.0f} s. Look at the host.") from None


def engine(words: list[str], patience: float) -> None:
    """Have the engine do one thing to a slot."""
    done = docker(*words[1:], timeout=patience)
    if done.returncode:
        why = (done.stderr.strip() or "no reason was given").splitlines()[-1]
        raise HostError(f"{why[:300]}. Look at the Docker engine of this host.")


def containers(site: str) -> dict[str, Any]:
    """What stands in each slot, by colour; an empty slot is left out."""
    names = {f"{site}-{colour}": colour for colour in COLOURS}
    asked = docker("inspect", "--type", "container", *names)
    try:
        found = json.loads(asked.stdout or "[]")
    except ValueError as error:
        raise HostError(f"the Docker engine gave no answer: {asked.stderr.strip()[:300]}. Start it.") from error
    if not found and "No such" not in asked.stderr:
        raise HostError(f"the Docker engine gave no answer: {asked.stderr.strip()[:300]}. Start it.")
    return {names[one["Name"].lstrip("/")]: _read(one) for one in found}


def _read(found: dict[str, Any]) -> dict[str, Any]:
    state, labels = found["State"], found["Config"]["Labels"] or {}
    return {
        "release": labels.get("searchbar.release", ""),
        "image": labels.get("searchbar.image", ""),
        "running": bool(state["Running"]),
        "started": state["StartedAt"],
        "restarts": found["RestartCount"],
        "exit_code": state["ExitCode"],
        "out_of_memory": bool(state["OOMKilled"]),
        "bytes": _resident(int(state["Pid"] or 0)),
    }


def _resident(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def load_image(rooms: Rooms, image: str, files: dict[str, str]) -> None:
    """Hand the engine an image whose archive was shipped as files (name in the archive → digest)."""
    loading = subprocess.Popen(["docker", "load", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)  # fmt: skip
    pipe = cast("IO[bytes]", loading.stdin)
    try:
        with tarfile.open(fileobj=pipe, mode="w|") as archive:
            for name, digest in files.items():
                archive.add(rooms.objects / digest, arcname=name, recursive=False)
        pipe.close()
    except BrokenPipeError:
        pass
    said = loading.stdout.read().decode("utf-8", "replace") if loading.stdout else ""
    if loading.wait() != 0 or not has_image(image):
        raise HostError(
            f"the engine did not take image {image}: {said.strip()[:300]}. Build it again, then roll out."
        )
    write_record(_files_of(rooms, image), dict(files))


def _files_of(rooms: Rooms, image: str) -> Path:
    return rooms.images / f"{image.replace('/', '_')}.json"


def objects_of_images(rooms: Rooms, images: list[str]) -> set[str]:
    """The files that images were loaded from, kept so that the next image ships only its new layers."""
    return {digest for image in images for digest in read_record(_files_of(rooms, image)).values()}


def has_image(image: str) -> bool:
    """Whether the engine holds this image."""
    return docker("image", "inspect", "--format", "{{.Id}}", image).returncode == 0


def forget_images(site: str, keep: list[str]) -> list[str]:
    """Remove this program's images that are not kept; one that a container still uses stays."""
    listed = docker("images", "--no-trunc", "--format", "{{.ID}}", "--filter", f"label=searchbar.program={site}")
    unkept = [image for image in dict.fromkeys(listed.stdout.split()) if image not in keep]
    return [image for image in unkept if docker("rmi", image).returncode == 0]
