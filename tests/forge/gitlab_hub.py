"""A server that speaks GitLab's API as far as the forge needs it, in pages of two, checks every
request and writes it down."""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.forge.hub import TOKEN
from tests.forge.recording import answering

PROJECT = "team/shop/searchbar"
PROJECT_ID, FORK_ID, USER_ID = 7, 8, 40
MOST_A_PAGE = 2
STATES = ("pending", "running", "success", "failed", "canceled", "skipped")


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """What a job left, as GitLab packs it."""
    with io.BytesIO() as content:
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in files.items():
                packed.writestr(name, text)
        return content.getvalue()


@dataclass
class GitLab:
    """What the recording server holds and how it should behave."""

    url: str = ""
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    files: list[str | tuple[str, str]] = field(default_factory=list)
    # What is asked to merge itself: its number, and how.
    auto_merged: list[tuple[int, Any]] = field(default_factory=list)
    # The pipelines of a request by its number, newest first, and the archive of each one's jobs.
    pipelines: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    archives: dict[int, bytes] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    fail: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    fail_after_write: int = 0
    bot: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    head_of: Callable[[str], str] = lambda _: "c" * 40

    def add_pull(
        self, head: str, base: str, title: str = "", body: str = "", **more: Any
    ) -> dict[str, Any]:
        number = len(self.pulls) + 1
        pull = {
            "id": 1000 + number,
            "iid": number,
            "title": title,
            "description": body,
            "state": "opened",
            "draft": title.startswith("Draft: "),
            "source_branch": head,
            "target_branch": base,
            "source_project_id": PROJECT_ID,
            "target_project_id": PROJECT_ID,
            "project_id": PROJECT_ID,
            "sha": self.head_of(head),
            "changes_count": "1",
            "head_pipeline": None,
            "merge_when_pipeline_succeeds": False,
            "web_url": f"https://gitlab.example/{PROJECT}/-/merge_requests/{number}",
            **more,
        }
        self.pulls.append(pull)
        return pull

    def add_report(self, number: int, files: Mapping[str, str | bytes], **more: Any) -> None:
        """A pipeline of a merge request whose job `report` left these files."""
        job = 300 + len(self.archives)
        self.archives[job] = archive(files)
        pipeline = {"id": 200 + job, "project_id": PROJECT_ID, "job": job, **more}
        self.pipelines.setdefault(number, []).insert(0, pipeline)

    def made(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.requests if verb == method]

    # What a test of both hostings asks.
    def ends(self) -> list[tuple[str, str]]:
        return [(pull["source_branch"], pull["target_branch"]) for pull in self.pulls]

    def move(self, number: int, commit: str) -> None:
        self.pulls[number - 1]["sha"] = commit

    def close(self, number: int) -> None:
        self.pulls[number - 1]["state"] = "merged"

    def end(self, number: int, at: str, merged: bool = False) -> None:
        state, name = ("merged", "merged_at") if merged else ("closed", "closed_at")
        self.pulls[number - 1].update({"state": state, name: at})

    def created(self) -> list[str]:
        words = {"notes": "comment", "merge_requests": "pull"}
        made = [path.rsplit("/", 1)[-1] for path in self.made("POST")]
        return sorted(words[name] for name in made if name in words)


