"""Here are tables of two snapshots and of what differs: give me what Deepchecks measures.

Runs as a process in an environment of its own (`isolation.py` calls it), and imports nothing of this repository.
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

NULLS = ("none", "null", "nan", "na", "nil", "undefined", "missing", "tbd", "todo", "notavailable", "nodescription")
COMPONENTS, BALANCED = 10, 4_000
ALIKE, FEWEST = 0.5, 10
# Two letters or more; of scripts that put no space between words, every letter.
SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
WORD = rf"[{SPACELESS}]|(?:(?![{SPACELESS}])\w){{2,}}"
PAGE = "deepchecks.html"

Measurement = dict[str, Any]


class Bench:
    """The tables of one run, and every result on the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results: list[Any] = []

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def run(self, check: Any, train: Dataset, test: Dataset | None = None) -> Any:
        """The value of one check. A check that broke raises: it is never passed."""
        header = f"{check.name()} ({train.name}{' → ' + test.name if test else ''})"
        result = Suite(header, check).run(train_dataset=train, test_dataset=test, with_display=True).results[0]
        self.results.append(result)
        if isinstance(result, CheckFailure):
            raise RuntimeError(f"{check.name()} broke: {result.exception}")  # noqa: TRY004
        result.header = header
        return result.value


def length_drift(bench: Bench) -> Measurement:
    live, candidate = (bench.table(name)[["length"]] for name in ("live", "candidate"))
    if min(len(live), len(candidate)) < FEWEST:
        return _too_few(min(len(live), len(candidate)), "rows")
    check = FeatureDrift(columns=["length"], min_samples=FEWEST)
    value = bench.run(check, _dataset(live, "live"), _dataset(candidate, "candidate"))
    return {"value": float(value["length"]["Drift score"])}


def topic_drift(bench: Bench) -> Measurement:
    if few := _few_topics(bench):
        return few
    value = bench.run(FeatureDrift(columns=["topic"], min_samples=FEWEST), *_topics(bench))
    return {"value": float(value["topic"]["Drift score"])}


def new_topics(bench: Bench) -> Measurement:
    if few := _few_topics(bench):
        return few
    value = bench.run(NewCategoryTrainTest(), *_topics(bench)).loc["topic"]
    return {
        "value": float(value["Ratio of New Categories"]),
        "said": ", ".join(map(str, value["New categories"][:5])),
    }


def topic_variants(bench: Bench) -> Measurement:
    if few := _few_topics(bench):
        return few
    found = bench.run(StringMismatchComparison(columns=["topic"]), *_topics(bench))
    value = found.get("topic", {})  # it leaves out a column of numbers: these have no other spelling
    share = sum(one["percent_variants_only_in_test"] for one in value.values())
    spelt = [variant for one in value.values() for variant in one["variants_only_in_test"]]
    return {"value": float(share), "said": ", ".join(sorted(spelt)[:5])}


def placeholders(bench: Bench) -> Measurement:
    def share(name: str) -> tuple[float, list[str]]:
        table = bench.table(name)[["description"]]
        if table.empty:
            return 0.0, []
        dataset = _dataset(table, name)
        nulls = bench.run(MixedNulls(null_string_list=list(NULLS), check_nan=False), dataset)["columns"][
            "description"
        ]
        return sum(one["percent"] for one in nulls.values()), sorted(nulls)

    (before, _), (after, found) = share("live"), share("candidate")
    return _over(before, after, bench, ", ".join(found[:5]))


def duplicates(bench: Bench) -> Measurement:
    def share(name: str) -> float:
        table = bench.table(name)[["title", "description"]]
        return 0.0 if table.empty else float(bench.run(DataDuplicates(), _dataset(table, name)))

    before, after = share("live"), share("candidate")
    return _over(before, after, bench, f"live {before:.2%}, now {after:.2%}")


def drift_of_arrivals(bench: Bench) -> Measurement:
    return _text_drift(bench, "live", "arrivals")


def drift_of_removals(bench: Bench) -> Measurement:
    return _text_drift(bench, "kept", "removed")


