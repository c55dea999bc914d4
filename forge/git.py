"""Git in one work tree: commits, branches, changed files, and a push to its remote."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from forge.errors import ForgeError, refuse
from forge.remote_reasons import exit_code_of_git, told_by_git
from release_format.exit_codes import USAGE
from release_format.run_log import RunLog
from release_format.secrets.secret import Secret

NULL_COMMIT = "0" * 40
# Seconds that git may take.
PATIENCE = 300.0
BOT = {
    "GIT_AUTHOR_NAME": "searchbar line",
    "GIT_AUTHOR_EMAIL": "line@searchbar.invalid",
    "GIT_COMMITTER_NAME": "searchbar line",
    "GIT_COMMITTER_EMAIL": "line@searchbar.invalid",
}
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,199}")
_UNSAFE = ("..", "//", "@{", ".lock")


def check_branch_name(name: str) -> str:
    """The name, if it is safe in a shell, an address, a path and a commit message.

    Raises:
        ForgeError: it could be an option, a path out of the tree, or something for a shell.
    """
    is_safe = _BRANCH.fullmatch(name) and not any(part in name for part in _UNSAFE)
    if not is_safe or name.endswith(("/", ".")):
        raise refuse(
            f"{name!r} is no branch name for this line: use letters, digits and ._+/- only. Rename"
            " the branch."
        )
    return name


@dataclass(frozen=True)
class Commit:
    """One commit: its parents' ids, the addresses of who wrote and who made it, its title."""

    id: str
    parents: tuple[str, ...]
    author: str
    committer: str
    title: str


