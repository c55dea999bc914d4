"""Side by side: the hits and figures of a logged answer, and of its replays, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from release_format.questions import LoggedQuestion
from searchbar.replay.difference import places, shown
from searchbar.replay.log_row import is_partial
from searchbar.replay.logged_request import LoggedRequest
from searchbar.replay.replay import Replay

UNLOGGED = "not logged"


@dataclass(frozen=True)
class PlacedHit:
    """A hit at its place in a column.

    `rise` is by how many places it stands higher than in the log, negative where it stands lower;
    `is_gone`: some replay beside it lacks it.
    """

    id: str
    title: str = ""
    is_opened: bool = False
    is_gone: bool = False
    is_new: bool = False
    rise: int = 0


@dataclass(frozen=True)
class Column:
    """The hits of one answer, best first, and what else is known of it, by name.

    Without `hits` and `figures` the question was refused.
    """

    hits: Sequence[PlacedHit]
    figures: dict[str, str]


def columns(request: LoggedRequest, replays: Sequence[Replay]) -> list[Column]:
    """The column of the log, then one for each replay."""
    return [_then(request, replays), *(_now(request, replay) for replay in replays)]


def lines(columns: Sequence[Column]) -> list[tuple[int, list[PlacedHit | None]]]:
    """The hits of all columns at each place, from 1; None where a column has no more."""
    most = max(len(column.hits) for column in columns)
    return [
        (at + 1, [column.hits[at] if at < len(column.hits) else None for column in columns])
        for at in range(most)
    ]


def figure_lines(columns: Sequence[Column]) -> list[tuple[str, list[str]]]:
    """The figures of all columns under their names; "" where a column has none."""
    names = dict.fromkeys(name for column in columns for name in column.figures)
    return [(name, [column.figures.get(name, "") for column in columns]) for name in names]


def _then(request: LoggedRequest, replays: Sequence[Replay]) -> Column:
    asked, gone = request.asked, {id for each in replays for id in each.difference.gone}
    titles = {id: title for each in replays for id, title in each.titles.items()}
    hits = [
        PlacedHit(id, titles.get(id, ""), id in request.opened, id in gone) for id in asked.hits
    ]
    return Column(hits, _figures(asked))


def _now(request: LoggedRequest, replay: Replay) -> Column:
    if replay.row is None:
        return Column([], {})
    before = places(request.asked.hits)
    hits = [
        PlacedHit(
            id,
            replay.titles.get(id, ""),
            id in request.opened,
            is_new=id not in before,
            rise=before.get(id, place) - place,
        )
        for place, id in enumerate(replay.row.hits, 1)
    ]
    return Column(hits, _figures(replay.row))


def _figures(row: LoggedQuestion) -> dict[str, str]:
    is_logged = not is_partial(row)
    return {
        "total": f"{row.total:,}" if is_logged else UNLOGGED,
        "confidence": shown(row.confidence) if is_logged else UNLOGGED,
        "good from": shown(row.level) if is_logged else UNLOGGED,
        "fits": "no" if row.no_good_match else "yes" if row.hits else "no hits",
        **({"read as": row.did_you_mean} if row.did_you_mean else {}),
    }