def rewritten(bench: Bench) -> Measurement:
    """Cosine of the old and the new text of one id, in words weighted by how rare they are in live."""
    pairs = bench.table("pairs")
    if pairs.empty:
        return _too_few(0, "changed texts")
    words = TfidfVectorizer(sublinear_tf=True, max_features=50_000, token_pattern=WORD)
    try:
        words.fit([*bench.table("live")["text"], *pairs["after"]])
    except ValueError:
        return {"value": None, "said": "the texts hold no words to compare"}
    old, new = words.transform(pairs["before"]), words.transform(pairs["after"])
    cosines = old.multiply(new).sum(axis=1).A1
    unlike = int((cosines < ALIKE).sum())
    return {"value": unlike / len(pairs), "rows": unlike}


def _text_drift(bench: Bench, usual: str, special: str) -> Measurement:
    """How well a classifier tells the two apart by ten components of their words; no torch, no SBERT."""
    one, other = bench.table(usual), bench.table(special)
    if min(len(one), len(other)) < 2 * COMPONENTS:
        return _too_few(min(len(one), len(other)), f"{usual if len(one) < len(other) else special} rows")
    size = min(len(one), len(other), BALANCED)
    one, other = (table.sample(size, random_state=0) for table in (one, other))
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=20_000, token_pattern=WORD)
    try:
        matrix = words.fit_transform([*one["text"], *other["text"]])
    except ValueError:  # its way to say that there are none
        return {"value": None, "said": "no two texts share a word"}
    if matrix.shape[1] < 2:
        return {"value": None, "said": "the texts share one word only"}
    vectors = TruncatedSVD(min(COMPONENTS, matrix.shape[1] - 1), random_state=0).fit_transform(matrix)
    columns = [f"component {number}" for number in range(1, vectors.shape[1] + 1)]
    table = pd.DataFrame(vectors, columns=columns)
    train, test = (_dataset(part.reset_index(drop=True), name) for part, name in
                   ((table[:size], usual), (table[size:], special)))  # fmt: skip
    return {"value": float(bench.run(MultivariateDrift(), train, test)["domain_classifier_drift_score"])}


def _few_topics(bench: Bench) -> Measurement | None:
    given = min(len(bench.table(f"{name}-topics")) for name in ("live", "candidate"))
    return _too_few(given, "topics") if given < FEWEST else None


def _too_few(count: int, what: str) -> Measurement:
    """No answer, and nothing broke: there is too little to compare."""
    return {"value": None, "said": f"too few {what} to compare: {count}"}


def _topics(bench: Bench) -> tuple[Dataset, Dataset]:
    live, candidate = (
        Dataset(bench.table(f"{name}-topics"), cat_features=["topic"], dataset_name=name)
        for name in ("live", "candidate")
    )
    return live, candidate


def _dataset(table: pd.DataFrame, name: str) -> Dataset:
    return Dataset(table, cat_features=[], dataset_name=name)


def _over(before: float, after: float, bench: Bench, said: str) -> Measurement:
    over = max(0.0, after - before)
    return {"value": over, "rows": round(over * len(bench.table("candidate"))), "said": said if over else ""}


CHECKS: dict[str, Callable[[Bench], Measurement]] = {
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
    """The same; a value that is no number compares with every bound as if all were well, so it is broken."""
    value = measured["value"]
    if value is not None and not math.isfinite(value):
        raise ArithmeticError(f"measured {value}")
    return measured


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked (`suite.py FOLDER check check …`), into FOLDER/result.json and FOLDER/deepchecks.html."""
    bench = Bench(Path(arguments[0]))
    measured: dict[str, Measurement] = {}
    for name in arguments[1:]:
        try:
            with joblib.parallel_config(
                backend="threading"
            ):  # a drift check would start processes that import it all
                measured[name] = _finite(CHECKS[name](bench))
        except Exception as error:
            measured[name] = {"broken": f"{type(error).__name__}: {error}"[:300]}
    (bench.folder / "result.json").write_text(json.dumps(measured), encoding="utf-8")
    if bench.results:
        whole = SuiteResult("Deepchecks on the candidate beside live", bench.results)
        written = whole.save_as_html(str(bench.folder / "page.html"), as_widget=False)
        shutil.move(written, bench.folder / PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
