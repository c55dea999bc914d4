"""What a host shows of what is live, as Prometheus reads it; it hinders nothing."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from deployer.host import haproxy, live_metrics
from deployer.host.haproxy import Route
from deployer.host.layout import Layout, boot_id, write_record
from deployer.host.live_metrics import show_live
from deployer.host.switch import confirm, recover, turn_back
from tests.deployer.routing import free_port, routed

OLD, NEW = ({"release": letter * 64, "image": f"sha256:{letter}"} for letter in "ab")


def shown(layout: Layout) -> list[tuple[dict[str, str], float]]:
    text = (layout.metrics / "live.prom").read_text()
    (family,) = families(text)
    assert family.name == "searchbar_live_since_timestamp_seconds"
    return [(sample.labels, sample.value) for sample in family.samples]


def test_a_confirmed_switch_is_shown_and_one_that_is_taken_back_is_not(tmp_path: Path) -> None:
    with routed(tmp_path, free_port()):
        layout = Layout(tmp_path)
        record = {"live": "blue", **OLD, "since": "2026-11-29T08:00:00Z", "left": {}, "fence": 6}
        write_record(layout.slots, record)
        waiting = {"token": "t", "fence": 7, "boot": boot_id(), "deadline": time.monotonic() + 60}
        route = {"from": {"live": "blue"}, "to": {"live": "green"}, "colour": "green", "limits": {}}
        write_record(layout.pending, {**waiting, **route})
        haproxy.put(layout, Route("green"))
        before = int(time.time())
        confirm(layout, 7, NEW, {**OLD, "colour": "blue"})
        ((labels, since),) = shown(layout)
        assert labels == {**NEW, "slot": "green"}
        assert before <= since <= time.time()
        # Who died before it was shown: the next who takes the lock shows it.
        (layout.metrics / "live.prom").unlink()
        assert not recover(layout, 8)
        assert shown(layout) == [(labels, since)]
        assert turn_back(layout, "blue", "another host failed", 7)
        assert shown(layout) == [({**OLD, "slot": "blue"}, 1795939200.0)]
    assert stat.S_IMODE((layout.metrics / "live.prom").stat().st_mode) == 0o644
    assert [path.name for path in layout.metrics.iterdir()] == ["live.prom"]


def test_whatever_a_record_holds_is_one_label(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    image = 'reg/x:1"} 1\nother{a="\\'
    write_record(
        layout.slots,
        {"live": "blue", "image": image, "release": "r", "since": "2026-11-29T08:00:00Z"},
    )
    show_live(layout)
    assert shown(layout) == [({"image": image, "release": "r", "slot": "blue"}, 1795939200.0)]


@pytest.mark.parametrize("record", ["{", '{"live": "blue"}', '{"since": "yesterday"}', "[]"])
def test_a_record_that_says_nothing_shows_nothing(tmp_path: Path, record: str) -> None:
    layout = Layout(tmp_path)
    layout.metrics.mkdir()
    (layout.metrics / "live.prom").write_text("stale 1\n")
    layout.slots.write_text(record)
    show_live(layout)
    path = layout.metrics / "live.prom"
    assert not path.exists() or path.read_text() == live_metrics.HEAD


def test_a_folder_that_cannot_be_written_hinders_nothing(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.metrics.write_text("in the way")
    write_record(layout.slots, {"live": "blue", "since": "2026-11-29T08:00:00Z"})
    show_live(layout)
    assert layout.metrics.read_text() == "in the way"
