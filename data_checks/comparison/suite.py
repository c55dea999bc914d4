"""Deepchecks suite over tables of two snapshots and of what differs between them.

Runs as a process in an environment of its own (`suite_runner.py` calls it by path), and imports
nothing of this repository.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["DISABLE_LATEST_VERSION_CHECK"] = "1"  # before the import: it would call home

import joblib  # type: ignore[import-untyped]
import pandas as pd
from deepchecks import CheckFailure, SuiteResult
from deepchecks.tabular import Dataset, Suite
from deepchecks.tabular.checks import (
    DataDuplicates,
    FeatureDrift,
    MixedNulls,
    MultivariateDrift,
    NewCategoryTrainTest,
    StringMismatchComparison,
)
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

# Texts that mean that there is none.
_NULLS = "none null nan na nil undefined missing tbd todo notavailable nodescription"
NULLS = _NULLS.split()
COMPONENTS, BALANCED = 10, 4_000
ALIKE, FEWEST = 0.5, 10
# Two letters or more; of scripts that put no space between words, every letter.
SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
WORD = rf"[{SPACELESS}]|(?:(?![{SPACELESS}])\w){{2,}}"
PAGE = "deepchecks.html"

Measurement = dict[str, Any]


class CheckRunner:
    """Runs checks on the tables of one folder, and keeps every result for the page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results: list[Any] = []

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def run(self, check: Any, train: Dataset, test: Dataset | None = None) -> Any:
        """The value of one check. A check that broke raises: it is never passed."""
        header = f"{check.name()} ({train.name}{' → ' + test.name if test else ''})"
        suite = Suite(header, check)
        result = suite.run(train_dataset=train, test_dataset=test, with_display=True).results[0]
        self.results.append(result)
        if isinstance(result, CheckFailure):
            raise RuntimeError(f"{check.name()} broke: {result.exception}")  # noqa: TRY004
        result.header = header
        return result.value


def length_drift(runner: CheckRunner) -> Measurement:
    live, candidate = (runner.table(name)[["length"]] for name in ("live", "candidate"))
    if min(len(live), len(candidate)) < FEWEST:
        return _too_few(min(len(live), len(candidate)), "rows")
    check = FeatureDrift(columns=["length"], min_samples=FEWEST)
    value = runner.run(check, _dataset(live, "live"), _dataset(candidate, "candidate"))
    return {"value": float(value["length"]["Drift score"])}


def topic_drift(runner: CheckRunner) -> Measurement:
    if few := _few_topics(runner):
        return few
    value = runner.run(FeatureDrift(columns=["topic"], min_samples=FEWEST), *_topics(runner))
    return {"value": float(value["topic"]["Drift score"])}


def new_topics(runner: CheckRunner) -> Measurement:
    if few := _few_topics(runner):
        return few
    value = runner.run(NewCategoryTrainTest(), *_topics(runner)).loc["topic"]
    return {
        "value": float(value["Ratio of New Categories"]),
        "said": ", ".join(map(str, value["New categories"][:5])),
    }


def topic_variants(runner: CheckRunner) -> Measurement:
    if few := _few_topics(runner):
        return few
    value = runner.run(StringMismatchComparison(columns=["topic"]), *_topics(runner))
    # It leaves out a column of numbers: these have no other spelling.
    topics = value.get("topic", {}).values()
    share = sum(topic["percent_variants_only_in_test"] for topic in topics)
    variants = [variant for topic in topics for variant in topic["variants_only_in_test"]]
    return {"value": float(share), "said": ", ".join(sorted(variants)[:5])}


def placeholders(runner: CheckRunner) -> Measurement:
    check = MixedNulls(null_string_list=NULLS, check_nan=False)

    def nulls(name: str) -> dict[str, float]:
        table = runner.table(name)[["description"]]
        if table.empty:
            return {}
        columns = runner.run(check, _dataset(table, name))["columns"]
        return {null: count["percent"] for null, count in columns["description"].items()}

    before, after = nulls("live"), nulls("candidate")
    detail = ", ".join(sorted(after)[:5])
    return _over(sum(before.values()), sum(after.values()), runner, detail)


def duplicates(runner: CheckRunner) -> Measurement:
    def share(name: str) -> float:
        table = runner.table(name)[["title", "description"]]
        return 0.0 if table.empty else float(runner.run(DataDuplicates(), _dataset(table, name)))

    before, after = share("live"), share("candidate")
    return _over(before, after, runner, f"live {before:.2%}, now {after:.2%}")


def drift_of_arrivals(runner: CheckRunner) -> Measurement:
    return _text_drift(runner, "live", "arrivals")


def drift_of_removals(runner: CheckRunner) -> Measurement:
    return _text_drift(runner, "kept", "removed")


