"""Archives as runs leave them, honest and hostile."""

from __future__ import annotations

import io
import json
import stat
import zipfile

from release_format.verdict import Verdict
from tests.forge.conftest import condition

VERDICT = Verdict("data", "a" * 64, "", [condition("rows")]).to_json()


def zipped(*entries: tuple[str | zipfile.ZipInfo, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries:
            archive.writestr(name, text)
    return content.getvalue()


def reports(number: int, *commits: str, **more: str | bytes) -> bytes:
    """What the build of a pull request leaves: its subject, a verdict, and more."""
    subject = json.dumps({"number": number, "commits": commits, "build": "https://evil.example/"})
    named = [(name.replace("__", "/"), text) for name, text in more.items()]
    return zipped(("change.json", subject), ("data-verdict.json", VERDICT), *named)


def link(name: str, target: str) -> bytes:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((entry, target))
