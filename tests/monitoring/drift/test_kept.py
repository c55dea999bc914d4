"""What is kept of windows says the same as the log did, to the last bit; a broken file is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.drift.drift import drift_verdict
from monitoring.drift.kept import KeptQuestions, kept_file, key_of, read_kept, write_kept
from monitoring.drift.windows import Window, windows
from release_format.questions import LoggedQuestion
from release_format.verdict import Verdict

END = date(2026, 11, 30)
ENCODER = "e" * 64
WORDS = ["red", "rain", "jacket", "boots", "wool", "hat", "green", "scarf", "child", "warm"]


class CountingEncoder:
    """Vectors that differ in their last bits by what is encoded together, as real ones do."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += texts
        vectors = np.full((len(texts), 32), 1e-7 * len(texts), np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                vectors[row, sum(word.encode()) % 32] += 1
        units: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return units


def log(weeks: range, seed: int = 3) -> list[LoggedQuestion]:
    lines = []
    for week in weeks:
        random = Random(f"{seed} {week}")
        at = f"{END - timedelta(days=7 * week + 3)}T10:00:00Z"
        for number in range(48):
            text = " ".join(random.sample(WORDS, 3)) + (" zz" if number == week % 7 else "")
            lines.append(
                LoggedQuestion(
                    text,
                    "r",
                    "i",
                    at,
                    hits=["a"] * (number > 1),
                    no_good_match=number < 3,
                    confidence=random.random(),
                    level=0.25,
                )
            )
            if number > 1 and random.random() < 0.4:
                lines.append(LoggedQuestion(text, at=at, feedback={"kind": "click"}))
        lines.append(LoggedQuestion(lines[-1].question, at=at, feedback={"kind": "bad"}))
    return lines


def known(text: str) -> bool:
    return "zz" not in text


def judged(path: Path, several: Sequence[Window], encoder: CountingEncoder) -> Verdict:
    """As the verb does it."""
    kept = read_kept(path, ENCODER)
    together = kept.with_kept(several)

    def is_known(text: str) -> bool:
        return bool(getattr(text, "is_known", known(text)))

    verdict = drift_verdict(
        "r", together, lambda texts: kept.encode(texts, encoder), is_known, lambda _: "all"
    )
    write_kept(path, kept, together, is_known)
    return replace(verdict, made_at="")


def test_a_second_run_encodes_only_what_is_new_and_says_the_same_to_the_bit(tmp_path: Path) -> None:
    path, encoder = kept_file(tmp_path, "questions.jsonl", ENCODER), CountingEncoder()
    first = judged(path, windows(log(range(25)), 7, END), encoder)
    many = len(encoder.encoded)
    assert len(set(encoder.encoded)) == many
    again = judged(path, windows(log(range(25)), 7, END), encoder)
    assert again == first
    assert len(encoder.encoded) == many
    more = [*log(range(25)), LoggedQuestion("a new one", at=f"{END - timedelta(days=1)}T01:00:00Z")]
    judged(path, windows(more, 7, END), encoder)
    assert encoder.encoded[many:] == ["a new one"]


def test_what_was_kept_in_parts_is_what_a_whole_log_says(tmp_path: Path) -> None:
    whole = judged(tmp_path / "whole.npz", windows(log(range(25)), 7, END), CountingEncoder())
    path, encoder = tmp_path / "parts.npz", CountingEncoder()
    judged(path, windows(log(range(10, 25)), 7, END), encoder)
    assert judged(path, windows(log(range(25)), 7, END), encoder) == whole


def test_drift_outlives_the_log(tmp_path: Path) -> None:
    path, encoder = kept_file(tmp_path, "questions.jsonl", ENCODER), CountingEncoder()
    first = judged(path, windows(log(range(25)), 7, END), encoder)
    assert first.exit_code in (0, 1)
    assert len(first.facts["series"]) == 7
    assert [topic["topic"] for topic in first.facts["topics"]] == ["all"]
    many = len(encoder.encoded)
    # Half of the second last week is left of the log, and all of the last.
    lines = [*log(range(1, 2))[:15], *log(range(1))]
    assert judged(path, windows(lines, 7, END), encoder) == first
    assert len(encoder.encoded) == many
    # Of what was kept of other days nothing fits between these.
    shifted = judged(path, windows(lines, 7, END - timedelta(days=1)), encoder)
    assert shifted.exit_code == 3


def test_no_text_is_kept(tmp_path: Path) -> None:
    path = kept_file(tmp_path, "questions.jsonl", ENCODER)
    judged(path, windows(log(range(25)), 7, END), CountingEncoder())
    content = path.read_bytes()
    assert not any(word.encode() in content for word in ("jacket", "scarf", "boots"))


@pytest.mark.parametrize(
    "broken",
    ["", "no archive", "cut", "changed", "another", "numbers", "foreign arrays"],
)
def test_a_file_that_is_broken_or_anothers_is_left_with_a_sentence(
    broken: str, tmp_path: Path
) -> None:
    path, encoder = kept_file(tmp_path, "questions.jsonl", ENCODER), CountingEncoder()
    several = windows(log(range(25)), 7, END)
    first = judged(path, several, encoder)
    content = bytearray(path.read_bytes())
    if broken == "another":
        write_kept(path, KeptQuestions("f" * 64), [], known)
    elif broken == "foreign arrays":
        np.savez(path, keys=np.zeros(3), vectors=np.zeros((2, 2)))
    elif broken == "numbers":
        kept = read_kept(path, ENCODER)
        kept.vectors = {key: vector * np.float32("nan") for key, vector in kept.vectors.items()}
        write_kept(path, kept, [], known)
    else:
        content[len(content) // 2] ^= 1
        texts: dict[str, bytes | bytearray] = {
            "": b"",
            "no archive": b"{}",
            "cut": content[:-99],
            "changed": content,
        }
        path.write_bytes(texts[broken])
    kept = read_kept(path, ENCODER)
    assert "cannot be used" in kept.problem
    assert kept.problem.endswith("so all questions are encoded again and it is written anew.")
    assert not kept.vectors
    assert judged(path, several, encoder) == first
    assert not read_kept(path, ENCODER).problem


def test_no_file_is_no_problem_and_a_key_is_of_the_text(tmp_path: Path) -> None:
    kept = read_kept(tmp_path / "none.npz", ENCODER)
    assert (kept.problem, kept.windows) == ("", ())
    assert key_of("lamp") != key_of("lamps")
    assert key_of("\ud800")
