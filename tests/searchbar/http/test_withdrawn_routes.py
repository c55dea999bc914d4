"""Whatever is withdrawn while it is served, no answer of any route holds a word of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from release_format.config.server import ServerSettings
from release_format.items import Item
from release_format.probes import Probe
from release_format.secrets.secret import Secret
from searchbar.engine import Engine
from searchbar.http.app import create_app
from searchbar.query.question import Question
from searchbar.retrieval.withdrawn import Withdrawn
from tests.searchbar.conftest import MakeRelease

KEY = "open-sesame-open-sesame"
# A word of each item that stands in everything of it, and in nothing of another. The first is
# hidden by a rule.
MARKERS = ("vorplex", "quimbled", "ostravan", "hushlin", "brendoky", "yarvick")
# The page's own routes are not in the description.
PAGES = (
    *("/?q={q}", "/loosen?q={q}", "/why?q={q}", "/judge?q={q}"),
    *("/opensearch/suggest?q={q}", "/typeahead?q={q}"),
)


def marked(number: int, marker: str) -> Item:
    return Item(
        f"mk-4000{number}",
        f"Lamp {marker}title",
        f"A lamp with a {marker} wick for desks. The {marker}text lights it.",
        ("lamps", f"{marker}topic"),
        language=f"x{marker}",
        extra={f"{marker}column": f"{marker}value", "maker": f"{marker} works"},
    )


ITEMS = [marked(number, marker) for number, marker in enumerate(MARKERS)]
IDS = [item.id for item in ITEMS]


@pytest.fixture(scope="module")
def served(
    make_release: MakeRelease, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, Path]]:
    """A client of the app, and the list of withdrawn ids that it reads."""
    folder = tmp_path_factory.mktemp("served")
    probes = [Probe(f"a {marker} wick", id) for marker, id in zip(MARKERS, IDS, strict=True)]
    release = make_release(ITEMS, probes=probes, rules=f'[[hides]]\nid = "{IDS[0]}"\n')
    (folder / "withdrawn").write_text("")
    engine = Engine.open(release, withdrawn=Withdrawn(folder / "withdrawn"))
    chosen = ServerSettings(key=Secret(KEY), judgments=str(folder / "judgments.jsonl"))
    with TestClient(create_app(engine, chosen), headers={"X-API-Key": KEY}) as client:
        while client.get("/readyz").status_code != 200:
            time.sleep(0.01)
        yield client, folder / "withdrawn"


def misspelt(word: str) -> str:
    return word[0] + word[2] + word[1] + word[3:]


def questions() -> list[str]:
    """Questions near to every item, none of which holds a marker: answers repeat questions."""
    near = [misspelt(marker) for marker in MARKERS]
    begun = [marker[:4] for marker in MARKERS]
    typed = [f'lamp "{word} wick" -{word}text topic:{word}topic' for word in near[:2]]
    return ["lamp", "-desk", "topic:lamps", "mk-4000", "x", *near, *begun, *typed]


def requests(client: TestClient) -> Iterator[str]:
    """Every route of the description with everything that it takes."""
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        if "get" in operations:
            taken = operations["get"].get("parameters", [])
            yield from addresses(path, {each["name"]: each for each in taken})
    for path, text in product(PAGES, questions()):
        yield path.format(q=text)
    yield from ("/", "/about", f"/?like={IDS[-1]}")


def addresses(path: str, parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    values: dict[str, Sequence[str]] = {
        "q": questions(),
        "id": IDS,
        "field": ["topic", "language", "maker"],
        "prefix": ["", *(marker[:3] for marker in MARKERS)],
        "explain": ["1"],
    }
    if "id" in parameters:
        values["q"] = ["lamp"]
    needed = [name for name, each in parameters.items() if each.get("required")]
    assert set(needed) <= set(values), "say above what this route is to be asked"
    chosen = [name for name in parameters if name in values]
    for several in product(*(values[name] for name in chosen)):
        asked = dict(zip(chosen, several, strict=True))
        query = {name: text for name, text in asked.items() if parameters[name]["in"] == "query"}
        inside = {name: text for name, text in asked.items() if name not in query}
        yield f"{path.replace(':path', '').format(**inside)}?" + "&".join(
            f"{name}={text.replace(' ', '+')}" for name, text in query.items()
        )


@settings(max_examples=1, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@example(withdrawn=set())
@example(withdrawn=set(IDS[1:]))
@given(withdrawn=st.sets(st.sampled_from(IDS[1:])))
def test_no_answer_of_any_route_holds_a_word_of_what_is_withdrawn(
    served: tuple[TestClient, Path], withdrawn: set[str]
) -> None:
    client, path = served
    (draft := path.with_name("draft")).write_text("\n".join(sorted(withdrawn)))
    draft.rename(path)
    gone = {*withdrawn, IDS[0]}
    told: dict[str, set[str]] = {id: set() for id in IDS}
    for address in requests(client):
        text = client.get(address).text.casefold()
        for id, marker in zip(IDS, MARKERS, strict=True):
            if marker in text:
                told[id].add(address)
    assert {id: sorted(told[id]) for id in sorted(gone) if told[id]} == {}
    shown = set(IDS) - gone
    assert all(told[id] for id in shown), "what is shown can be told at all"
    for marker in (marker for id, marker in zip(IDS, MARKERS, strict=True) if id in shown):
        suggested = client.get("/suggest", params={"q": marker[:4]}).text
        meant = client.get("/search", params={"q": misspelt(marker)}).json()["did_you_mean"]
        assert (marker in suggested, marker in meant) == (True, True)


def test_a_withdrawn_name_does_not_count_among_those_that_begin_alike(
    make_release: MakeRelease, tmp_path: Path
) -> None:
    ids = [f"zq-70{number:02}" for number in range(23)]
    path = tmp_path / "withdrawn"
    path.write_text("")
    release = make_release([Item(id, f"Bolt {id[-2:]}", "A bolt of steel.") for id in ids])
    engine = Engine.open(release, withdrawn=Withdrawn(path))

    def named() -> list[str]:
        answer = engine.search(Question("zq-70", k=100))
        return [hit.id for hit in answer.hits if hit.matched == "exact"]

    assert named() == [], "too many begin so"
    path.write_text("\n".join(ids[:5]))
    assert sorted(named()) == ids[5:], "as if there were no others"
