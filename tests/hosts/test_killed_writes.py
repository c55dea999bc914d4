"""A host program is killed −9 right before each of its changes: old or new, never half.

Run by `make proof`, which writes the table.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deployer.host import files, haproxy, switch, withdrawn
from deployer.host.haproxy import Route
from deployer.host.layout import Layout, boot_id, read_record, write_record, write_text
from deployer.host_bundle import host_programs
from tests.deployer.routing import free_port, routed
from tests.hosts.table import watched

pytestmark = pytest.mark.proof

DYING = Path(__file__).with_name("dying.py")
PROMISED = "old or new, whole, after each; the same again finishes it"
OLD, NEW = {"release": "1" * 64, "image": "i"}, {"release": "2" * 64, "image": "i"}
LEFT: dict[str, str] = {"release": "0" * 64, "image": "i", "colour": "green"}
RECORD = {"live": "blue", **OLD, "since": "2026-01-01T00:00:00Z", "left": LEFT, "fence": 0}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    """A host's directory with a router that runs, and a lock that fence 1 holds."""
    folder = tmp_path_factory.mktemp("host")
    with routed(folder, free_port()), locked(Layout(folder)) as layout:
        yield layout


@contextmanager
def locked(layout: Layout) -> Iterator[Layout]:
    (layout.programs / "host.pyz").write_bytes(host_programs().content)
    words = ["lock", "--holder", "me", "--purpose", "a test", "--silence", "600"]
    with subprocess.Popen(
        program(layout, words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert json.loads(holder.stdout.readline())["fence"] == 1
        yield layout
        holder.kill()


def program(layout: Layout, words: Sequence[str]) -> list[str]:
    return [sys.executable, "-IS", *place(layout), *words]


def place(layout: Layout) -> list[str]:
    return [str(layout.programs / "host.pyz"), str(layout.root)]


def whole(layout: Layout, words: Sequence[str], sent: object = None) -> Any:
    done = subprocess.run(
        program(layout, words), input=json.dumps(sent), text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def deaths(
    layout: Layout, fresh: Callable[[], None], words: Sequence[str], sent: object = None
) -> Iterator[int]:
    """Run it again and again from a fresh start, each time it lives for one change longer."""
    number = 0
    while True:
        fresh()
        number += 1
        line = [sys.executable, "-S", str(DYING), str(number), *place(layout), *words]
        died = subprocess.run(
            line, input=json.dumps(sent), text=True, capture_output=True, check=False
        )
        if died.returncode == 0:
            assert number > 1
            return
        assert died.returncode == -signal.SIGKILL, died.stderr
        yield number


def leaves_no_draft(layout: Layout) -> bool:
    """What a dead writer leaves is swept once it is old, and nobody takes it for a file."""
    return all(path.name.startswith(".") for path in layout.site.iterdir() if path.suffix != ".txt")


def test_withdraw(host: Layout) -> None:
    def fresh() -> None:
        write_text(host.withdrawn, "item1\n")

    with watched("host program killed −9 at each change of *withdraw*", PROMISED):
        for _ in deaths(host, fresh, ["withdraw"], ["item2"]):
            assert withdrawn.read(host) in (["item1"], ["item1", "item2"])
            assert leaves_no_draft(host)
            whole(host, ["withdraw"], ["item2"])
            assert withdrawn.read(host) == ["item1", "item2"]


def test_freeze_and_thaw(host: Layout) -> None:
    freeze = ["freeze", "--by", "me", "--why", "audit"]
    with watched("host program killed −9 at each change of *freeze*", PROMISED):
        for _ in deaths(host, lambda: host.frozen.unlink(missing_ok=True), freeze):
            assert read_record(host.frozen).get("why") in (None, "audit")
            whole(host, freeze)
            assert read_record(host.frozen)["why"] == "audit"
    frozen = {"by": "me", "why": "audit", "since": "today"}
    with watched("host program killed −9 at each change of *thaw*", PROMISED):
        for _ in deaths(host, lambda: write_record(host.frozen, frozen), ["thaw"]):
            assert read_record(host.frozen) in ({}, frozen)
            whole(host, ["thaw"])
            assert not read_record(host.frozen)


CONTENTS = {"old": (b"own", b"shared"), "kept": (b"shared", b"another")}


def test_prune(host: Layout) -> None:
    def fresh() -> None:
        for folder in (host.objects, host.incoming, host.releases):
            shutil.rmtree(folder)
            folder.mkdir()
        for id, contents in CONTENTS.items():
            ship(host, id, contents)

    keep = {"releases": ["kept"], "images": []}
    words = ["prune", "--fence", "1"]
    with watched("host program killed −9 at each change of *prune*", PROMISED):
        for _ in deaths(host, fresh, words, keep):
            assert "kept" in files.releases(host)
            assert all(is_whole(host, id) for id in files.releases(host))
            whole(host, words, keep)
            assert [path.name for path in host.releases.iterdir()] == ["kept"]
            assert is_whole(host, "kept")
            assert {path.name for path in host.objects.iterdir()} == {
                digest(content) for content in CONTENTS["kept"]
            }


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def ship(layout: Layout, id: str, contents: Sequence[bytes]) -> None:
    sizes = {digest(content): len(content) for content in contents}
    heads = [json.dumps({"file": digest(c), "offset": 0, "bytes": len(c)}) for c in contents]
    files.reserve(layout, sizes)
    stream = b"".join(h.encode() + b"\n" + c for h, c in zip(heads, contents, strict=True))
    files.receive(layout, io.BytesIO(stream))
    files.accept(layout, sizes)
    seals = [{"sha256": digest(c), "bytes": len(c)} for c in contents]
    names = {f"folder/file{n}": seal for n, seal in enumerate(seals)}
    files.lay_out(layout, id, json.dumps({"files": names}))


def is_whole(layout: Layout, id: str) -> bool:
    return all(
        (layout.releases / id / f"folder/file{n}").read_bytes() == content
        for n, content in enumerate(CONTENTS[id])
    )


def rest(layout: Layout) -> None:
    """Blue is live and confirmed, nothing waits."""
    layout.pending.unlink(missing_ok=True)
    haproxy.put(layout, Route("blue"))
    write_record(layout.slots, RECORD)


def waits(layout: Layout) -> None:
    """A switch to green waits for its confirmation."""
    rest(layout)
    write_record(
        layout.pending,
        {
            "token": "t",
            "fence": 1,
            "boot": boot_id(),
            "deadline": time.monotonic() + 600,
            "from": {"live": "blue"},
            "to": {"live": "green"},
            "colour": "green",
            "limits": {},
        },
    )
    haproxy.put(layout, Route("green"))


def routes(layout: Layout) -> tuple[str, str]:
    return haproxy.route_in_file(layout).live, haproxy.route_in_router(layout).live


def test_stand_by(host: Layout) -> None:
    words = ["stand-by", "--standby", "--fence", "1"]
    with watched("host program killed −9 at each change of *stand-by*", PROMISED):
        for _ in deaths(host, lambda: rest(host), words):
            assert routes(host) == ("blue", "blue")
            whole(host, words)
            both = haproxy.route_in_file(host), haproxy.route_in_router(host)
            assert both == (Route("blue", standby=True), Route("blue", standby=True))


def test_confirm(host: Layout) -> None:
    """What it began is confirmed or turned back by the next who takes the lock, record and all."""
    words, sent = ["confirm", "--fence", "1"], {"pair": NEW, "left": {**OLD, "colour": "blue"}}
    promised = "confirmed, or turned back whole when the next takes the lock"
    with watched("host program killed −9 at each change of *confirm*", promised):
        for _ in deaths(host, lambda: waits(host), words, sent):
            switch.recover(host, 2)
            record, live = read_record(host.slots), routes(host)
            if live == ("green", "green"):
                assert (record["live"], record["release"]) == ("green", NEW["release"])
                assert record["left"]["release"] == OLD["release"]
            else:
                assert (live, record) == (("blue", "blue"), RECORD)
            assert not read_record(host.pending)


def test_turning_a_confirmed_switch_back(host: Layout) -> None:
    """The way back that was there before is there again."""

    def fresh() -> None:
        waits(host)
        whole(host, ["confirm", "--fence", "1"], {"pair": NEW, "left": {**OLD, "colour": "blue"}})

    words = ["revert", "--colour", "blue", "--why", "another host failed", "--fence", "1"]
    with watched("host program killed −9 at each change of *revert*", PROMISED):
        for _ in deaths(host, fresh, words):
            assert routes(host)[0] in ("blue", "green")
            whole(host, words)
            assert (routes(host), read_record(host.slots)) == (("blue", "blue"), RECORD)


def test_switch(host: Layout) -> None:
    """Nobody confirms it: the next who takes the lock finds blue live, as it was."""
    words = ["switch", "--colour", "green", "--fence", "1", "--within", "60"]
    promised = "turned back whole when the next takes the lock"
    with watched("host program killed −9 at each change of *switch*", promised):
        for _ in deaths(host, lambda: rest(host), words, {"seconds": 60, "questions": []}):
            switch.recover(host, 2)
            assert (routes(host), read_record(host.slots)) == (("blue", "blue"), RECORD)
            assert not read_record(host.pending)
        # The last one lived to its end, and its guard watches.
        assert switch.recover(host, 2)
