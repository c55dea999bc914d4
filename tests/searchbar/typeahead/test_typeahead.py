"""While typing: half sentences bring something, and none of it is a question in log or metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from release_format import questions
from release_format.config.server import ServerSettings
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.retrieval.withdrawn import Withdrawn
from tests.searchbar.http.servers import serving
from tests.searchbar.metrics.test_metrics import samples, value


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "questions.jsonl"


@pytest.fixture(scope="module")
def client(tools: Engine, log: Path) -> Iterator[httpx.Client]:
    with serving(tools, ServerSettings(questions=str(log))) as client:
        yield client


def typed(client: httpx.Client, q: str, **filters: str) -> Any:
    reply = client.get("/typeahead", params={"q": q, **filters})
    assert reply.status_code == 200, reply.text
    return reply.json()


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_half_a_sentence_shows_what_enter_will_show(client: httpx.Client) -> None:
    answer = typed(client, "a text ed")
    assert answer["reads"] == "a text editor"
    hits = client.get("/search", params={"q": answer["reads"], "k": 5}).json()["hits"]
    assert ids(answer["items"]) == ids(hits)
    assert {"vim", "emacs"} <= set(ids(hits))
    assert set(answer["items"][0]) == {"id", "title", "url", "image_url", "language", "fields"}


def test_names_and_topics_that_begin_so_stand_beside_the_results(client: httpx.Client) -> None:
    answer = typed(client, "g")
    shown = ids(answer["names"]) + ids(answer["items"])
    assert {"gimp", "emacs"} <= set(shown)
    assert len(set(shown)) == len(shown), "nothing stands there twice"
    assert "graphics" in answer["topics"]
    assert "ffmpeg-doc" not in ids(typed(client, "ff")["names"]), "hidden by a rule"


def test_within_filters_nothing_else_is_shown(client: httpx.Client) -> None:
    answer = typed(client, "garden", colour="red")
    assert (ids(answer["items"]), answer["names"]) == (["sku-48291"], [])
    assert client.get("/typeahead", params={"q": "a", "colr": "red"}).status_code == 422


def test_what_nothing_fits_distracts_nobody(client: httpx.Client) -> None:
    assert client.get("/search?q=quarterly+tax+return").json()["no_good_match"]
    answer = typed(client, "quarterly tax return")
    assert (answer["items"], answer["names"], answer["topics"]) == ([], [], [])


@pytest.mark.parametrize("q", ["", " ", "x" * 2000])
def test_what_is_no_beginning_is_refused(client: httpx.Client, q: str) -> None:
    assert client.get("/typeahead", params={"q": q}).status_code == 422


def test_none_of_it_is_a_question(tools_release: Release, tmp_path: Path) -> None:
    log = tmp_path / "questions.jsonl"
    with serving(Engine.open(tools_release), ServerSettings(questions=str(log))) as client:
        for beginning in ("b", "br", "bras", "brass", "brass n", "brass"):
            typed(client, beginning)
        client.get("/loosen?q=brass&topic=garden")
        client.get("/why?q=brass&at=0")
        seen = samples(client)
        assert not log.exists()
        counted = ("results_total", "no_good_match_total", "top_confidence_count", "repeated_total")
        assert [n for (name, _), n in seen.items() if name.removeprefix("searchbar_") in counted
                and n] == []  # fmt: skip
        assert value(seen, "typeahead_total", source="search") == 5
        assert value(seen, "typeahead_total", source="memory") == 1
        assert value(seen, "requests_total", route="/typeahead", status="200") == 6
        client.get("/search?q=brass")
        assert [line.question for line in questions.read(log)] == ["brass"]
        assert sum(n for (name, _), n in samples(client).items()
                   if name == "searchbar_top_confidence_count") == 1  # fmt: skip


def test_a_setting_turns_results_or_all_of_it_off(tools: Engine) -> None:
    with serving(tools, ServerSettings(typing="suggestions")) as client:
        answer = typed(client, "gi")
        assert (answer["items"], ids(answer["names"])) == ([], ["gimp"])
        assert value(samples(client), "typeahead_total", source="names") == 1
    with serving(tools, ServerSettings(typing="no")) as client:
        answer = typed(client, "gi")
        assert [answer[name] for name in ("items", "names", "topics", "popular")] == [[]] * 4


def test_who_only_types_waits_for_nobody_who_asked(tools_release: Release) -> None:
    let, held = threading.Event(), threading.Event()

    class Held(Engine):
        def search_many(self, questions: Any) -> Any:
            if questions[0].text.startswith("brass"):  # The release's probes are asked, too.
                held.set()
                assert let.wait(30)
            return super().search_many(questions)

    settings = ServerSettings(queue=4, threads=1)
    with serving(Held.open(tools_release), settings) as client:
        asking = [threading.Thread(target=client.get, args=(f"/search?q=brass{n}",))
                  for n in range(4)]  # fmt: skip
        asking[0].start()
        assert held.wait(30)
        for each in asking[1:]:
            each.start()
        until = time.monotonic() + 30
        while value(samples(client), "waiting") < 3:
            assert time.monotonic() < until
        answer = typed(client, "gi")
        assert (answer["items"], ids(answer["names"])) == ([], ["gimp"])
        let.set()
        for each in asking:
            each.join(30)
        assert ids(typed(client, "gimp")["items"])[0] == "gimp", "and is not remembered as nothing"


def test_a_withdrawn_item_vanishes_from_what_is_remembered(
    tools_release: Release, tmp_path: Path
) -> None:
    path = tmp_path / "withdrawn.txt"
    path.write_text("")
    engine = Engine.open(tools_release, withdrawn=Withdrawn(path))
    with serving(engine) as client:
        assert "gimp" in ids((found := typed(client, "gi"))["names"] + found["items"])
        path.write_text("gimp\n")
        engine.retriever.withdrawn.refresh()
        assert "gimp" not in str(typed(client, "gi"))
