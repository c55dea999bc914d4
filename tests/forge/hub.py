"""A server that speaks GitHub's API as far as the forge needs it, checks every request and
writes it down."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.forge.recording import answering

TOKEN = "ghs_a-token-that-must-never-be-printed"
REPOSITORY = "team/searchbar"


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
    # git, not the forge, asks: it brings no token of its own.
    is_anybody: bool = False
    runs: list[dict[str, Any]] = field(default_factory=list)
    # What runs left, by the number of the run; whom the archive itself was asked for by.
    archives: dict[int, list[bytes]] = field(default_factory=dict)
    storage: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    head_of: Callable[[str], str] = lambda _: "c" * 40

    def add_pull(
        self, head: str, base: str, title: str = "", body: str = "", source: str = REPOSITORY
    ) -> dict[str, Any]:
        number = len(self.pulls) + 1
        owner = source.split("/")[0]
        address = f"{self.url}/repos/{REPOSITORY}"
        pull = {
            "number": number,
            "title": title,
            "body": body,
            "state": "open",
            "node_id": f"PR_{number}",
            "auto_merge": None,
            "head": {
                "ref": head,
                "sha": self.head_of(head),
                "label": f"{owner}:{head}",
                "repo": {"full_name": source},
            },
            "base": {"ref": base, "sha": "b" * 40},
            "url": f"{address}/pulls/{number}",
            "issue_url": f"{address}/issues/{number}",
            "html_url": f"https://github.com/{REPOSITORY}/pull/{number}",
        }
        self.pulls.append(pull)
        return pull

    def add_run(self, pull: dict[str, Any], *archives: bytes, **more: Any) -> int:
        """A run of a pull request as it is now, and the archives that it left."""
        number = len(self.runs) + 1
        run = {
            "id": number,
            "url": f"{self.url}/repos/{REPOSITORY}/actions/runs/{number}",
            "artifacts_url": f"{self.url}/repos/{REPOSITORY}/actions/runs/{number}/artifacts",
            "html_url": f"https://github.com/{REPOSITORY}/actions/runs/{number}",
            "event": "pull_request",
            "head_branch": pull["head"]["ref"],
            "head_sha": pull["head"]["sha"],
            "head_repository": pull["head"]["repo"],
        }
        self.runs.append({**run, **more})
        self.archives[number] = list(archives)
        return number

    def made(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.requests if verb == method]

    # What a test of both hostings asks.
    def ends(self) -> list[tuple[str, str]]:
        return [(pull["head"]["ref"], pull["base"]["ref"]) for pull in self.pulls]

    def move(self, number: int, commit: str) -> None:
        self.pulls[number - 1]["head"]["sha"] = commit

    def close(self, number: int) -> None:
        self.pulls[number - 1]["state"] = "closed"

    def end(self, number: int, at: str, merged: bool = False) -> None:
        ended = {"state": "closed", "closed_at": at, "merged_at": at if merged else None}
        self.pulls[number - 1].update(ended)

    def created(self) -> list[str]:
        words = {"comments": "comment", "pulls": "pull"}
        made = [path.rsplit("/", 1)[-1] for path in self.made("POST")]
        return sorted(words[name] for name in made if name in words)


class _Answers(BaseHTTPRequestHandler):
    """GitHub's API as far as the forge needs it; anything else is written down as wrong and
    answered 404."""

    protocol_version = "HTTP/1.1"
    hub: GitHub

    def _serve(self) -> None:
        if self.path.startswith("/storage/"):
            return self._stored()
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "null")
        url = urlsplit(self.path)
        self.hub.requests.append((self.command, url.path, body))
        self._check_headers()
        if self.hub.fail:
            return self._say(*self.hub.fail.pop(0))
        # as GitHub: of two that ask for the same pull request at once, one is told that it is there
        with self.hub.lock:
            answer = self._route(url.path, {n: v[0] for n, v in parse_qs(url.query).items()}, body)
        if answer is None:
            self.hub.wrong.append(f"{self.command} {self.path}")
            return self._say(404, {}, '{"message": "Not Found"}')
        if self.hub.fail_after_write and self.command == "POST":
            self.hub.fail_after_write -= 1
            return self._say(502, {}, '{"message": "Bad Gateway"}')
        status, value = answer
        if status == 302:
            return self._say(status, {"Location": value}, "")
        return self._say(status, {}, json.dumps(value))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _check_headers(self) -> None:
        if self.hub.is_anybody:
            return
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
            if self.command == method and (match := re.fullmatch(pattern, inside)):
                return answer(match.groups(), query, body)  # type: ignore[no-any-return]
        return None

    def _routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("/user", "GET", self._user),
            ("/pulls", "GET", self._pulls),
            ("/pulls", "POST", self._open),
            (r"/pulls/(\d+)", "GET", lambda n, *_: (200, self.hub.pulls[int(n[0]) - 1])),
            (r"/pulls/(\d+)", "PATCH", self._edit),
            (
                r"/pulls/(\d+)/files",
                "GET",
                lambda *_: (200, [{"filename": f} for f in self.hub.files]),
            ),
            (
                r"/issues/(\d+)/comments",
                "GET",
                lambda n, *_: (200, [c for c in self.hub.comments if c["issue"] == int(n[0])]),
            ),
            (r"/issues/(\d+)/comments", "POST", self._comment),
            (r"/issues/comments/(\d+)", "PATCH", self._recomment),
            (r"/issues/comments/(\d+)", "DELETE", self._uncomment),
            (r"/commits/([0-9a-f]{40})", "GET", self._commit),
            (r"/statuses/([0-9a-f]{40})", "POST", self._status),
            ("/graphql", "POST", self._graphql),
            (r"/actions/runs/(\d+)", "GET", lambda n, *_: (200, self.hub.runs[int(n[0]) - 1])),
            (r"/actions/runs/(\d+)/artifacts", "GET", self._artifacts),
            (r"/actions/artifacts/(\d+)/(\d+)/zip", "GET", self._archive),
        ]

    def _user(self, *_: Any) -> tuple[int, Any]:
        return (
            (403, {"message": "Resource not accessible by integration"})
            if self.hub.bot
            else (200, {"login": "line"})
        )

    def _pulls(self, _: Any, query: dict[str, str], __: Any) -> tuple[int, Any]:
        assert query.get("state") in ("open", "closed")
        pulls = [pull for pull in self.hub.pulls if pull["state"] == query["state"]]
        if head := query.get("head"):
            pulls = [pull for pull in pulls if pull["head"]["label"] == head]
        if base := query.get("base"):
            pulls = [pull for pull in pulls if pull["base"]["ref"] == base]
        return 200, pulls

    def _open(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        if any(
            (p["head"]["ref"], p["base"]["ref"]) == (body["head"], body["base"])
            for p in self.hub.pulls
            if p["state"] == "open"
        ):
            return 422, {"message": "A pull request already exists"}
        if len(body["body"]) > 65_536 or not body["title"]:
            return 422, {"message": "Validation Failed"}
        return 201, self.hub.add_pull(
            body["head"], body["base"], title=body["title"], body=body["body"]
        )

    def _edit(self, number: Any, _: Any, body: Any) -> tuple[int, Any]:
        self.hub.pulls[int(number[0]) - 1].update(body)
        return 200, self.hub.pulls[int(number[0]) - 1]

    def _comment(self, issue: Any, _: Any, body: Any) -> tuple[int, Any]:
        if len(body["body"]) > 65_536:
            return 422, {"message": "Body is too long"}
        number = len(self.hub.comments) + 1
        user = (
            {"login": "line[bot]", "type": "Bot"}
            if self.hub.bot
            else {"login": "line", "type": "User"}
        )
        self.hub.comments.append(
            {
                "id": number,
                "issue": int(issue[0]),
                "body": body["body"],
                "user": user,
                "url": f"{self.hub.url}/repos/{REPOSITORY}/issues/comments/{number}",
                "html_url": (
                    f"https://github.com/{REPOSITORY}/pull/{issue[0]}#issuecomment-{number}"
                ),
            }
        )
        return 201, self.hub.comments[-1]

    def _recomment(self, number: Any, _: Any, body: Any) -> tuple[int, Any]:
        comment = next(c for c in self.hub.comments if c["id"] == int(number[0]))
        comment.update(body)
        return 200, comment

    def _uncomment(self, number: Any, *_: Any) -> tuple[int, Any]:
        self.hub.comments[:] = [c for c in self.hub.comments if c["id"] != int(number[0])]
        return 204, None

    def _commit(self, sha: Any, *_: Any) -> tuple[int, Any]:
        return 200, {"sha": sha[0], "url": f"{self.hub.url}/repos/{REPOSITORY}/commits/{sha[0]}"}

    def _status(self, sha: Any, _: Any, body: Any) -> tuple[int, Any]:
        allowed = (
            body["state"] in ("success", "failure", "error", "pending")
            and len(body["description"]) <= 140
        )
        if not allowed or body.get("target_url") == "":
            return 422, {"message": "Validation Failed"}
        self.hub.statuses.append({"sha": sha[0], **body})
        return 201, body

    def _graphql(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        assert "enablePullRequestAutoMerge" in body["query"]
        self.hub.auto_merged.append(json.dumps(body["variables"]))
        return 200, {
            "data": {"enablePullRequestAutoMerge": {"actor": None, "clientMutationId": None}}
        }

    def _artifacts(self, number: Any, *_: Any) -> tuple[int, Any]:
        address = f"{self.hub.url}/repos/{REPOSITORY}/actions/artifacts/{number[0]}"
        artifacts = [
            {
                "id": index,
                "name": "reports",
                "expired": False,
                "archive_download_url": f"{address}/{index}/zip",
            }
            for index, _ in enumerate(self.hub.archives[int(number[0])])
        ]
        return 200, {"total_count": len(artifacts), "artifacts": artifacts}

    def _archive(self, numbers: Any, *_: Any) -> tuple[int, Any]:
        """As GitHub: where it is kept is another machine's, which must not see the token."""
        port = self.hub.url.rpartition(":")[2]
        return 302, f"http://localhost:{port}/storage/{numbers[0]}/{numbers[1]}"

    def _stored(self) -> None:
        _, run, index = self.path.strip("/").split("/")
        self.hub.storage.append(dict(self.headers))
        content = self.hub.archives[int(run)][int(index)]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def recording_github() -> Iterator[GitHub]:
    """A GitHub on loopback. At the end no request may have been wrong."""
    hub = GitHub()
    with answering(hub, _Answers):
        yield hub
    assert hub.wrong == []
