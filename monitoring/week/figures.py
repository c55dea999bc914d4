"""The headline figures of a week beside those of the week before, in words."""

from __future__ import annotations

from dataclasses import dataclass

from searchbar.feedback.proportion import (
    Proportion,
    RateDifference,
    ReciprocalMean,
    difference,
    difference_of_means,
)
from searchbar.feedback.query_log import Usage

NOISE, GOOD, BAD = "", "good", "bad"


@dataclass(frozen=True)
class WeekFigure:
    """One figure: how it is called and what that means, this week's, the week's before, and what
    changed; `tone` is good or bad, and empty where the change may be chance."""

    name: str
    meaning: str
    now: str
    before: str
    change: str = ""
    tone: str = NOISE


def figures(now: Usage, before: Usage) -> list[WeekFigure]:
    """All of them, in the order in which they are read."""
    return [
        _count("Questions", "every one that was asked", now.asked, before.asked),
        _count("Different", "in more than case and spaces", *_different(now, before)),
        _rate("Answered", "with something that fits", now.answered, before.answered, 1),
        _rate("No good match", "shown, but nothing fits", now.no_good_match, before.no_good_match),
        _rate("No result", "nothing was found", now.no_results, before.no_results),
        _rate(
            "Nothing left by filters", "something fits without them", now.blocked, before.blocked
        ),
        _rate(
            "Click-through",
            "questions of which a result was opened",
            now.click_through,
            before.click_through,
            1,
        ),
        _position(now.click_position, before.click_position),
        _rate("Thumbs down", "of all thumbs", now.thumbs_down, before.thumbs_down),
    ]


def percent(proportion: Proportion) -> str:
    """A share with where it lies in 95 of 100: `12.5 % [4.3, 31.0]`; a dash of nothing."""
    if not proportion.of:
        return "–"
    low, high = proportion.interval
    return f"{100 * proportion.share:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def position(mean: ReciprocalMean) -> str:
    """The mean of 1 / position, and of how many."""
    return f"{mean.mean:.2f} of {mean.number:,}" if mean.number else "–"


def _different(now: Usage, before: Usage) -> tuple[int, int]:
    return len(now.questions), len(before.questions)


def _count(name: str, meaning: str, now: int, before: int) -> WeekFigure:
    change = f"{100 * (now - before) / before:+.0f} %".replace("-", "−") if before else ""
    return WeekFigure(name, meaning, f"{now:,}", f"{before:,}", change)


def _rate(
    name: str, meaning: str, now: Proportion, before: Proportion, better: int = -1
) -> WeekFigure:
    """`better` is 1 where more is better, and -1 where less is."""
    changed = difference(before, now)
    told = _told(changed, 100, "{:+.1f}", " points") if changed else ""
    return WeekFigure(name, meaning, percent(now), percent(before), told, _tone(changed, better))


def _position(now: ReciprocalMean, before: ReciprocalMean) -> WeekFigure:
    changed = difference_of_means(before, now)
    told = _told(changed, 1, "{:+.2f}") if changed else ""
    return WeekFigure(
        "Click position",
        "mean of 1 / the highest opened; 1: always the first",
        position(now),
        position(before),
        told,
        _tone(changed, 1),
    )


def _told(changed: RateDifference, scale: int, form: str, unit: str = "") -> str:
    value, low, high = (
        form.format(scale * number) for number in (changed.value, changed.low, changed.high)
    )
    noise = ", as before" if changed.is_noise else ""
    return f"{value}{unit} [{low}, {high}]{noise}".replace("-", "−")


def _tone(changed: RateDifference | None, better: int) -> str:
    if changed is None or changed.is_noise:
        return NOISE
    return GOOD if changed.value * better > 0 else BAD
