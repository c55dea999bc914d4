"""What a remote said when it refused: git's output, GitHub's and GitLab's answers, in a sentence.
(Pure.)"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from release_format.exit_codes import COULD_NOT_TELL, USAGE

LONGEST = 300
# A remote's own lines that say how far it is, or nothing.
_PROGRESS = re.compile(
    r"(?:(?:Enumerating|Counting|Compressing|Resolving|Receiving|Writing)\b.*|Total \d.*|\W*)"
)
_REJECTED = re.compile(r"^! \[.*\] .*\((?P<reason>.*)\)$")
# What only says that something went wrong above.
_ECHOES = (
    "error: failed to push some refs",
    "fatal: Could not read from remote repository",
    "fatal: The remote end hung up unexpectedly",
)
_CHATTER = ("hint:", "To ", "Warning: ", "warning: ", "! [")
# What git itself says where waiting helps nobody: the path, the address or the token is wrong.
_FOR_A_PERSON = re.compile(
    r"ignored by one of your \.gitignore|did not match any files|Authentication failed"
    r"|could not read (?:Username|Password)|Permission denied \("
    r"|requested URL returned error: 40[134]",
)
# The hosting's own rules: a protected branch, a file too large, a private address, ….
_HOSTING_RULE = re.compile(r"\bGH0\d\d:|\bGitLab: ")
_TAGS = re.compile(r"<[^>]*>")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
# Where a library wraps the cause of a broken connection in names of its own.
_CAUSE = re.compile(
    r"\[Errno [^\]]*\] [^'\")]+|certificate verify failed[^'\")]*|too many \d+ error responses"
    r"|(?:Read|Connection to \S+) timed out|Temporary failure in name resolution"
)


def told_by_git(output: str) -> str:
    """The telling lines of what git and the remote wrote, without a full stop at the end.

    What the remote says itself (a hook, a rule) comes before what git makes of it.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    remote = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    remote = [line for line in remote if not _PROGRESS.fullmatch(line)]
    reasons = [match["reason"] for line in lines if (match := _REJECTED.match(line))]
    rejections = [f"({reason})" for reason in reasons] if remote else reasons
    own = [line for line in lines if not line.startswith(("remote:", *_CHATTER))]
    causes = [line for line in own if not line.startswith(_ECHOES)]
    told = [*remote, *rejections] or _first_cause(causes) or own or ["no reason given"]
    return _cut(" ".join(dict.fromkeys(told))).rstrip(".")


def _first_cause(lines: list[str]) -> list[str]:
    """The first error with the lines that it announces; else all."""
    for number, line in enumerate(lines):
        if line.startswith(("fatal:", "error:")):
            return lines[number:] if line.endswith(":") else [line]
    return lines


def exit_code_of_git(output: str) -> int:
    """Who must act: wrong usage where no waiting helps, else could not tell."""
    remote = [line for line in output.splitlines() if line.startswith("remote:")]
    own = [line for line in output.splitlines() if not line.startswith("remote:")]
    is_for_a_person = _FOR_A_PERSON.search("\n".join(own)) or _HOSTING_RULE.search(
        "\n".join(remote)
    )
    return USAGE if is_for_a_person else COULD_NOT_TELL


@dataclass(frozen=True)
class HostingWords:
    """What one hosting's refusals mean: its name, a sentence for a status, what ends a wait."""

    name: str
    sentences: Mapping[int, str]
    instead_of_waiting: str = ""


GITHUB = HostingWords(
    "GitHub",
    {
        401: "GitHub refuses the token. Make a new one and put it where FORGE_TOKEN_FILE points.",
        403: "the token may not do this ({reason}). Give it contents, pull requests and statuses:"
        " write.",
        404: "GitHub knows no such repository, pull request or commit, or the token may not see it."
        " Check FORGE_REPOSITORY and the token's permissions.",
    },
    ", or use an app's token",
)
GITLAB = HostingWords(
    "GitLab",
    {
        401: "GitLab refuses the token ({reason}). Make a new project access token and put it into"
        " FORGE_TOKEN or where FORGE_TOKEN_FILE points.",
        403: "the token may not do this ({reason}). Give it the scope `api` and the role"
        " Maintainer; a job's own token (CI_JOB_TOKEN) may write no comment.",
        404: "GitLab knows no such project, merge request or commit, or the token may not see it"
        " ({reason}). Check FORGE_REPOSITORY, FORGE_API and the token's scope.",
        405: "GitLab will not do this now ({reason}): what it asks for first, the page of the merge"
        " request says. Mend that, then run this again.",
    },
)


