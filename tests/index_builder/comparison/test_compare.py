"""The search diff and the pair verdict, over two real releases of which one was spoilt."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from index_builder.__main__ import PROGRAM
from index_builder.comparison.compare import compare
from index_builder.comparison.comparison import Comparison, QuestionDiff, ShownAnswer
from index_builder.comparison.diff_report import LONGEST_COMMENT, comment, page
from index_builder.comparison.pair_verdict import measure, verdict
from index_builder.comparison.rank_overlap import overlap
from index_builder.quality.gate import read_bounds
from index_builder.quality.judgments import read_judgments
from index_builder.quality.known_items import known_items
from release_format.cli import run_program
from release_format.items import Item
from release_format.release import LEXICAL, Release
from release_format.snapshot import seal_snapshot, write_content
from release_format.store.folder import Folder
from release_format.verdict import Outcome, Verdict
from searchbar.engine import Engine
from searchbar.retrieval.words.lexical import Lexical
from tests.index_builder.conftest import Line, catalogue_items

SPOILT, LOST = 24, "ansible"
EVIL = "</td><script>alert(1)</script> | **@everyone** `x`"


def spoilt(items: Sequence[Item]) -> list[Item]:
    """Descriptions of some items handed on to the next one, and one item gone."""
    turned = [
        replace(item, description=items[(n + 7) % SPOILT].description)
        for n, item in enumerate(items[:SPOILT])
    ]
    return [item for item in (*turned, *items[SPOILT:]) if item.id != LOST]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("compare") / "store")


@pytest.fixture(scope="module")
def pair(store: Folder) -> tuple[Release, Release]:
    """A live release and a candidate of the spoilt catalogue, both built by the real verb."""
    line = Line(store, store.root.parent / "reports")
    items = catalogue_items()
    releases = []
    for some in (items, spoilt(items)):
        with store.staging("snapshot") as directory:
            id = seal_snapshot(
                directory, write_content(directory, some, []), Verdict("data", "", "", [])
            ).id
        releases.append(line.release(id))
    return releases[0], releases[1]


@pytest.fixture(scope="module")
def judgments(pair: tuple[Release, Release], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every item asked for by words of its description, as live has it."""
    lines = [
        json.dumps({"id": one.id, "question": one.question, "relevant": dict(one.relevant)})
        for one in known_items(pair[0].items, Lexical.open(pair[0].path / LEXICAL))
    ]
    path = tmp_path_factory.mktemp("judged") / "judgments.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def engines(pair: tuple[Release, Release]) -> tuple[Engine, Engine]:
    return Engine.open(pair[0]), Engine.open(pair[1])


@pytest.fixture(scope="module")
def comparison(engines: tuple[Engine, Engine], judgments: Path) -> Comparison:
    return compare(*engines, read_judgments(judgments), ["play music", "<b>write</b> code"])


def test_overlap_worked_by_hand() -> None:
    assert overlap(["a", "b"], ["a", "b"]) == 1
    assert overlap([], []) == 1
    assert overlap(["a"], []) == overlap(["a"], ["b"]) == 0
    assert overlap(["a", "b"], ["b", "a"]) == pytest.approx((0 + 0.9 * 1) / 1.9)
    assert overlap(["a", "b"], ["a", "c"]) > overlap(["b", "a"], ["c", "a"]), "the top counts more"


def test_the_diff_names_who_lost(comparison: Comparison) -> None:
    assert comparison.figures["ndcg@10"][2].worse
    assert len(comparison.losers) == 10
    assert all(row.change < 0 for row in comparison.losers)
    assert [row.change for row in comparison.losers] == sorted(
        row.change for row in comparison.losers
    )
    worst = comparison.losers[0]
    assert len(worst.live) == len(worst.candidate) == 10
    assert any(shown.grade for shown in worst.live)
    assert (comparison.vanished, comparison.appeared) == ([LOST], [])
    assert list(comparison.judgments_lost.values()) == [[LOST]]


def test_a_question_about_a_lost_item_is_told_and_not_held_against_ranking(
    comparison: Comparison,
) -> None:
    assert comparison.judged == comparison.figures["ndcg@10"][0].questions
    asked = {row.question for row in (*comparison.losers, *comparison.winners)}
    assert not any(id.endswith(LOST) for id in asked)


def test_shuffled_texts_are_found_by_their_meaning(comparison: Comparison) -> None:
    assert comparison.moved.changed >= SPOILT - 1
    assert comparison.moved.share > 0.3


def test_the_pair_verdict_says_no_with_numbers(comparison: Comparison) -> None:
    said = verdict(comparison, read_bounds(), 80)
    answers = {condition.name: condition.answer for condition in said.conditions}
    assert said.exit_code == 1
    assert answers["ndcg-change"] == answers["meaning-kept"] == Outcome.NO
    assert (said.live, said.subject) == (comparison.live, comparison.candidate)


