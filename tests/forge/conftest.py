"""Real git remotes, and a server that speaks GitHub's API, checks every request and writes it down."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from forge.__main__ import main
from release_format.program import run_program
from release_format.verdict import Answer, Condition, Verdict

TOKEN = "ghs_a-token-that-must-never-be-printed"
REPOSITORY = "team/searchbar"


def git(tree: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=stage"]
    done = subprocess.run(["git", *identity, *words], cwd=tree, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write(tree: Path, name: str, text: str) -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(text, encoding="utf-8")


def commit(tree: Path, message: str, **files: str) -> str:
    for name, text in files.items():
        write(tree, name.replace("__", "/"), text)
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "-m", message)
    return git(tree, "rev-parse", "HEAD")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare remote with `stage` and `prod` at the same commit, and a clone of it on stage: made once, copied often."""
    folder = tmp_path_factory.mktemp("template")
    first = folder / "first"
    first.mkdir()
    git(folder, "init", "--quiet", "--bare", "remote.git")
    git(first, "init", "--quiet")
    commit(
        first, "Begin", catalogue__items="a,b\n", searchbar__app="1\n", Makefile="all:\n", **{".gitignore": "var/\n"}
    )
    git(first, "push", "--quiet", "../remote.git", "stage:stage", "stage:prod")
    git(folder, "clone", "--quiet", "--branch", "stage", "remote.git", "tree")
    return folder


@pytest.fixture
def remote(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template / "remote.git", tmp_path / "remote.git")


@pytest.fixture
def tree(template: Path, remote: Path, tmp_path: Path) -> Path:
    tree = shutil.copytree(template / "tree", tmp_path / "tree")
    git(tree, "remote", "set-url", "origin", str(remote))
    return tree


