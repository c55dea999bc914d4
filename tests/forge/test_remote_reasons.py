"""What a remote said, in one sentence, and whose move it is."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge.remote_reasons import (
    GITHUB,
    GITLAB,
    LONGEST,
    exit_code_of_git,
    refusal,
    seconds_to_wait,
    told_by_connection,
    told_by_git,
)

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
RULE = """\
remote: error: GH013: Repository rule violations found for refs/heads/catalogue/daily.
remote: Review all repository rules at https://github.com/team/searchbar/rules
remote:
remote: - Changes must be made through a pull request.
remote:
To https://github.com/team/searchbar.git
 ! [remote rejected] 1234 -> catalogue/daily (push declined due to repository rule violations)
error: failed to push some refs to 'https://github.com/team/searchbar.git'
"""
HOOK = """\
remote: Resolving deltas: 100% (2/2)
remote: not on Fridays, Ada
 ! [remote rejected] a -> b (pre-receive hook declined)
error: failed to push some refs to 'x'
"""
IGNORED = """\
The following paths are ignored by one of your .gitignore files:
var/x
hint: Use -f if you really want to add them.
hint: "git config advice.addIgnoredFile false"
"""
CUT_OFF = "kex_exchange_identification: Connection closed by remote host"
SSH = "\nfatal: Could not read from remote repository.\n\nPlease make sure you have the rights\n"


@pytest.mark.parametrize(
    ("output", "reason", "code"),
    [
        (RULE, "GH013: Repository rule violations found for refs/heads/catalogue/daily.", 2),
        (RULE, "- Changes must be made through a pull request. (push declined due to", 2),
        (HOOK, "not on Fridays, Ada (pre-receive hook declined)", 3),
        (f"git@x: Permission denied (publickey).{SSH}", "git@x: Permission denied (publickey)", 2),
        (f"{CUT_OFF}{SSH}", CUT_OFF, 3),
        (IGNORED, "are ignored by one of your .gitignore files: var/x", 2),
        (
            "fatal: pathspec 'rows' did not match any files\n",
            "pathspec 'rows' did not match any",
            2,
        ),
        (
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 503\n",
            "returned error: 503",
            3,
        ),
        (
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 403\n",
            "returned error: 403",
            2,
        ),
        ("remote: Permission denied (publickey), says the hook\n", "says the hook", 3),
        (
            "remote: GitLab: You are not allowed to push code to protected branches\n",
            "GitLab: You are not allowed to push code to protected branches",
            2,
        ),
        ("", "no reason given", 3),
        ("hint: only this\n", "no reason given", 3),
    ],
)
def test_the_telling_line_comes_first_and_says_who_must_act(
    output: str, reason: str, code: int
) -> None:
    assert reason in told_by_git(output)
    assert "failed to push" not in told_by_git(output)
    assert exit_code_of_git(output) == code


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(["remote: ", "fatal: ", "error: ", "hint: ", ""]), max_size=6),
    st.text(),
)
def test_whatever_a_remote_writes_is_one_short_line(prefixes: list[str], text: str) -> None:
    told = told_by_git("\n".join(prefix + text for prefix in prefixes))
    assert 0 < len(told) <= LONGEST
    assert "\n" not in told


LIMIT = {"message": "You have exceeded a secondary rate limit"}
VALID = {
    "message": "Validation Failed",
    "errors": [
        {"resource": "PullRequest", "code": "custom", "message": "No commits between a and b"},
        {"resource": "PullRequest", "field": "head", "code": "invalid"},
        "odd",
    ],
}


@pytest.mark.parametrize(
    ("status", "data", "headers", "sentence", "code"),
    [
        (422, VALID, {}, "Validation Failed: No commits between a and b; PullRequest head", 2),
        (422, {"message": "No", "errors": "one"}, {}, "(No: one)", 2),
        (429, {"message": "slow"}, {"Retry-After": "47"}, "Run this again in 47 seconds.", 3),
        (403, LIMIT, {"retry-after": "600"}, "secondary rate limit). Run this again in 10 min", 3),
        (403, LIMIT, {"Retry-After": "soon"}, "Run this again in an hour", 3),
        (403, LIMIT, {"X-RateLimit-Reset": "1767325440"}, "Run this again in 40 minutes", 3),
        (429, None, {"Retry-After": "9" * 40}, "days, or use an app's token", 3),
        (403, {"message": "no"}, {}, "the token may not do this (no)", 2),
        (
            403,
            {"data": "<html><head><title>Blocked &amp; logged</title><body>x"},
            {},
            "not GitHub but a web page answered 403 (Blocked & logged)",
            3,
        ),
        (502, {"data": "<html><h1>Bad <b>gateway</b></h1></html>"}, {}, "502 (Bad gateway)", 3),
        (409, {"message": "moved"}, {}, "GitHub answered 409 (moved)", 3),
        (410, {"message": "Gone"}, {}, "GitHub refuses: Gone (410). Mend that", 2),
        (500, None, {}, "500 (no reason)", 3),
    ],
)
def test_an_answer_of_github_is_told_with_its_reason(
    status: int, data: Any, headers: dict[str, str], sentence: str, code: int
) -> None:
    text, told_code = refusal(GITHUB, status, data, headers, AT)
    assert sentence in text
    assert told_code == code
    assert len(text) < 2 * LONGEST


WORDS = st.sampled_from(["message", "error", "errors", "error_description", "data", "x"])
EXPIRED = {"error": "invalid_token", "error_description": "Token is expired. Renew it."}
TAKEN = {"message": ["Another open merge request already exists: !5"]}
LONG = {"message": {"description": ["is too long (maximum is 255 characters)"]}}


@pytest.mark.parametrize(
    ("status", "data", "headers", "sentence", "code"),
    [
        (401, EXPIRED, {}, "GitLab refuses the token (Token is expired. Renew it)", 2),
        (403, {"error": "insufficient_scope"}, {}, "may not do this (insufficient_scope)", 2),
        (404, {"message": "404 Project Not Found"}, {}, "see it (404 Project Not Found)", 2),
        (405, {"message": "405 Method Not Allowed"}, {}, "the page of the merge request says", 2),
        (400, LONG, {}, "GitLab refuses: description is too long (maximum is 255", 2),
        (400, {"error": "state is missing"}, {}, "refuses: state is missing (400)", 2),
        (409, TAKEN, {}, "GitLab answered 409 (Another open merge request already exists: !5)", 3),
        (422, {"error": ["x {y}"]}, {}, "GitLab answered 422 (x {y})", 2),
        (
            429,
            "Retry later\n",
            {"Retry-After": "60"},
            "(429: Retry later). Run this again in 60",
            3,
        ),
        (429, "", {"RateLimit-Reset": "1767325440"}, "Run this again in 40 minutes.", 3),
        (502, "<html><title>GitLab: 502</title>", {}, "GitLab answered 502 (GitLab: 502)", 3),
        (403, "<html><title>Blocked</title>", {}, "not GitLab but a web page answered 403", 3),
    ],
)
def test_an_answer_of_gitlab_is_told_with_its_reason(
    status: int, data: Any, headers: dict[str, str], sentence: str, code: int
) -> None:
    text, told_code = refusal(GITLAB, status, data, headers, AT)
    assert sentence in text
    assert told_code == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from([GITHUB, GITLAB]), st.integers(400, 599), JSON)
def test_whatever_a_hosting_answers_is_one_sentence(words: Any, status: int, data: Any) -> None:
    text, code = refusal(words, status, data, {}, AT)
    assert code in (2, 3)
    assert text.endswith((".", "permissions."))
    assert len(text) < 2 * LONGEST


def test_retry_after_may_be_a_date() -> None:
    later = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)
    assert seconds_to_wait({"retry-after": format_datetime(later)}, AT) == 60
    assert seconds_to_wait({"Retry-After": format_datetime(AT)}, later) == 0
    assert seconds_to_wait({}, AT) is None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_header_is_a_time_or_none(after: str, reset: str) -> None:
    seconds = seconds_to_wait({"Retry-After": after, "X-RateLimit-Reset": reset}, AT)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("(Caused by NewConnectionError('…: [Errno 111] Connection refused'))", "[Errno 111]"),
        ("(Caused by ResponseError('too many 502 error responses'))", "too many 502 error"),
        ("anything else", "OSError"),
    ],
)
def test_a_broken_connection_names_its_cause(text: str, told: str) -> None:
    assert told in told_by_connection(OSError(text))