def test_the_same_release_beside_itself_passes(
    engines: tuple[Engine, Engine], judgments: Path
) -> None:
    same = compare(engines[0], engines[0], read_judgments(judgments), ["play music"])
    said = verdict(same, read_bounds(), 80)
    assert (same.changed, same.mean_overlap, said.exit_code) == (0, 1, 0)
    assert not said.warnings()
    assert "No topic changes" in comment(same, said)


def test_without_judgments_the_gate_says_what_nobody_asked(engines: tuple[Engine, Engine]) -> None:
    bare = compare(*engines, [], ["play music"])
    measured = measure(bare, 80)
    assert measured["ndcg-change"].value is None
    assert measured["judgments-lost"].value is None
    assert "<h1>Search diff" in page(bare, verdict(bare, read_bounds(), 80))


def test_the_verb_writes_everything_and_keeps_the_pair_verdict(
    pair: tuple[Release, Release],
    judgments: Path,
    store: Folder,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "more.txt").write_text("play music\n\nplay music\nwrite <b>code</b>\n")
    line = [
        "compare", pair[0].id[:12], str(pair[1].path), "--judgments", str(judgments), "--questions",
        str(tmp_path / "more.txt"), "--store", str(store.root), "--report", str(tmp_path / "out"),
    ]  # fmt: skip
    assert run_program("index_builder", PROGRAM.main, line) == 1
    assert capsys.readouterr().out.splitlines()[-1] == pair[1].id
    (name,) = store.records("pair")
    kept = Verdict.from_json(store.record("pair", name) or "")
    assert (kept.live, kept.subject, kept.says_yes) == (pair[0].id, pair[1].id, False)
    assert pair[1].id[:12] in name
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"compare-verdict.json", "compare.json", "compare.md", "compare.html"}
    told = json.loads((tmp_path / "out/compare.json").read_text())
    assert told["questions"] == len(read_judgments(judgments)) + 2


def evil(comparison: Comparison, rows: int) -> Comparison:
    hits = [ShownAnswer("id", EVIL * 4, "&lt;script&gt; <mark>x</mark> " * 9, 1, 0)] * 10
    return replace(
        comparison,
        losers=[QuestionDiff(f"{EVIL} {n}", 0.1, 1.0, 0.0, hits, hits) for n in range(rows)],
        winners=[],
    )


def test_what_items_say_is_shown_and_never_obeyed(comparison: Comparison) -> None:
    said = verdict(comparison, read_bounds(), 80)
    spoilt = evil(comparison, 3)
    shown, markdown = page(spoilt, said), comment(spoilt, said)
    assert "<script" not in shown + markdown
    assert "@everyone" not in markdown
    assert not re.search(r"\b(?:src|href|style)=|url\(|@import", shown), (
        "the page needs nothing else"
    )


def test_everybody_can_read_the_page(
    comparison: Comparison, page_faults: Callable[[str], list[str]]
) -> None:
    shown = page(evil(comparison, 3), verdict(comparison, read_bounds(), 80))
    assert page_faults(shown) == []


def test_what_is_left_out_is_counted(comparison: Comparison) -> None:
    losing = replace(comparison, changes=[-0.1] * 17 + [0.2] * 3, losers=evil(comparison, 7).losers)
    said = verdict(losing, read_bounds(), 80)
    assert "… and 10 more, by less." in page(losing, said)
    assert "### Worst losers (5 of 17)" in comment(losing, said)


def test_a_verdict_names_the_worst_the_best_and_examples(
    comparison: Comparison, judgments: Path
) -> None:
    facts = verdict(comparison, read_bounds(), 80).facts
    assert [row["question"] for row in facts["losers"]] == [
        row.question for row in comparison.losers[:3]
    ]
    assert facts["losers"][0]["moved"], "the item that was looked for fell"
    assert facts["examples"]["ndcg-change"] == comparison.losers[0].question
    text = {question.id: question.question for question in read_judgments(judgments)}
    lost = text[next(iter(comparison.judgments_lost))]
    assert facts["examples"]["judgments-lost"] == f"{lost} ({LOST})"


def test_a_warning_is_called_one(comparison: Comparison) -> None:
    said = verdict(comparison, read_bounds(), 80)
    warned = [condition.name for condition in said.warnings()]
    shown, markdown = page(comparison, said), comment(comparison, said)
    for name in warned:
        assert re.search(rf'<td>{name}<td class="warn">warning<td>', shown)
        assert re.search(rf"\| ⚠️ \| {name} \| warning \|", markdown)
    assert len(warned) == shown.count('<td class="warn">')


def test_a_comment_stays_under_its_limit_and_says_what_it_leaves_out(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_builder.comparison.diff_report.SIDE_BY_SIDE", 40)
    said = comment(evil(comparison, 40), verdict(comparison, read_bounds(), 80))
    assert len(said) < LONGEST_COMMENT
    assert "more parts are in compare.html" in said