def refusal(
    words: HostingWords, status: int, data: Any, headers: Mapping[str, str], at: datetime
) -> tuple[str, int]:
    """Why a hosting did not do it, and who must act: a person (exit code 2), or time (3)."""
    data = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    reason = told_by_hosting(data) or "no reason"
    if is_rate_limit(status, data, headers):
        wait = wait_sentence(seconds_to_wait(headers, at), words.instead_of_waiting)
        return f"{words.name}'s rate limit is used up ({status}: {reason}). {wait}", COULD_NOT_TELL
    if status >= 500 or status in (409, 422):
        code = USAGE if status == 422 else COULD_NOT_TELL
        return f"{words.name} answered {status} ({reason}). Look there, then run this again.", code
    if is_web_page(data):
        page = f"not {words.name} but a web page answered {status} ({reason}). Look at FORGE_API"
        return f"{page} and at the proxy between here and there.", COULD_NOT_TELL
    refused = "{name} refuses: {reason} ({status}). Mend that, then run this again."
    sentence = words.sentences.get(status, refused)
    return sentence.format(name=words.name, reason=reason, status=status), USAGE


def told_by_hosting(data: Any) -> str:
    """The message of an answer of GitHub or GitLab, with its errors; of a web page, its title."""
    if not isinstance(data, dict):
        return _plain(str(data or ""))
    if "message" in data:
        errors = data.get("errors")
        listed = errors if isinstance(errors, list) else [errors] if errors else []
        details = [detail for error in listed if (detail := _detail(error))]
        parts = [_flat(data["message"]).rstrip(".:"), "; ".join(details)]
        return _cut(": ".join(parts).rstrip(": "))
    if "error" in data:
        return _cut(_flat(data.get("error_description") or data["error"]).rstrip(".:"))
    return _plain(str(data.get("data", "")))


def _flat(message: object) -> str:
    """A message in one line: GitLab gives a text, a list, or lists by the name of a field."""
    if isinstance(message, dict):
        return "; ".join(f"{name} {_flat(value)}" for name, value in message.items())
    if isinstance(message, list):
        return "; ".join(map(_flat, message))
    return " ".join(str(message).split())


def _detail(error: object) -> str:
    """One of the errors of a 422: its message, or which field is what."""
    if not isinstance(error, dict):
        return str(error)
    if error.get("message"):
        return str(error["message"])
    return " ".join(str(error[key]) for key in ("resource", "field", "code") if error.get(key))


def is_web_page(data: Any) -> bool:
    """Whether an answer is a page for people, as a proxy gives, and not the hosting's."""
    text = data.get("data") if isinstance(data, dict) and "message" not in data else data
    return isinstance(text, str) and text.lstrip().startswith("<")


def _plain(text: str) -> str:
    title = _TITLE.search(text)
    return _cut(" ".join(html.unescape(title[1] if title else _TAGS.sub(" ", text)).split()))


def told_by_connection(error: Exception) -> str:
    """Why a connection failed, in the words of whoever knew first."""
    cause = _CAUSE.search(str(error))
    return f"{type(error).__name__}: {cause[0].strip()}" if cause else type(error).__name__


def is_rate_limit(status: int, data: Any, headers: Mapping[str, str]) -> bool:
    """Whether a hosting says that too much was asked, in any of its ways."""
    if status == 429:
        return True
    message = told_by_hosting(data).lower()
    return status == 403 and (
        "retry-after" in _lowered(headers) or "rate limit" in message or "abuse" in message
    )


def seconds_to_wait(headers: Mapping[str, str], at: datetime) -> float | None:
    """How long an answer asks to wait, by Retry-After or by when its limit begins anew."""
    values = _lowered(headers)
    after = values.get("retry-after", "")
    reset = values.get("x-ratelimit-reset") or values.get("ratelimit-reset", "")
    if after.isascii() and after.isdigit():
        return float(after[:9])
    try:
        moment = parsedate_to_datetime(after) if after else None
        if moment is None and reset.isascii() and reset.isdigit():
            moment = datetime.fromtimestamp(int(reset[:12]), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if moment is None:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - at).total_seconds())


def wait_sentence(seconds: float | None, instead: str = "") -> str:
    """What to do about a rate limit."""
    if seconds is None:
        return f"Run this again in an hour{instead}."
    if seconds <= 90:
        return f"Run this again in {max(1, round(seconds))} seconds."
    if seconds <= 48 * 3600:
        return f"Run this again in {round(seconds / 60)} minutes{instead}."
    return f"Run this again in {round(seconds / 86400)} days{instead}."


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {str(name).lower(): str(value).strip() for name, value in headers.items()}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
