"""The forge's settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from release_format.config.setting import YesNo, setting, settings_group
from release_format.config.table import Checked, Positive, matching
from release_format.secrets.secret import Secret


@settings_group
@dataclass(frozen=True)
class ForgeSettings:
    """Every FORGE_<NAME> variable."""

    repository: Annotated[str, matching(r"([\w.-]+(/[\w.-]+)+)?", "owner/name")] = setting(
        "",
        "owner/name on GitHub, group/…/name on GitLab; empty: a plain git remote, comments become"
        " pages.",
    )
    kind: Literal["", "github", "gitlab"] = setting(
        "",
        "github or gitlab; empty: gitlab where FORGE_API ends with /api/v4 or names a host"
        " gitlab.…, github elsewhere.",
    )
    token: Secret = setting(
        Secret(""),
        "GitHub's or GitLab's token that may write pull requests, comments and statuses.",
        in_file=True,
    )
    token_file: str = setting("", "A file with that token, instead of FORGE_TOKEN.")
    api: Annotated[str, Checked(lambda address: address.rstrip("/"))] = setting(
        "https://api.github.com",
        "Address of the API (GitHub Enterprise: https://HOST/api/v3; GitLab: https://HOST/api/v4).",
    )
    remote: str = setting("origin", "The git remote that holds `stage` and `prod`.")
    reports: Path = setting(Path("var/reports"), "The folder with the gates' reports.")
    auto_merge: YesNo = setting(
        False, "yes: the daily pull request merges itself when every gate is green."
    )
    encode_rate: Positive = setting(
        50.0, "Texts encoded in a second on the building machine, for the estimated cost."
    )
    notify: Secret = setting(
        Secret(""),
        "Where to tell about builds: apprise addresses, separated by spaces.",
        in_file=True,
    )
    notify_file: str = setting("", "A file with these addresses, instead of FORGE_NOTIFY.")
    give_up: Positive = setting(
        60.0,
        "Seconds to wait for a rate limit, or a GitHub or GitLab that is down, before giving up.",
    )