class Ended(NamedTuple):
    """How a verb ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Forge:
    """`python -m forge` in a work tree."""

    tree: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, **environment: str) -> Ended:
        """Run the program's own main function here: a process for each of these would cost most of the test's time."""
        clean = {
            n: v
            for n, v in os.environ.items()
            if not n.startswith(("FORGE_", "CHANGE_", "BRANCH_", "BUILD_", "GIT_"))
        }
        given = {**clean, "SEARCHBAR_STORE": str(self.tree / "var/store"), **self.environment, **environment}
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            for name in os.environ:
                patch.delenv(name)
            for name, value in given.items():
                patch.setenv(name, value)
            patch.chdir(self.tree)
            try:
                code = run_program("forge", main, words)
            except SystemExit as end:
                code = int(str(end.code or 0))
        done = Ended(code, out.getvalue(), err.getvalue())
        assert TOKEN not in done.stdout + done.stderr
        assert "could not tell, because of" not in done.stderr, done.stderr
        return done


@pytest.fixture
def forge(tree: Path) -> Forge:
    return Forge(tree)


def condition(name: str, answer: Answer = Answer.YES, **fields: Any) -> Condition:
    return Condition(name, answer, fields.pop("seen", "1"), fields.pop("allowed", "at most 2"), **fields)


def report(tree: Path, gate: str, *conditions: Condition, **facts: Any) -> None:
    """What a gate leaves: its verdict and a Markdown page."""
    verdict = Verdict(gate, "a" * 64, "", conditions or (condition(f"{gate}-rows"),), facts)
    write(tree, f"var/reports/{gate}.json", verdict.to_json())
    write(tree, f"var/reports/{gate}.md", f"### what the {gate} gate tells\n")


@dataclass
class GitHub:
    """What the recording server holds and how it should behave."""

    url: str = ""
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    auto_merged: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    fail: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    fail_after_write: int = 0
    bot: bool = False

    def add_pull(self, head: str, base: str, sha: str = "c" * 40, title: str = "", body: str = "") -> dict[str, Any]:
        number = len(self.pulls) + 1
        owner = REPOSITORY.split("/")[0]
        address = f"{self.url}/repos/{REPOSITORY}"
        pull = {
            "number": number, "title": title, "body": body, "state": "open", "node_id": f"PR_{number}", "auto_merge": None,
            "head": {"ref": head, "sha": sha, "label": f"{owner}:{head}"}, "base": {"ref": base, "sha": "b" * 40},
            "url": f"{address}/pulls/{number}", "issue_url": f"{address}/issues/{number}",
            "html_url": f"https://github.com/{REPOSITORY}/pull/{number}",
        }  # fmt: skip
        self.pulls.append(pull)
        return pull

    def made(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.requests if verb == method]


class _Answers(BaseHTTPRequestHandler):
    """GitHub's API as far as the forge needs it; anything else is written down as wrong and answered 404."""

    protocol_version = "HTTP/1.1"
    hub: GitHub

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "null")
        url = urlsplit(self.path)
        self.hub.requests.append((self.command, url.path, body))
        self._check_headers()
        if self.hub.fail:
            return self._say(*self.hub.fail.pop(0))
        answer = self._route(url.path, {n: v[0] for n, v in parse_qs(url.query).items()}, body)
        if answer is None:
            self.hub.wrong.append(f"{self.command} {self.path}")
            return self._say(404, {}, '{"message": "Not Found"}')
        if self.hub.fail_after_write and self.command == "POST":
            self.hub.fail_after_write -= 1
            return self._say(502, {}, '{"message": "Bad Gateway"}')
        status, value = answer
        return self._say(status, {}, json.dumps(value))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _check_headers(self) -> None:
        if self.headers.get("Authorization", "").split(" ")[-1] != TOKEN:
            self.hub.fail.insert(0, (401, {}, '{"message": "Bad credentials"}'))
        if "searchbar" not in self.headers.get("User-Agent", ""):
            self.hub.wrong.append("a request without our user agent")
        if TOKEN in self.path:
            self.hub.wrong.append("the token in an address")

    def _say(self, status: int, headers: dict[str, str], text: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        content = b"" if status == 204 else text.encode()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _route(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any] | None:
        inside = path.removeprefix(f"/repos/{REPOSITORY}")
        for pattern, method, answer in self._routes():
            if self.command == method and (found := re.fullmatch(pattern, inside)):
                return answer(found.groups(), query, body)  # type: ignore[no-any-return]
        return None

    def _routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("/user", "GET", self._user),
            ("/pulls", "GET", self._pulls),
            ("/pulls", "POST", self._open),
            (r"/pulls/(\d+)", "GET", lambda n, *_: (200, self.hub.pulls[int(n[0]) - 1])),
            (r"/pulls/(\d+)", "PATCH", self._edit),
            (r"/pulls/(\d+)/files", "GET", lambda *_: (200, [{"filename": f} for f in self.hub.files])),
            (r"/issues/(\d+)/comments", "GET", lambda *_: (200, self.hub.comments)),
            (r"/issues/(\d+)/comments", "POST", self._comment),
            (r"/issues/comments/(\d+)", "PATCH", self._recomment),
            (r"/issues/comments/(\d+)", "DELETE", self._uncomment),
            (r"/commits/([0-9a-f]{40})", "GET", self._commit),
            (r"/statuses/([0-9a-f]{40})", "POST", self._status),
            ("/graphql", "POST", self._graphql),
        ]  # fmt: skip

    def _user(self, *_: Any) -> tuple[int, Any]:
        return (
            (403, {"message": "Resource not accessible by integration"}) if self.hub.bot else (200, {"login": "line"})
        )

    def _pulls(self, _: Any, query: dict[str, str], __: Any) -> tuple[int, Any]:
        assert query.get("state") == "open"
        return 200, [
            p for p in self.hub.pulls
            if p["state"] == "open" and query.get("head", p["head"]["label"]) == p["head"]["label"]
            and query.get("base", p["base"]["ref"]) == p["base"]["ref"]
        ]  # fmt: skip

    def _open(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        if any((p["head"]["ref"], p["base"]["ref"]) == (body["head"], body["base"]) for p in self.hub.pulls):
            return 422, {"message": "A pull request already exists"}
        if len(body["body"]) > 65_536 or not body["title"]:
            return 422, {"message": "Validation Failed"}
        return 201, self.hub.add_pull(body["head"], body["base"], title=body["title"], body=body["body"])

    def _edit(self, number: Any, _: Any, body: Any) -> tuple[int, Any]:
        self.hub.pulls[int(number[0]) - 1].update(body)
        return 200, self.hub.pulls[int(number[0]) - 1]

    def _comment(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        if len(body["body"]) > 65_536:
            return 422, {"message": "Body is too long"}
        number = len(self.hub.comments) + 1
        user = {"login": "line[bot]", "type": "Bot"} if self.hub.bot else {"login": "line", "type": "User"}
        self.hub.comments.append({
            "id": number, "body": body["body"], "user": user, "url": f"{self.hub.url}/repos/{REPOSITORY}/issues/comments/{number}",
            "html_url": f"https://github.com/{REPOSITORY}/pull/1#issuecomment-{number}",
        })  # fmt: skip
        return 201, self.hub.comments[-1]

    def _recomment(self, number: Any, _: Any, body: Any) -> tuple[int, Any]:
        found = next(c for c in self.hub.comments if c["id"] == int(number[0]))
        found.update(body)
        return 200, found

    def _uncomment(self, number: Any, *_: Any) -> tuple[int, Any]:
        self.hub.comments[:] = [c for c in self.hub.comments if c["id"] != int(number[0])]
        return 204, None

    def _commit(self, sha: Any, *_: Any) -> tuple[int, Any]:
        return 200, {"sha": sha[0], "url": f"{self.hub.url}/repos/{REPOSITORY}/commits/{sha[0]}"}

    def _status(self, sha: Any, _: Any, body: Any) -> tuple[int, Any]:
        allowed = body["state"] in ("success", "failure", "error", "pending") and len(body["description"]) <= 140
        if not allowed or body.get("target_url") == "":
            return 422, {"message": "Validation Failed"}
        self.hub.statuses.append({"sha": sha[0], **body})
        return 201, body

    def _graphql(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        assert "enablePullRequestAutoMerge" in body["query"]
        self.hub.auto_merged.append(json.dumps(body["variables"]))
        return 200, {"data": {"enablePullRequestAutoMerge": {"actor": None, "clientMutationId": None}}}

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[GitHub]:
    """A GitHub on loopback. At the end no request may have been wrong."""
    hub = GitHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    with contextlib.ExitStack() as stack:
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        yield hub
    assert hub.wrong == []


@pytest.fixture
def on_github(forge: Forge, hub: GitHub) -> Forge:
    forge.environment = {
        "FORGE_REPOSITORY": REPOSITORY,
        "FORGE_TOKEN": TOKEN,
        "FORGE_API": hub.url,
        "FORGE_GIVE_UP": "1",
    }
    return forge