class Git:
    """Git in one work tree.

    What it says when it fails goes to the run's log as a whole, to the console in a sentence.
    Names never reach a shell; the token reaches git by environment only.
    """

    def __init__(
        self, tree: Path, remote: str = "origin", token: Secret | None = None, web: str = ""
    ) -> None:
        self.tree = tree
        self.remote = remote
        self._environment = {
            **os.environ,
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
            **_authorization(token, web),
        }

    def __call__(
        self,
        *arguments: str,
        ok: Sequence[int] = (0,),
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run git and give what it printed, stripped.

        Raises:
            ForgeError: git is missing or did not end as `ok` says.
        """
        return self._run(arguments, ok, environment or {}).stdout.strip()

    def _run(
        self, arguments: Sequence[str], ok: Sequence[int], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        try:
            process = subprocess.run(
                ["git", "-c", "core.hooksPath=/dev/null", *arguments],
                cwd=self.tree,
                env={**self._environment, **environment},
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PATIENCE,
                check=False,
            )
        except FileNotFoundError:
            raise ForgeError(
                "git or the work tree is missing. Install git, and run this in a clone."
            ) from None
        except subprocess.TimeoutExpired:
            raise ForgeError(
                f"git {arguments[0]} took over {PATIENCE:.0f} seconds. Look at the remote, then try"
                " again."
            ) from None
        if process.returncode not in ok:
            output = _logged(arguments[0], process)
            raise ForgeError(
                f"git {arguments[0]} failed: {told_by_git(output)}. Mend that, then run this"
                " again.",
                exit_code_of_git(output),
            )
        return process

    def fetch(self) -> None:
        """Bring every branch of the remote up to date here."""
        branches = f"+refs/heads/*:refs/remotes/{self.remote}/*"
        self("fetch", "--quiet", "--prune", self.remote, branches)

    def remote_commit(self, branch: str) -> str:
        """The commit of a branch on the remote as of the last fetch, or "" if there is none."""
        name = f"refs/remotes/{self.remote}/{check_branch_name(branch)}"
        return self("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", ok=(0, 1))

    def needed_commit(self, branch: str) -> str:
        """The commit of a branch that the remote must have.

        Raises:
            ForgeError: it has none of this name, or none at all.
        """
        if commit := self.remote_commit(branch):
            return commit
        if not self("for-each-ref", "--count=1", f"refs/remotes/{self.remote}"):
            # A page that a proxy gives with 200 is, for git, a remote without branches.
            raise ForgeError(
                f"the remote {self.remote!r} shows no branch at all. Look at its address, and"
                " whether a proxy answers in its place; into a new one push stage and prod first."
            )
        raise ForgeError(f"the remote {self.remote!r} has no branch {branch!r}. Push it first.")

    def commit(self, name: str = "HEAD") -> str:
        return self("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")

    def parents(self) -> list[str]:
        """The parents of the commit that is checked out."""
        return self("log", "-1", "--format=%P", "HEAD", "--").split()

    def branch(self) -> str:
        """The branch that is checked out, or ""."""
        return self("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1))

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree: two commits with the same tree are the same source."""
        return self("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}")

    def is_ancestor(self, older: str, newer: str) -> bool:
        return self._run(("merge-base", "--is-ancestor", older, newer), (0, 1), {}).returncode == 0

    def has(self, commit: str) -> bool:
        """Whether this commit is known here."""
        process = self._run(("cat-file", "-e", f"{commit}^{{commit}}"), (0, 1, 128), {})
        return process.returncode == 0

    def merged_tree(self, commit: str, other: str) -> str:
        """The tree of a merge of two commits, or "" where they conflict or share nothing."""
        process = self._run(("merge-tree", "--write-tree", commit, other), (0, 1, 128, 129), {})
        return process.stdout.strip() if process.returncode == 0 else ""

    def trailers(self, commit: str, key: str) -> list[tuple[str, str, str]]:
        """Every trailer `key: value` up to this commit, newest first: author, commit, value."""
        line = f"%an%x09%H%x09%(trailers:key={key},valueonly,separator=%x20)"
        log = self(
            "log", f"--format={line}", "--grep", f"^{key}:", "--regexp-ignore-case", commit, "--"
        )
        rows = (row.split("\t") for row in log.splitlines() if row.count("\t") == 2)
        return [(by, sha, value) for by, sha, values in rows for value in values.split()]

    def committed_at(self, commit: str) -> datetime:
        """When a commit was put where it stands, in UTC."""
        return datetime.fromtimestamp(int(self("log", "-1", "--format=%ct", commit, "--")), UTC)

    def merge_base(self, commit: str, other: str) -> str:
        return self("merge-base", commit, other, ok=(0, 1))

    def changed_files(self, base: str, head: str) -> list[str]:
        """The paths that differ between the point where head left base, and head."""
        paths = self("diff", "--name-only", "-z", f"{base}...{head}", "--").split("\0")
        return [path for path in paths if path]

    def message(self, commit: str = "HEAD") -> str:
        return self("log", "-1", "--format=%B", commit, "--")

    def commits(self, base: str, head: str) -> list[Commit]:
        """Every commit of head that base has not, newest first."""
        fields = "%H%n%P%n%ae%n%ce%n%s%n."
        log = self("log", "-z", f"--format={fields}", head, f"^{base}", "--")
        commits = []
        for record in filter(None, log.split("\0")):
            id, parents, author, committer, title, _ = record.split("\n")
            commits.append(Commit(id, tuple(parents.split()), author, committer, title))
        return commits

    def conflicts(self) -> list[str]:
        """The paths that a merge, which did not end well, left in conflict."""
        paths = self("diff", "--name-only", "--diff-filter=U", "-z").split("\0")
        return [path for path in paths if path]

    def commit_with(self, base: str, paths: Sequence[str], message: str) -> str:
        """A commit on top of base with these paths of the work tree.

        Index and branches stay untouched.
        """
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self("read-tree", base, environment=index)
            self("add", "--all", "--", *paths, environment=index)
            tree = self("write-tree", environment=index)
        return self("commit-tree", tree, "-p", base, "-m", message, environment=BOT)

    def commit_of(self, base: str, contents: Mapping[str, bytes], message: str) -> str:
        """A commit on top of base with these contents at these paths.

        Work tree, index and branches stay untouched.
        """
        with tempfile.TemporaryDirectory() as folder:
            index, blob = {"GIT_INDEX_FILE": str(Path(folder) / "index")}, Path(folder) / "blob"
            self("read-tree", base, environment=index)
            for path, content in contents.items():
                blob.write_bytes(content)
                id = self("hash-object", "-w", "--no-filters", str(blob))
                self("update-index", "--add", "--cacheinfo", "100644", id, path, environment=index)
            tree = self("write-tree", environment=index)
        return self("commit-tree", tree, "-p", base, "-m", message, environment=BOT)

    def push(self, commit: str, branch: str, expected: str) -> bool:
        """Put a commit on a branch of the remote; False if that no longer ends in `expected`."""
        name = f"refs/heads/{check_branch_name(branch)}"
        line = ("push", "--quiet", f"--force-with-lease={name}:{expected}", self.remote)
        # Git tells in words only why not. Whether the branch moved, the remote shows; where it did
        # not, another's push that held it a moment may be over: the lease makes trying again safe.
        for _ in range(2):
            process = self._run((*line, f"{commit}:{name}"), (0, 1), {})
            if process.returncode == 0:
                return True
            branches = self._remote_branches()
            if branches.get(branch, NULL_COMMIT) != expected:
                return False
        output = _logged("push", process)
        if obstacles := [b for b in branches if f"{branch}/".startswith(f"{b}/") and b != branch]:
            raise ForgeError(
                f"the remote has a branch {obstacles[0]!r}, beside which none can be called"
                f" {branch!r}. Rename or delete {obstacles[0]!r} there.",
                USAGE,
            )
        raise ForgeError(
            f"the remote refused {branch}: {told_by_git(output)}. Look at its protection and the"
            " token.",
            exit_code_of_git(output),
        )

    def _remote_branches(self) -> dict[str, str]:
        """The commit of every branch that the remote has now."""
        rows = (row.split("\t") for row in self("ls-remote", "--heads", self.remote).splitlines())
        return {name.removeprefix("refs/heads/"): commit for commit, name in rows}


def _logged(verb: str, process: subprocess.CompletedProcess[str]) -> str:
    """What git wrote when it failed; the run's log keeps all of it."""
    output = process.stderr.strip() or process.stdout.strip()
    RunLog("forge").write("git", verb=verb, exit_code=process.returncode, output=output)
    return output


def _authorization(token: Secret | None, web: str) -> dict[str, str]:
    """The token as an HTTP header for the forge's own address, never in a command line."""
    if not token:
        return {}
    basic = base64.b64encode(f"x-access-token:{token.reveal()}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{web}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
    }
