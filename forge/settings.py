"""The forge's settings: every FORGE_* variable, read once; secrets stay out of every print."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from forge.errors import ForgeError
from release_format.exit_codes import USAGE
from release_format.secret import Secret


class Setting(NamedTuple):
    """One setting: its name in the environment, its default, and a sentence."""

    name: str
    default: str
    sentence: str


SETTINGS = (
    Setting(
        "FORGE_REPOSITORY",
        "",
        "owner/name on GitHub; empty: a plain git remote, comments become pages",
    ),
    Setting(
        "FORGE_TOKEN",
        "",
        "GitHub token that may write pull requests, comments and statuses (secret)",
    ),
    Setting("FORGE_TOKEN_FILE", "", "a file with that token, instead of FORGE_TOKEN"),
    Setting(
        "FORGE_API",
        "https://api.github.com",
        "address of the GitHub API (GitHub Enterprise: https://HOST/api/v3)",
    ),
    Setting("FORGE_REMOTE", "origin", "the git remote that holds `stage` and `prod`"),
    Setting("FORGE_REPORTS", "var/reports", "the folder with the gates' reports"),
    Setting(
        "FORGE_AUTO_MERGE",
        "no",
        "yes: the daily pull request merges itself when every gate is green",
    ),
    Setting(
        "FORGE_ENCODE_RATE",
        "50",
        "texts encoded in a second on the building machine, for the estimated cost",
    ),
    Setting(
        "FORGE_NOTIFY",
        "",
        "where to tell about builds: apprise addresses, separated by spaces (secret)",
    ),
    Setting("FORGE_NOTIFY_FILE", "", "a file with these addresses, instead of FORGE_NOTIFY"),
    Setting(
        "FORGE_GIVE_UP",
        "60",
        "seconds to wait for a rate limit or a GitHub that is down before giving up",
    ),
)


@dataclass(frozen=True)
class ForgeSettings:
    """The forge's settings, read once."""

    repository: str
    token: Secret
    api: str
    remote: str
    reports: Path
    auto_merge: bool
    encode_rate: float
    notify: Secret
    give_up: float

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> ForgeSettings:
        """Read every FORGE_* variable.

        Raises:
            ForgeError: an unknown one, or a value that cannot be.
        """
        _refuse_unknown(environment)
        value = {s.name: environment.get(s.name) or s.default for s in SETTINGS}
        if (repository := value["FORGE_REPOSITORY"]) and not re.fullmatch(
            r"[\w.-]+/[\w.-]+", repository
        ):
            raise ForgeError(f"FORGE_REPOSITORY is {repository!r}; give owner/name.", USAGE)
        if value["FORGE_AUTO_MERGE"] not in ("yes", "no"):
            raise ForgeError(
                f"FORGE_AUTO_MERGE is {value['FORGE_AUTO_MERGE']!r}; give yes or no.", USAGE
            )
        return cls(
            repository=repository,
            token=_secret(value, "FORGE_TOKEN"),
            api=value["FORGE_API"].rstrip("/"),
            remote=value["FORGE_REMOTE"],
            reports=Path(value["FORGE_REPORTS"]),
            auto_merge=value["FORGE_AUTO_MERGE"] == "yes",
            encode_rate=_positive(value, "FORGE_ENCODE_RATE"),
            notify=_secret(value, "FORGE_NOTIFY"),
            give_up=_positive(value, "FORGE_GIVE_UP"),
        )


def web_address(api: str) -> str:
    """Where git and people find the forge whose API is at this address."""
    return "https://github.com" if api == "https://api.github.com" else api.removesuffix("/api/v3")


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = [s.name for s in SETTINGS]
    for name in environment:
        if name.startswith("FORGE_") and name not in known:
            nearest = difflib.get_close_matches(name, known, 1) or [known[0]]
            raise ForgeError(f"{name} is not a setting. Did you mean {nearest[0]}?", USAGE)


def _secret(value: Mapping[str, str], name: str) -> Secret:
    """A secret from its variable or its file; an empty file (an unfilled secret) means none."""
    if text := value[name]:
        return Secret(text.strip())
    if not (file := value[f"{name}_FILE"]):
        return Secret("")
    try:
        return Secret(Path(file).read_text(encoding="utf-8").strip())
    except OSError as error:
        raise ForgeError(
            f"{name}_FILE: {file} cannot be read ({error.strerror}). Mend the path.", USAGE
        ) from error


def _positive(value: Mapping[str, str], name: str) -> float:
    try:
        number = float(value[name])
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise ForgeError(f"{name} is {value[name]!r}; give a number above 0.", USAGE)
    return number