def rewritten(runner: CheckRunner) -> Measurement:
    """The share of changed texts that are unlike what they were, by the cosine of their words.

    Words are weighted by how rare they are in live.
    """
    pairs = runner.table("pairs")
    if pairs.empty:
        return _too_few(0, "changed texts")
    words = TfidfVectorizer(sublinear_tf=True, max_features=50_000, token_pattern=WORD)
    try:
        words.fit([*runner.table("live")["text"], *pairs["after"]])
    except ValueError:
        return {"value": None, "said": "the texts hold no words to compare"}
    old, new = words.transform(pairs["before"]), words.transform(pairs["after"])
    cosines = old.multiply(new).sum(axis=1).A1
    unlike = int((cosines < ALIKE).sum())
    return {"value": unlike / len(pairs), "rows": unlike}


def _text_drift(runner: CheckRunner, usual: str, special: str) -> Measurement:
    """How well a classifier tells the two apart by ten components of their words.

    No torch, no SBERT.
    """
    tables = {name: runner.table(name) for name in (usual, special)}
    smaller = min((special, usual), key=lambda name: len(tables[name]))
    fewest = len(tables[smaller])
    if fewest < 2 * COMPONENTS:
        return _too_few(fewest, f"{smaller} rows")
    size = min(fewest, BALANCED)
    samples = [table.sample(size, random_state=0) for table in tables.values()]
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=20_000, token_pattern=WORD)
    try:
        matrix = words.fit_transform([text for sample in samples for text in sample["text"]])
    except ValueError:  # its way to say that there are none
        return {"value": None, "said": "no two texts share a word"}
    if matrix.shape[1] < 2:
        return {"value": None, "said": "the texts share one word only"}
    components = min(COMPONENTS, matrix.shape[1] - 1)
    vectors = TruncatedSVD(components, random_state=0).fit_transform(matrix)
    columns = [f"component {number}" for number in range(1, vectors.shape[1] + 1)]
    train, test = (
        _dataset(pd.DataFrame(part, columns=columns), name)
        for part, name in ((vectors[:size], usual), (vectors[size:], special))
    )
    drift = runner.run(MultivariateDrift(), train, test)
    return {"value": float(drift["domain_classifier_drift_score"])}


def _few_topics(runner: CheckRunner) -> Measurement | None:
    fewest = min(len(runner.table(f"{name}-topics")) for name in ("live", "candidate"))
    return _too_few(fewest, "topics") if fewest < FEWEST else None


def _too_few(count: int, what: str) -> Measurement:
    """No answer, and nothing broke: there is too little to compare."""
    return {"value": None, "said": f"too few {what} to compare: {count}"}


def _topics(runner: CheckRunner) -> tuple[Dataset, Dataset]:
    live, candidate = (
        Dataset(runner.table(f"{name}-topics"), cat_features=["topic"], dataset_name=name)
        for name in ("live", "candidate")
    )
    return live, candidate


def _dataset(table: pd.DataFrame, name: str) -> Dataset:
    return Dataset(table, cat_features=[], dataset_name=name)


def _over(before: float, after: float, runner: CheckRunner, detail: str) -> Measurement:
    over = max(0.0, after - before)
    rows = round(over * len(runner.table("candidate")))
    return {"value": over, "rows": rows, "said": detail if over else ""}


CHECKS: dict[str, Callable[[CheckRunner], Measurement]] = {
    "rewritten": rewritten,
    "length-drift": length_drift,
    "topic-drift": topic_drift,
    "new-topics": new_topics,
    "topic-variants": topic_variants,
    "placeholders": placeholders,
    "duplicates": duplicates,
    "drift-of-arrivals": drift_of_arrivals,
    "drift-of-removals": drift_of_removals,
}


def _finite(measured: Measurement) -> Measurement:
    """The same, unless its value is no number.

    That would compare with every bound as if all were well, so it is broken.
    """
    value = measured["value"]
    if value is not None and not math.isfinite(value):
        raise ArithmeticError(f"measured {value}")
    return measured


def main(arguments: Sequence[str]) -> int:
    """Run `suite.py FOLDER check check …`: FOLDER/result.json and FOLDER/deepchecks.html."""
    runner = CheckRunner(Path(arguments[0]))
    measured: dict[str, Measurement] = {}
    for name in arguments[1:]:
        try:
            # Else a drift check would start processes that import it all.
            with joblib.parallel_config(backend="threading"):
                measured[name] = _finite(CHECKS[name](runner))
        except Exception as error:
            measured[name] = {"broken": f"{type(error).__name__}: {error}"[:300]}
    (runner.folder / "result.json").write_text(json.dumps(measured), encoding="utf-8")
    if runner.results:
        report = SuiteResult("Deepchecks on the candidate beside live", runner.results)
        page = report.save_as_html(str(runner.folder / "page.html"), as_widget=False)
        shutil.move(page, runner.folder / PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
