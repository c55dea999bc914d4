"""A folder of answers as Parquet, on disk or behind fsspec (`s3://…`), written part by part.

What stands there is whole: a part is finished when its mark is there, and its mark is written last.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import quote

from release_format.store.filesystem import INSTALL, filesystem_of
from release_format.untrusted_json import parse_json
from searchbar.errors import Cause, SearchError

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from fsspec.implementations.local import LocalFileSystem
except ImportError as error:  # The image of the server goes without; `--help` does, too.
    MISSING = error.name
else:
    MISSING = None

# Readers of Parquet folders pass over names that begin with an underscore or a dot; this one they
# read as null.
PLAN, MARKS, NO_TOPIC = "_batch.json", "_parts", "__HIVE_DEFAULT_PARTITION__"


@cache
def schema() -> pa.Schema:
    """The columns of an answer."""
    topic = pa.struct([("topic", pa.string()), ("share", pa.float32())])
    hit = pa.struct(
        [
            ("id", pa.string()),
            ("title", pa.string()),
            ("url", pa.string()),
            ("topics", pa.list_(pa.string())),
            ("score", pa.float32()),
            ("matched", pa.string()),
        ]
    )
    return pa.schema(
        [
            ("line", pa.int64()),
            ("id", pa.string()),
            ("question", pa.string()),
            ("filters", pa.string()),
            ("topics", pa.list_(topic)),
            ("total", pa.int64()),
            ("no_good_match", pa.bool_()),
            ("did_you_mean", pa.string()),
            ("hits", pa.list_(hit)),
        ]
    )


def check_libraries() -> None:
    """Refuse to begin without the libraries of Parquet and buckets."""
    if MISSING:
        text = f"a batch needs {MISSING}, which a server goes without. {INSTALL}"
        raise SearchError(Cause.NOT_READY, text)


@dataclass(frozen=True)
class BatchPlan:
    """What is being answered, by which release, how deep, and in parts of how many questions."""

    release: str
    questions: str
    count: int
    k: int
    part: int
    finished: bool = False


class ParquetSink:
    """The answers of one release, in its own partition of a folder."""

    def __init__(self, url: str, plan: BatchPlan) -> None:
        """Take up what is there.

        Raises:
            SearchError: it holds other answers of this release, or unfinished ones of another.
        """
        self._fs, self._root = filesystem_of(url)
        self._plan, self._home = plan, f"{self._root}/release={plan.release}"
        self._refuse_other_answers(url)
        self._write(f"{self._home}/{PLAN}", json.dumps(asdict(plan)).encode())

    def finished_parts(self) -> set[int]:
        """The numbers of the parts that need not be asked again."""
        with contextlib.suppress(FileNotFoundError):
            names = self._fs.ls(f"{self._home}/{MARKS}", detail=False)
            return {
                int(name)
                for path in names
                if (name := str(path).rstrip("/").rpartition("/")[2]).isdigit()
            }
        return set()

    def write(self, number: int, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Write one part: rows with the topic that each belongs to."""
        by_topic: dict[str, list[Mapping[str, Any]]] = {}
        for topic, row in rows:
            by_topic.setdefault(topic, []).append(row)
        for topic, answers in sorted(by_topic.items()):
            file = BytesIO()
            pq.write_table(pa.Table.from_pylist(answers, schema()), file, compression="zstd")
            folder = f"topic={quote(topic, safe='') if topic else NO_TOPIC}"
            self._write(f"{self._home}/{folder}/{number:06}.parquet", file.getvalue())
        self._write(f"{self._home}/{MARKS}/{number:06}", str(len(rows)).encode())

    def finish(self) -> None:
        """Say that every question is answered."""
        plan = {**asdict(self._plan), "finished": True}
        self._write(f"{self._home}/{PLAN}", json.dumps(plan).encode())

    def _refuse_other_answers(self, url: str) -> None:
        for other in self._plans():
            if other.release == self._plan.release:
                if not _same(other, self._plan):
                    text = "holds this release's answers to other questions, or of other depth"
                    raise _refused(f"{url} {text}")
            elif not other.finished:
                text = f"answers of release {other.release[:12]} that are not finished: finish it"
                raise _refused(f"{url} holds {text}")

    def _plans(self) -> Iterator[BatchPlan]:
        for path in self._fs.glob(f"{self._root}/release=*/{PLAN}"):
            try:
                yield BatchPlan(**parse_json(self._fs.cat_file(path)))
            except (ValueError, TypeError) as error:
                raise _refused(f"{path} cannot be read ({error})") from error

    def _write(self, path: str, content: bytes) -> None:
        """A bucket shows a file when it is whole; on disk it is renamed into place."""
        if not isinstance(self._fs, LocalFileSystem):
            self._fs.pipe_file(path, content)
            return
        folder, _, name = path.rpartition("/")
        self._fs.makedirs(folder, exist_ok=True)
        partial = f"{folder}/.{name}.{uuid.uuid4().hex}"
        self._fs.pipe_file(partial, content)
        self._fs.mv(partial, path)


def _same(plan: BatchPlan, other: BatchPlan) -> bool:
    return asdict(plan) | {"finished": False} == asdict(other) | {"finished": False}


def _refused(what: str) -> SearchError:
    return SearchError(
        Cause.BAD_SETTING, f"{what}. Name another folder with --out, or delete what is there."
    )
