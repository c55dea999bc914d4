"""What a pull request is told of another encoder than live's."""

from __future__ import annotations

import re
from pathlib import Path

from index_builder.comparison.encoder_change import encoder_change
from release_format.release import Release
from searchbar.engine import Engine

SAMPLE = Path(__file__).parents[2] / "formats/v3"


def test_another_encoder_is_told_with_what_it_costs_beside_live(bundled_release: Release) -> None:
    live, candidate = Engine.open(Release.open(SAMPLE)), Engine.open(bundled_release)
    said = encoder_change(live, candidate)
    assert "all-MiniLM-L6-v2 (384 numbers a vector) instead of tiny-bert (16 numbers" in said
    told = re.search(
        r"A vector costs ([\d.]+) ms where live's takes ([\d.]+), a question's ([\d.]+) ms where"
        r" live's takes ([\d.]+)",
        said,
    )
    assert told, said
    vector, live_vector, question, live_question = map(float, told.groups())
    assert vector > live_vector
    assert question > live_question, "six layers of 384 beside one of sixteen"
    assert re.search(r"Encoding: .* (s|min) (by|on) ", said), said
    assert f"report.html of release {live.release.id[:12]}" in said


def test_the_same_encoder_is_not_worth_a_word(bundled_release: Release) -> None:
    engine = Engine.open(bundled_release)
    assert encoder_change(engine, engine) == ""
