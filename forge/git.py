"""Here is a work tree: give me its commits, branches and changed files, and put a commit on its remote."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from forge.error import ForgeError, refuse
from forge.settings import Secret

NOBODY = "0" * 40
BOT = {
    "GIT_AUTHOR_NAME": "searchbar line",
    "GIT_AUTHOR_EMAIL": "line@searchbar.invalid",
    "GIT_COMMITTER_NAME": "searchbar line",
    "GIT_COMMITTER_EMAIL": "line@searchbar.invalid",
}
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,199}")


def check_branch_name(name: str) -> str:
    """The name, if it can be nothing but a branch's name in a shell, a URL, a path and a commit message.

    Raises:
        ForgeError: it could be an option, a path out of the tree, or something for a shell.
    """
    bad = ("..", "//", "@{", ".lock")
    if not _BRANCH.fullmatch(name) or any(b in name for b in bad) or name.endswith(("/", ".")):
        raise refuse(
            f"{name!r} is no branch name for this line: use letters, digits and ._+/- only. Rename the branch."
        )
    return name


class Git:
    """Git in one work tree. Names never reach a shell; the token reaches git by environment only."""

    def __init__(self, tree: Path, remote: str = "origin", token: Secret | None = None, web: str = "") -> None:
        self.tree = tree
        self.remote = remote
        self._environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **_authority(token, web)}

    def __call__(self, *words: str, ok: Sequence[int] = (0,), environment: Mapping[str, str] | None = None) -> str:
        """Run git and give what it printed, stripped.

        Raises:
            ForgeError: git is missing or did not end as `ok` says.
        """
        return self._run(words, ok, environment or {}).stdout.strip()

    def _run(
        self, words: Sequence[str], ok: Sequence[int], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        try:
            ended = subprocess.run(
                ["git", "-c", "core.hooksPath=/dev/null", *words], cwd=self.tree,
                env={**self._environment, **environment},
                capture_output=True, text=True, errors="replace", timeout=300, check=False,
            )  # fmt: skip
        except FileNotFoundError:
            raise ForgeError("git or the work tree is missing. Install git, and run this in a clone.") from None
        except subprocess.TimeoutExpired:
            raise ForgeError(f"git {words[0]} took over five minutes. Look at the remote, then try again.") from None
        if ended.returncode not in ok:
            said = ended.stderr.strip() or ended.stdout.strip()
            last = said.splitlines()[-1] if said else "no reason given"
            raise ForgeError(f"git {words[0]} failed: {last}. Mend that, then run this again.")
        return ended

    def fetch(self) -> None:
        """Bring every branch of the remote up to date here."""
        self("fetch", "--quiet", "--prune", self.remote, f"+refs/heads/*:refs/remotes/{self.remote}/*")

    def remote_commit(self, branch: str) -> str:
        """The commit of a branch on the remote as of the last fetch, or "" if there is none."""
        name = f"refs/remotes/{self.remote}/{check_branch_name(branch)}"
        return self("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", ok=(0, 1))

    def commit(self, name: str = "HEAD") -> str:
        return self("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")

    def parents(self) -> list[str]:
        """The commits that the one which is checked out stands on."""
        return self("log", "-1", "--format=%P", "HEAD", "--").split()

    def branch(self) -> str:
        """The branch that is checked out, or ""."""
        return self("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1))

    def tree_of(self, commit: str) -> str:
        """The id of everything that a commit holds: two commits with the same tree are the same source."""
        return self("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}")

    def is_ancestor(self, older: str, newer: str) -> bool:
        return self._run(("merge-base", "--is-ancestor", older, newer), (0, 1), {}).returncode == 0

    def has(self, commit: str) -> bool:
        """Whether this commit is known here."""
        return self._run(("cat-file", "-e", f"{commit}^{{commit}}"), (0, 1, 128), {}).returncode == 0

    def merged_tree(self, commit: str, other: str) -> str:
        """The id of everything that a merge of two commits would hold, or "" where they conflict or share nothing."""
        ended = self._run(("merge-tree", "--write-tree", commit, other), (0, 1, 128, 129), {})
        return ended.stdout.strip() if ended.returncode == 0 else ""

    def trailers(self, commit: str, key: str) -> list[tuple[str, str, str]]:
        """Every line `key: value` that ends a message up to this commit, newest first: author, commit, value."""
        line = f"%an%x09%H%x09%(trailers:key={key},valueonly,separator=%x20)"
        said = self("log", f"--format={line}", "--grep", f"^{key}:", "--regexp-ignore-case", commit, "--")
        rows = (row.split("\t") for row in said.splitlines() if row.count("\t") == 2)
        return [(by, sha, value) for by, sha, values in rows for value in values.split()]

    def merge_base(self, one: str, other: str) -> str:
        return self("merge-base", one, other, ok=(0, 1))

    def changed_files(self, base: str, head: str) -> list[str]:
        """The paths that differ between the point where head left base, and head."""
        return [p for p in self("diff", "--name-only", "-z", f"{base}...{head}", "--").split("\0") if p]

    def message(self, commit: str = "HEAD") -> str:
        return self("log", "-1", "--format=%B", commit, "--")

    def author(self, commit: str) -> str:
        return self("log", "-1", "--format=%ae", commit, "--")

    def commit_with(self, base: str, paths: Sequence[str], message: str) -> str:
        """A commit on top of base in which these paths are as in the work tree; index and branches stay untouched."""
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self("read-tree", base, environment=index)
            self("add", "--all", "--", *paths, environment=index)
            tree = self("write-tree", environment=index)
        return self("commit-tree", tree, "-p", base, "-m", message, environment=BOT)

    def push(self, commit: str, branch: str, seen: str) -> bool:
        """Put a commit on a branch of the remote; False when somebody moved the branch since `seen` was read."""
        name = f"refs/heads/{check_branch_name(branch)}"
        words = ("push", "--quiet", f"--force-with-lease={name}:{seen}", self.remote, f"{commit}:{name}")
        ended = self._run(words, (0, 1), {})
        if ended.returncode == 0:
            return True
        if any(sign in ended.stderr for sign in ("stale info", "fetch first", "cannot lock ref", "non-fast-forward")):
            return False
        said = ended.stderr.strip().splitlines() or ["no reason given"]
        raise ForgeError(f"the remote refused {branch}: {said[-1].strip()}. Look at its protection and the token.")


def _authority(token: Secret | None, web: str) -> dict[str, str]:
    """The token as an HTTP header for the forge's own address only, in the environment: never in a command line."""
    if not token:
        return {}
    basic = base64.b64encode(f"x-access-token:{token.reveal()}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{web}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
    }
