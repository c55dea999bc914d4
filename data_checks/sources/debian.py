"""Rows of the package lists of a Debian or Ubuntu machine."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from data_checks.errors import CatalogueError
from data_checks.sources.row import Row
from release_format.progress import say

MACHINE_LISTS, OWN_LISTS = Path("/var/lib/apt/lists"), Path("var/debian/lists")
APT_HELPER = "/usr/lib/apt/apt-helper"
LONG, DIGEST = "Description-en", "Description-md5"
# The tags that say what a program is for.
PURPOSE_TAGS = re.compile(
    "(use|works-with|field|game|interface|implemented-in|hardware|sound|web|network|security|mail"
    "|office|science|biology|junior|accessibility|filetransfer)(::|$)"
)
FETCH_SETTINGS = (
    "Debug::NoLocking=1",
    "APT::Sandbox::User=",
    "APT::Update::Post-Invoke-Success=",
    "Acquire::Retries=1",
    "Acquire::http::Timeout=20",
)
_SEPARATOR = re.compile(r",\s*")


def rows() -> Iterator[Row]:
    """One row a package; its description is long where the lists have it.

    Raises:
        CatalogueError: this machine has no package lists.
    """
    if not shutil.which("apt-cache"):
        raise CatalogueError(
            "this machine has no apt-cache. Use the catalogue `debian` on Debian or Ubuntu."
        )
    long = long_descriptions()
    seen: set[bytes] = set()
    for package in paragraphs(lines_of("apt-cache", "dumpavail")):
        name = package.get("Package", "")
        key = hashlib.blake2b(name.encode(), digest_size=8).digest()
        if key in seen:  # an update in another archive; apt names the one it would install first
            continue
        seen.add(key)
        yield Row(f"package {name}", as_item(package, long))
    if not seen:
        raise CatalogueError("this machine has no package lists. Run `apt-get update` first.")


def as_item(package: Mapping[str, str], long: Mapping[str, str]) -> dict[str, object]:
    """One package under the words of a snapshot."""
    short = package.get("Description") or package.get(LONG, "").partition("\n")[0]
    name = package["Package"]
    return {
        "id": name,
        "title": f"{name}: {short}" if short else name,
        "description": readable(long.get(package.get(DIGEST, ""), "")) or short,
        "topics": topics(package),
        "url": package.get("Homepage", ""),
    }


def topics(package: Mapping[str, str]) -> list[str]:
    """The section, and the tags that say what a program is for."""
    section = package.get("Section", "").rpartition("/")[2]
    tags = _SEPARATOR.split(package.get("Tag", "").replace("\n", " "))
    purposes = {tag.strip() for tag in tags if PURPOSE_TAGS.match(tag)}
    return sorted({section, *purposes} - {""})


def readable(text: str) -> str:
    """A long description as prose: its paragraphs without line breaks and summary line."""
    lines = [line.strip() for line in text.split("\n")[1:]]
    blocks = "\n".join("" if line == "." else line for line in lines).split("\n\n")
    return "\n".join(" ".join(block.split()) for block in blocks if block.strip())


def paragraphs(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """The paragraphs of a control file; continuation lines stay below their field."""
    fields: dict[str, str] = {}
    last = ""
    for line in lines:
        if not line.strip():
            if fields:
                yield fields
            fields, last = {}, ""
        elif line[0] in " \t":
            fields[last] = f"{fields.get(last, '')}\n{line.strip()}"
        else:
            last, _, value = line.partition(":")
            fields[last] = value.strip()
    if fields:
        yield fields


def long_descriptions() -> dict[str, str]:
    """Long descriptions by their digest; none, with a sentence, when they cannot be fetched."""
    options = ["-o", f"Dir::State::lists={OWN_LISTS.resolve()}", "-o", "Acquire::Languages=en"]
    if not _is_fresh() and not _fetch(options):
        say(
            "The long descriptions cannot be fetched now; the catalogue has the short ones instead."
        )
        return {}
    targets = lines_of(
        "apt-get", *options, "indextargets", "--format", "$(FILENAME)", "Created-By: Translations"
    )
    descriptions = {}
    for target in targets:
        for paragraph in paragraphs(lines_of(APT_HELPER, "cat-file", target.strip())):
            if LONG in paragraph:
                descriptions[paragraph.get(DIGEST, "")] = paragraph[LONG]
    return descriptions


def _is_fresh() -> bool:
    """Whether our own lists are younger than the machine's."""
    stamp = OWN_LISTS / "fetched"
    if not stamp.exists() or not any(OWN_LISTS.glob("*Translation-en*")):
        return False
    machine_lists = (path.stat().st_mtime for path in MACHINE_LISTS.glob("*InRelease"))
    return stamp.stat().st_mtime >= max(machine_lists, default=0)


def _fetch(options: list[str]) -> bool:
    """Fetch the lists with translations into our own folder, not into the machine's."""
    say("Fetching Debian's long descriptions …")
    (OWN_LISTS / "partial").mkdir(parents=True, exist_ok=True)
    settings = [*FETCH_SETTINGS, f"Dir::Cache={OWN_LISTS.resolve().parent}"]
    command = ["apt-get", *options]
    command += [word for setting in settings for word in ("-o", setting)]
    command += ["-q", "update"]
    try:
        process = subprocess.run(command, capture_output=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    is_fetched = process.returncode == 0 or any(OWN_LISTS.glob("*Translation-en*"))
    if is_fetched:
        (OWN_LISTS / "fetched").touch()
    return is_fetched


def lines_of(*command: str) -> Iterator[str]:
    """What a program prints, line by line."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
    ) as process:
        assert process.stdout is not None  # noqa: S101
        yield from process.stdout
    if process.returncode:
        raise CatalogueError(
            f"`{' '.join(command[:2])}` ended with {process.returncode}. Try it by hand."
        )