class _Answers(BaseHTTPRequestHandler):
    """GitLab's API as far as the forge needs it; anything else is written down as wrong and
    answered 404."""

    protocol_version = "HTTP/1.1"
    hub: GitLab

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "null")
        url = urlsplit(self.path)
        self.hub.requests.append((self.command, unquote(url.path), body))
        self._check_headers()
        if self.hub.fail:
            return self._say(*self.hub.fail.pop(0))
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        with self.hub.lock:
            answer = self._route(unquote(url.path), query, body)
        if answer is None:
            self.hub.wrong.append(f"{self.command} {self.path}")
            return self._say(404, {}, '{"message": "404 Not Found"}')
        if self.hub.fail_after_write and self.command == "POST":
            self.hub.fail_after_write -= 1
            return self._say(502, {}, "<html><title>502 Bad Gateway</title>")
        status, value = answer
        if isinstance(value, bytes):
            return self._say(status, {"Content-Type": "application/octet-stream"}, value)
        headers: dict[str, str] = {}
        if isinstance(value, list) and self.command == "GET":
            value, headers = self._page(value, url.path, query)
        return self._say(status, headers, json.dumps(value))

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

    def _page(
        self, values: list[Any], path: str, query: dict[str, str]
    ) -> tuple[list[Any], dict[str, str]]:
        """One page, and where the next is: the address that GitLab believes to have."""
        number = int(query.get("page", 1))
        size = min(MOST_A_PAGE, int(query.get("per_page", 20)))
        rest = values[number * size :]
        following = urlencode({**query, "page": number + 1})
        link = f'<http://inside.gitlab.example{path}?{following}>; rel="next"'
        return values[(number - 1) * size : number * size], {"Link": link} if rest else {}

    def _check_headers(self) -> None:
        if self.headers.get("Authorization", "") != f"Bearer {TOKEN}":
            self.hub.fail.insert(0, (401, {}, '{"message": "401 Unauthorized"}'))
        if "searchbar" not in self.headers.get("User-Agent", ""):
            self.hub.wrong.append("a request without our user agent")
        if TOKEN in self.path or self.headers.get("PRIVATE-TOKEN"):
            self.hub.wrong.append("the token where a redirect would take it along")

    def _say(self, status: int, headers: dict[str, str], text: str | bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        content = text.encode() if isinstance(text, str) else text
        content = b"" if status == 204 else content
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _route(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any] | None:
        inside = path.removeprefix("/api/v4").removeprefix(f"/projects/{PROJECT}")
        inside = re.sub(rf"^/projects/({PROJECT_ID}|{FORK_ID})(?=/)", "", inside)
        for pattern, method, answer in self._routes():
            if self.command == method and (match := re.fullmatch(pattern, inside)):
                return answer(match.groups(), query, body)  # type: ignore[no-any-return]
        return None

    def _routes(self) -> list[tuple[str, str, Any]]:
        request = r"/merge_requests/(\d+)"
        return [
            ("/user", "GET", self._user),
            ("/merge_requests", "GET", self._requests),
            ("/merge_requests", "POST", self._open),
            (request, "GET", lambda n, *_: (200, self.hub.pulls[int(n[0]) - 1])),
            (request, "PUT", self._edit),
            (f"{request}/merge", "PUT", self._merge),
            (f"{request}/diffs", "GET", self._diffs),
            (f"{request}/notes", "GET", self._notes),
            (f"{request}/notes", "POST", self._comment),
            (rf"{request}/notes/(\d+)", "PUT", self._recomment),
            (rf"{request}/notes/(\d+)", "DELETE", self._uncomment),
            (f"{request}/pipelines", "GET", lambda n, *_: (200, self._pipelines(int(n[0])))),
            (r"/pipelines/(\d+)/jobs", "GET", self._jobs),
            (r"/jobs/(\d+)/artifacts", "GET", lambda n, *_: (200, self.hub.archives[int(n[0])])),
            (r"/repository/commits/([0-9a-f]{40})/statuses", "GET", self._statuses),
            (r"/statuses/([0-9a-f]{40})", "POST", self._status),
        ]

    def _user(self, *_: Any) -> tuple[int, Any]:
        if self.hub.bot:
            return 403, {"error": "insufficient_scope", "error_description": "too narrow"}
        return 200, {"id": USER_ID, "username": "line"}

    def _requests(self, _: Any, query: dict[str, str], __: Any) -> tuple[int, Any]:
        assert query.get("state") in ("opened", "all")
        filters = ("state", "source_branch", "target_branch")
        wanted = {n: value for n, value in query.items() if n in filters and value != "all"}
        pulls = [p for p in self.hub.pulls if all(p[n] == v for n, v in wanted.items())]
        return 200, pulls[::-1]

    def _open(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        ends = (body["source_branch"], body["target_branch"])
        for pull in self.hub.pulls:
            is_open = pull["source_project_id"] == PROJECT_ID and pull["state"] == "opened"
            if is_open and (pull["source_branch"], pull["target_branch"]) == ends:
                told = f"Another open merge request already exists: !{pull['iid']}"
                return 409, {"message": [told]}
        if not 0 < len(body["title"]) <= 255:
            return 400, {"message": {"title": ["is too long (maximum is 255 characters)"]}}
        self._look_for_commands(body["description"])
        return 201, self.hub.add_pull(*ends, title=body["title"], body=body["description"])

    def _edit(self, number: Any, _: Any, body: Any) -> tuple[int, Any]:
        self._look_for_commands(body.get("description", ""))
        pull = self.hub.pulls[int(number[0]) - 1]
        pull.update(body)
        pull["draft"] = pull["title"].startswith("Draft: ")
        return 200, pull

    def _look_for_commands(self, text: str) -> None:
        """GitLab obeys a line that begins with a slash, wherever it came from."""
        if re.search(r"^\s*/\w", text, re.MULTILINE):
            self.hub.wrong.append("a quick action")

    def _merge(self, number: Any, _: Any, body: Any) -> tuple[int, Any]:
        pull = self.hub.pulls[int(number[0]) - 1]
        if body.get("sha") != pull["sha"]:
            return 409, {"message": "SHA does not match HEAD of source branch"}
        if pull["draft"]:
            return 405, {"message": "405 Method Not Allowed"}
        if not pull["head_pipeline"]:
            self.hub.wrong.append("a merge without a pipeline, which old versions do at once")
        pull["merge_when_pipeline_succeeds"] = True
        self.hub.auto_merged.append((pull["iid"], body))
        return 200, pull

    def _diffs(self, *_: Any) -> tuple[int, Any]:
        pairs = [(name, name) if isinstance(name, str) else name for name in self.hub.files]
        return 200, [{"old_path": old, "new_path": new, "diff": ""} for old, new in pairs]

    def _notes(self, number: Any, query: dict[str, str], _: Any) -> tuple[int, Any]:
        notes = [note for note in self.hub.comments if note["noteable_iid"] == int(number[0])]
        return 200, notes if query.get("sort") == "asc" else notes[::-1]

    def _comment(self, number: Any, _: Any, body: Any) -> tuple[int, Any]:
        self._look_for_commands(body["body"])
        author = {"id": USER_ID, "username": "line"}
        if self.hub.bot:
            author = {"id": 41, "username": f"project_{PROJECT_ID}_bot_0f3a"}
        note = {
            "id": max((note["id"] for note in self.hub.comments), default=0) + 1,
            "noteable_iid": int(number[0]),
            "body": body["body"].strip(),
            "author": author,
            "system": False,
        }
        self.hub.comments.append(note)
        return 201, note

    def _recomment(self, number: Any, _: Any, body: Any) -> tuple[int, Any]:
        self._look_for_commands(body["body"])
        note = next(c for c in self.hub.comments if c["id"] == int(number[1]))
        note["body"] = body["body"].strip()
        return 200, note

    def _uncomment(self, number: Any, *_: Any) -> tuple[int, Any]:
        self.hub.comments[:] = [c for c in self.hub.comments if c["id"] != int(number[1])]
        return 204, None

    def _pipelines(self, number: int) -> list[dict[str, Any]]:
        return self.hub.pipelines.get(number, [])

    def _jobs(self, number: Any, *_: Any) -> tuple[int, Any]:
        pipelines = [p for listed in self.hub.pipelines.values() for p in listed]
        job = next(p["job"] for p in pipelines if p["id"] == int(number[0]))
        names: list[tuple[int, str, Any]] = [(9000, "check", None), (9001, "build", None)]
        if job:
            names.append((job, "report", {"filename": "artifacts.zip"}))
        return 200, [{"id": id, "name": name, "artifacts_file": file} for id, name, file in names]

    def _statuses(self, sha: Any, query: dict[str, str], _: Any) -> tuple[int, Any]:
        ours = [s for s in self.hub.statuses if (s["sha"], s["name"]) == (sha[0], query["name"])]
        return 200, ours

    def _status(self, sha: Any, _: Any, body: Any) -> tuple[int, Any]:
        if any(p["sha"] == sha[0] and p["source_project_id"] == FORK_ID for p in self.hub.pulls):
            return 404, {"message": "404 References for commit Not Found"}
        if body["state"] not in STATES:
            return 400, {"error": "state does not have a valid value"}
        for name in ("description", "target_url"):
            if len(body.get(name, "x")) > 255:
                return 400, {"message": {name: ["is too long (maximum is 255 characters)"]}}
        if body.get("target_url") == "":
            return 400, {"message": {"target_url": ["is blocked: Only allowed schemes are http"]}}
        id = len(self.hub.statuses) + 1
        status = {"id": id, "sha": sha[0], "status": body["state"], "target_url": None, **body}
        self.hub.statuses.append(status)
        return 201, status

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def recording_gitlab() -> Iterator[GitLab]:
    """A GitLab on loopback. At the end no request may have been wrong."""
    hub = GitLab()
    with answering(hub, _Answers):
        yield hub
    assert hub.wrong == []
