"""What a replay found, as lines for the console: the log, its own release and live in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.replay.table import columns_of, row, shortened, wrapped
from release_format.exit_codes import COULD_NOT_TELL, NO, YES
from release_format.progress import one_line
from release_format.questions import LoggedQuestion
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.replay.log_row import is_partial
from searchbar.replay.logged_request import LoggedRequest, reaction
from searchbar.replay.replay import Replay, made_otherwise, outside, replay
from searchbar.replay.side_by_side import PlacedHit, columns, figure_lines, lines

FIRST, LONGEST_QUESTION = 10, 300
SHORT = 12
LEGEND = "* opened   - gone since   + not there then   ↑↓ places higher or lower than then"
PARTIAL = (
    "The log is of an older program: it does not say how many hits were asked for, in which order,"
    " or uncut. What differs may come of that."
)


@dataclass(frozen=True)
class Replayed:
    """A logged request and its replays.

    `own` is None, with the reason in `lost`, where its own release cannot be opened; `otherwise`
    is of what else live is made than that, and `outside` what no release holds.
    """

    request: LoggedRequest
    own: Replay | None
    lost: str
    live: Replay
    live_name: str
    live_release: Release
    otherwise: Sequence[str]
    outside: Sequence[str]

    @classmethod
    def of(
        cls, request: LoggedRequest, own: Engine | None, lost: str, live: Engine, name: str
    ) -> Replayed:
        """Answer a request again; `name` is what live was called by."""
        on_live = replay(live, request.asked)
        return cls(
            request,
            on_live if own is live else replay(own, request.asked) if own else None,
            lost,
            on_live,
            live_name=f"{name} ({live.release.id[:SHORT]})",
            live_release=live.release,
            otherwise=made_otherwise(own.release, live.release) if own else (),
            outside=outside(own or live),
        )

    @property
    def exit_code(self) -> int:
        """Whether its own release gives the same answer."""
        if self.own is None:
            return COULD_NOT_TELL
        if self.own.is_same:
            return YES
        return COULD_NOT_TELL if is_partial(self.request.asked) else NO

    def lines(self) -> Iterator[str]:
        """At most 80 columns each; whatever log and catalogue hold is written out."""
        yield from _heading(self.request.asked)
        yield ""
        yield from self._table()
        yield ""
        yield from self._differences()
        yield from _reactions(self.request)

    def to_json(self) -> dict[str, Any]:
        """As `--json` says it."""
        asked = self.request.asked
        return {
            "request_id": asked.request_id,
            "question": asked.question,
            "at": asked.at,
            "filters": asked.filters,
            "k": asked.k,
            "sort": asked.sort,
            "cut": asked.cut,
            "then": {
                "release": asked.release,
                "hits": asked.hits,
                "total": None if is_partial(asked) else asked.total,
                "no_good_match": asked.no_good_match,
                "confidence": asked.confidence,
                "level": asked.level,
                "did_you_mean": asked.did_you_mean,
            },
            "own": self.own.to_json() if self.own else None,
            "lost": self.lost,
            "live": self.live.to_json(),
            "made_otherwise": list(self.otherwise),
            "outside": list(self.outside),
            "reactions": [{"at": each.at, **each.feedback} for each in self.request.reactions],
        }

    def _table(self) -> Iterator[str]:
        replays = [self.own, self.live] if self.own else [self.live]
        several = columns(self.request, replays)
        each = columns_of(len(several), FIRST)
        own = f"own {self.own.release[:SHORT]}" if self.own else ""
        live = f"live {self.live.release[:SHORT]}"
        headings = ["at that time", *([own] if own else []), live]
        yield row("", FIRST, [(heading, "") for heading in headings], each)
        for place, hits in lines(several):
            yield row(str(place), FIRST, [_cell(hit) for hit in hits], each)
        for name, texts in figure_lines(several):
            yield row(name, FIRST, [(text, "") for text in texts], each)
        yield LEGEND

    def _differences(self) -> Iterator[str]:
        if self.own:
            yield from _found("On its own release", self.own)
        else:
            yield from wrapped(f"On its own release: could not tell. {self.lost}")
        yield from _found(f"On live, which is {self.live_name}", self.live)
        built, items = self.live_release.manifest.created_at, len(self.live_release.items)
        yield from wrapped(
            f"Live was built {built} of {items:,} items; {_made(self.otherwise)}."
            if self.own
            else f"Live was built {built} of {items:,} items."
        )
        yield from wrapped(f"In no release, and as it is now: {'; '.join(self.outside)}.")
        if is_partial(self.request.asked):
            yield from wrapped(PARTIAL)


def _heading(asked: LoggedQuestion) -> Iterator[str]:
    yield from wrapped(f"Request {asked.request_id}, {asked.at}")
    yield from wrapped(shortened(one_line(asked.question), LONGEST_QUESTION), "  ")
    filters = [f"{name}:{value}" for name, values in asked.filters.items() for value in values]
    orders = [f"sort {asked.sort}"] * bool(asked.sort) + [f"cut {asked.cut}"] * bool(asked.cut)
    many = [] if is_partial(asked) else [f"k {asked.k}"]
    if choices := [*filters, *orders, *many]:
        yield from wrapped(" · ".join(choices), "  ")


def _cell(hit: PlacedHit | None) -> tuple[str, str]:
    if hit is None:
        return "", ""
    changes = {"*": hit.is_opened, "-": hit.is_gone, "+": hit.is_new}
    marks = [mark for mark, holds in changes.items() if holds]
    marks += [f"↑{hit.rise}"] if hit.rise > 0 else [f"↓{-hit.rise}"] if hit.rise < 0 else []
    return hit.id, " ".join(marks)


def _found(where: str, replay: Replay) -> Iterator[str]:
    if replay.is_same:
        yield from wrapped(f"{where}: the same answer.")
        return
    yield from wrapped(f"{where}: {'; '.join(replay.sentences())}")
    for id, sentence in replay.reasons.items():
        yield from wrapped(f"{id}: {sentence}", "  ")


def _made(otherwise: Sequence[str]) -> str:
    if not otherwise:
        return "it is made of the same"
    return f"not of the same {', '.join(otherwise)} as its own release"


def _reactions(request: LoggedRequest) -> Iterator[str]:
    if request.reactions:
        yield "What the visitor did:"
    for each in request.reactions:
        yield from wrapped(f"{each.at} {reaction(each)}", "  ")
    if request.further:
        yield f"  and {request.further:,} more reactions."
    if request.earlier:
        yield f"{request.earlier:,} earlier questions came with the same id; this is the last."
