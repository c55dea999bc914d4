"""Comments that are ours and others', and what a failing GitHub does to them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from forge.pages.comment_body import MARKER
from tests.forge.conftest import Forge, report
from tests.forge.hub import GitHub
from tests.refusals.tried import tried


def test_somebody_elses_comment_with_our_marker_stays_theirs(pull: Forge, hub: GitHub) -> None:
    foreign: dict[str, Any] = {
        "id": 1,
        "issue": 1,
        "body": f"{MARKER} all green!",
        "user": {"login": "mallory", "type": "User"},
    }
    hub.comments.append(foreign)
    report(pull.tree, "data")
    pull("comment", "--pull", "1")
    assert [c["user"]["login"] for c in hub.comments] == ["mallory", "line"]
    assert foreign["body"].endswith("all green!")


def test_an_apps_token_finds_its_comment_too(pull: Forge, hub: GitHub) -> None:
    hub.bot = True
    for _ in range(2):
        report(pull.tree, "data")
        assert pull("comment", "--pull", "1").returncode == 0
    assert len(hub.comments) == 1


def test_a_stumble_after_the_write_leaves_one_comment(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    hub.fail_after_write = 1
    assert pull("comment", "--pull", "1").returncode == 0
    assert len(hub.comments) == 1


SECONDARY = '{"message": "You have exceeded a secondary rate limit"}'
INVALID = '{"message": "Validation Failed", "errors": [{"message": "body is too long"}]}'
LIMIT = '{"message": "API rate limit exceeded for installation"}'


@pytest.mark.parametrize(
    ("status", "headers", "text", "code", "sentence"),
    [
        (401, {}, '{"message": "Bad credentials"}', 2, "GitHub refuses the token. Make a new one"),
        (403, {}, '{"message": "Resource not accessible"}', 2, "the token may not do this"),
        (403, {"X-RateLimit-Reset": "4102444800"}, LIMIT, 3, "rate limit is used up"),
        (429, {}, '{"message": "Slow down"}', 3, "rate limit is used up"),
        (404, {}, '{"message": "Not Found"}', 2, "knows no such repository"),
        (500, {}, "<html>oops</html>", 3, "or keeps failing"),
        (410, {}, '{"message": "Gone"}', 2, "GitHub refuses: Gone (410). Mend that, then run"),
        (429, {"Retry-After": "1800"}, '{"message": "slow"}', 3, "slow). Run this again in 30 min"),
        (
            403,
            {"Retry-After": "600"},
            SECONDARY,
            3,
            "secondary rate limit). Run this again in 10 m",
        ),
        (403, {}, "<html><title>Blocked</title>", 3, "not GitHub but a web page answered 403 (Bl"),
        (200, {}, "<html><title>Log in</title>", 3, "gives no answers of GitHub's, but perhaps a"),
        (200, {}, '{"number": 1, "head": ', 3, "gives no answers of GitHub's, but perhaps a"),
        (200, {}, "[]", 3, "gives no answers of GitHub's, but perhaps a page"),
        (422, {}, INVALID, 2, "GitHub answered 422 (Validation Failed: body is too long)."),
    ],
)
def test_each_trouble_is_one_sentence(
    pull: Forge,
    hub: GitHub,
    status: int,
    headers: dict[str, str],
    text: str,
    code: int,
    sentence: str,
) -> None:
    hub.fail = [(status, headers, text)] * 40
    result = pull("comment", "--pull", "1")
    assert result.returncode == code
    assert sentence in result.stderr
    assert hub.comments == []
    tried("forge", f"GitHub answers {status} {text[:60]}", code, result.stderr)


def test_a_github_that_is_down_is_could_not_tell(pull: Forge) -> None:
    result = pull("comment", "--pull", "1", FORGE_API="http://127.0.0.1:9")
    assert result.returncode == 3
    assert "GitHub cannot be reached" in result.stderr


def test_a_short_rate_limit_is_waited_for(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    hub.fail = [(502, {}, "{}")]
    assert pull("comment", "--pull", "1").returncode == 0
    assert len(hub.comments) == 1


def test_a_wrong_token_is_refused_and_never_shown(pull: Forge, hub: GitHub) -> None:
    report(pull.tree, "data")
    result = pull("comment", "--pull", "1", FORGE_TOKEN="ghp_wrong")
    assert result.returncode == 2
    assert "ghp_wrong" not in result.stderr + result.stdout


def test_a_missing_library_is_told_with_what_installs_it(
    pull: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make up` installs what serves; what speaks to GitHub comes with the line's own verbs."""
    monkeypatch.setitem(sys.modules, "github", None)
    result = pull("comment", "--pull", "1")
    assert result.returncode == 3
    assert (
        "github, which speaks to GitHub, is not installed here. Type `make comment`"
        in result.stderr
    )
