"""Command line of the host programs."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class HostOptions:
    """What the deployer typed; `words` is the command line of another program, behind `--`.

    `sent` is what came on standard input, where a verb is to have it read beforehand.
    """

    root: Path
    verb: str
    holder: str = ""
    purpose: str = ""
    token: str = ""
    image: str = ""
    why: str = ""
    site: str = ""
    id: str = ""
    by: str = ""
    fence: int = 0
    share: int = 0
    port: int = 0
    silence: float = 5.0
    within: float = 5.0
    patience: float = 5.0
    colour: str = "blue"
    even_frozen: bool = False
    standby: bool = False
    canary: bool = False
    words: tuple[str, ...] = ()
    sent: Any = None


def read_options(arguments: list[str], verbs: Collection[str]) -> HostOptions:
    """Parse a command line."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = vars(_parser(verbs).parse_args(arguments[:end]))
    return HostOptions(**options, words=tuple(arguments[end + 1 :]))


def _parser(verbs: Collection[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="host")
    parser.add_argument("root", type=Path)
    parser.add_argument("verb", choices=sorted(verbs))
    for name in ("--holder", "--purpose", "--token", "--image", "--why", "--site", "--id", "--by"):
        parser.add_argument(name, default="")
    for name in ("--fence", "--share", "--port"):
        parser.add_argument(name, type=int, default=0)
    for name in ("--silence", "--within", "--patience"):
        parser.add_argument(name, type=float, default=5.0)
    parser.add_argument("--colour", choices=("blue", "green"), default="blue")
    for name in ("--even-frozen", "--standby", "--canary"):
        parser.add_argument(name, action="store_true")
    return parser
