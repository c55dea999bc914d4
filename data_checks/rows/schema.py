"""Schema of items: the declarative rules about the shape of each field, in pandera."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from data_checks.errors import CatalogueError
from release_format.items import FIELDS, Item

if TYPE_CHECKING:
    import pandas
    import pandera.pandas

LONGEST = {"id": 200, "title": 1_000, "description": 100_000, "url": 2_000, "image_url": 2_000}
LONGEST_TOPIC, MOST_TOPICS, LONGEST_EXTRA = 100, 200, 100_000
_URL = r"(?:(?:https?|ftps?)://[^\s/?#@\"'<>\\]+(?:[/?#][^\s\"<>\\]*)?)?"
_FTP = r"(?!ftps?:).*"
_SAFE = r"(?!http:).*"
_LANGUAGE = r"(?:[a-zA-Z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)?"
_ONE_LINE = r"[^\x00-\x1f\x7f]*"


def shape_failures(items: Sequence[Item]) -> list[list[tuple[str, str]]]:
    """For each item the (rule, field) pairs that it fails.

    Raises:
        CatalogueError: a check broke instead of answering; nothing is accepted then.
    """
    import pandas as pd
    import pandera.errors

    failures: list[list[tuple[str, str]]] = [[] for _ in items]
    if not items:
        return failures
    try:
        _schema().validate(_table(items), lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        for check, column, position in zip(
            cases["check"], cases["column"], cases["index"], strict=True
        ):
            if pd.isna(position):
                raise CatalogueError(
                    f"the rule {check!r} could not be asked. Report this."
                ) from error
            field = "description" if column == "text" else str(column)
            failures[int(position)].append((str(check), field))
    return failures


def _table(items: Sequence[Item]) -> pandas.DataFrame:
    import pandas as pd

    # pandas would read a lone surrogate as an error: the rule `utf-8` finds it, the shapes see a
    # stand-in.
    names = [name for name in FIELDS if name != "topics"]
    columns = {name: [_readable(getattr(item, name)) for item in items] for name in names}
    table = pd.DataFrame(columns, dtype=object)
    table["topics"] = pd.Series([item.topics for item in items], dtype=object)
    table["text"] = table["title"] + table["description"]
    table["extra"] = [sum(len(str(value)) for value in item.extra.values()) for item in items]
    return table


def _readable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@cache
def _schema() -> pandera.pandas.DataFrameSchema:
    import pandera.pandas as pa

    def matches(rule: str, pattern: str) -> Any:
        return pa.Check(lambda column: column.str.fullmatch(pattern).astype(bool), name=rule)

    def at_most(field: str) -> Any:
        return pa.Check(lambda column: column.str.len() <= LONGEST[field], name="too-long")

    def column(*checks: Any) -> Any:
        return pa.Column(object, list(checks))

    missing, no_text, no_title = (
        pa.Check(lambda column: column != "", name=rule)
        for rule in ("id-missing", "text-missing", "empty-title")
    )
    short_id = pa.Check(
        lambda ids: (ids.str.len() <= LONGEST["id"]) & ids.str.fullmatch(_ONE_LINE), name="id-shape"
    )
    topics = pa.Check(lambda column: column.map(topics_fit).astype(bool), name="topic-shape")
    dated = pa.Check(lambda column: column.map(is_date).astype(bool), name="date-shape")
    past = pa.Check(lambda column: column.map(is_past).astype(bool), name="date-in-future")
    small = pa.Check(lambda column: column <= LONGEST_EXTRA, name="too-long")
    return pa.DataFrameSchema(
        {
            "id": column(missing, short_id),
            "title": column(no_title, at_most("title")),
            "description": column(at_most("description")),
            "text": column(no_text),
            "topics": column(topics),
            "url": column(matches("url-shape", _URL), matches("ftp-url", _FTP), at_most("url")),
            "image_url": column(
                matches("image-url-shape", _URL),
                matches("http-picture", _SAFE),
                at_most("image_url"),
            ),
            "language": column(matches("language-shape", _LANGUAGE)),
            "updated_at": column(dated, past),
            "extra": pa.Column(int, [small]),
        }
    )


def topics_fit(topics: Sequence[str]) -> bool:
    """Not too many, none too long, each on one line."""
    return len(topics) <= MOST_TOPICS and all(
        len(topic) <= LONGEST_TOPIC and not any(letter < " " for letter in topic)
        for topic in topics
    )


def is_date(text: str) -> bool:
    """An ISO 8601 date or moment, or nothing."""
    return not text or _moment(text) is not None


def is_past(text: str) -> bool:
    """Not later than tomorrow, since clocks differ; what is no date breaks another rule."""
    moment = _moment(text) if text else None
    return moment is None or moment <= datetime.now(UTC) + timedelta(days=1)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
