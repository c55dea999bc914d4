"""What is in a store is whole or not there, in a folder and in a bucket alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from release_format.seal import FormatError, check_seal, digest_of, seal
from release_format.store.base import Store
from release_format.store.bucket import SWEEPING, Bucket
from release_format.store.folder import Folder


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    # Kept file systems know the address of another server.
    S3FileSystem.clear_instance_cache()
    yield f"http://127.0.0.1:{port}"
    S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Folder(tmp_path / "store")
    return bucket(request, tmp_path / "cache")


def bucket(request: pytest.FixtureRequest, cache: Path) -> Bucket:
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    address: str = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    name = f"b{digest_of(request.node.nodeid)[:20]}"
    client = boto3.client("s3")
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return Bucket(f"s3://{name}/team", cache=cache)


def write(store: Store, id: str, text: str = "text") -> None:
    with store.staging("release") as directory:
        (directory / "a.txt").write_text(text)
        (directory / "b.txt").write_text("shared by all")
        seal(directory, kind="release", id=id, made_from={"snapshot": "s"})


def test_a_release_comes_back_by_id_prefix_path_and_channel(store: Store) -> None:
    id = digest_of("one")
    write(store, id)
    store.switch_channel("stage", release=id, image="sha256:1")
    paths = {store.path("release", name) for name in (id, id[:8], "stage")}
    assert len(paths) == 1
    check_seal(paths.pop())
    assert store.ids("release") == [id]


def test_latest_is_the_last_one_sealed(store: Store) -> None:
    for name in ("first", "second"):
        write(store, digest_of(name))
    assert store.ids("release")[-1] == store.resolve("release", "latest")
    assert set(store.ids("release")) == {digest_of("first"), digest_of("second")}


def test_unknown_names_are_told_apart(store: Store) -> None:
    with pytest.raises(FormatError, match="make build"):
        store.path("release", "abcdef")
    write(store, digest_of("one"))
    with pytest.raises(FormatError, match=digest_of("one")[:12]):
        store.path("release", "0" * 64)
    with pytest.raises(FormatError, match="is called"):
        store.path("release", "../../etc/passwd")


def test_what_a_name_leads_to_must_be_one_thing_of_that_kind_and_there(store: Store) -> None:
    ids = [f"abcdef{number:058}" for number in range(2)]
    for id in ids:
        write(store, id)
    with pytest.raises(FormatError, match=r"2 releases begin with 'abcdef'. Give more of the id"):
        store.path("release", "abcdef")
    with pytest.raises(FormatError, match=r"is a release. Give a snapshot here"):
        store.path("snapshot", str(store.path("release", ids[0])))
    store.switch_channel("stage", release="9" * 64, image="sha256:1")
    with pytest.raises(FormatError, match=r"release 9{12} is not in the store .* There are: abc"):
        store.path("release", "stage")
    with pytest.raises(FormatError, match="Roll out there before you hold"):
        store.hold("prod", ids[0])
    store._create("channels/prod/00000001.json", "{")
    with pytest.raises(FormatError, match=r"cannot be read .* Restore it from a copy"):
        store.channel("prod")


def test_an_interrupted_write_is_never_visible(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.staging("release") as directory:
        (directory / "a.txt").write_text("half")
        raise KeyboardInterrupt
    assert store.ids("release") == []


def test_two_writers_never_mix(store: Store) -> None:
    id, errors = digest_of("same"), []

    def attempt(text: str) -> None:
        try:
            write(store, id, text)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=attempt, args=(text * 100,)) for text in ("x", "y")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    check_seal(store.path("release", id))
    assert len(set((store.path("release", id) / "a.txt").read_text())) == 1


def test_channels_keep_every_change_and_refuse_a_stale_writer(store: Store) -> None:
    assert store.channel("prod") is None
    first = store.switch_channel("prod", release="a" * 64, image="i", after=0)
    store.switch_channel("prod", release="b" * 64, image="i", certificate="c", after=first.number)
    with pytest.raises(FormatError, match="somebody else"):
        store.switch_channel("prod", release="d" * 64, image="i", after=first.number)
    now = store.channel("prod")
    assert now is not None
    assert (now.release, now.number, now.certificate) == ("b" * 64, 2, "c")
    assert store.channel_at("prod", 1).release == "a" * 64


def test_a_held_release_stays_held_until_freed(store: Store) -> None:
    store.switch_channel("prod", release="a" * 64, image="i")
    store.hold("prod", "b" * 64)
    assert store.switch_channel("prod", release="c" * 64, image="i").hold == ("b" * 64,)
    assert store.hold("prod", "b" * 64, held=False).hold == ()


def test_records(store: Store) -> None:
    assert store.record("pair", "a-b") is None
    store.put_record("pair", "a-b", "{}")
    assert store.record("pair", "a-b") == "{}"
    assert store.records("pair") == ["a-b"]
    with pytest.raises(FormatError, match="not a name"):
        store.put_record("pair", "../../out", "x")


def test_a_half_uploaded_release_is_not_there(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    first = bucket(request, tmp_path / "one")
    uploaded: list[str] = []
    real = first._fs.put_file

    def put_file(source: str, target: str, **options: object) -> None:
        if uploaded:
            raise ConnectionResetError("the line was cut")
        uploaded.append(target)
        real(source, target, **options)

    first._fs.put_file = put_file
    try:
        with pytest.raises(ConnectionResetError):
            write(first, digest_of("cut"))
    finally:
        del first._fs.put_file
    second = Bucket(f"s3://{first._root}", cache=tmp_path / "two")
    assert second.ids("release") == []
    write(first, digest_of("cut"))
    check_seal(second.path("release", digest_of("cut")))


def test_a_damaged_blob_is_refused(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    first = bucket(request, tmp_path / "one")
    write(first, digest_of("fine"))
    for blob in first._fs.ls(f"{first._root}/blobs", detail=False):
        first._fs.pipe_file(blob, b"other")
    with pytest.raises(FormatError, match="damaged"):
        Bucket(f"s3://{first._root}", cache=tmp_path / "two").path("release", digest_of("fine"))


def test_unchanged_files_of_a_fetched_release_share_their_disk(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    first = bucket(request, tmp_path / "one")
    for name in ("one", "two"):
        write(first, digest_of(name), name)
    second = Bucket(f"s3://{first._root}", cache=tmp_path / "two")
    paths = [second.path("release", digest_of(name)) / "b.txt" for name in ("one", "two")]
    assert paths[0].samefile(paths[1])


def test_a_store_tells_its_channels_and_a_manifest_without_the_rest(store: Store) -> None:
    assert store.channels() == []
    id = digest_of("one")
    write(store, id)
    store.switch_channel("stage", release=id, image="sha256:1")
    store.switch_channel("prod", release=id, image="sha256:1")
    assert store.channels() == ["prod", "stage"]
    assert store.manifest("release", id) == check_seal(store.path("release", id))
    with pytest.raises(FormatError, match=r"release f{12} is not in the store\. There are"):
        store.manifest("release", "f" * 64)


def blobs(store: Bucket) -> set[str]:
    return {path.rpartition("/")[2] for path in store._fs.find(f"{store._root}/blobs")}


def test_what_is_removed_is_gone_and_what_shared_its_files_is_whole(store: Store) -> None:
    first, second = digest_of("first"), digest_of("second")
    write(store, first, "first")
    write(store, second, "second")
    store.remove("release", first)
    store.sweep(seconds=0)
    assert store.ids("release") == [second]
    check_seal(store.path("release", second))
    with pytest.raises(FormatError, match="no release begins with"):
        store.path("release", first)
    write(store, first, "first")
    check_seal(store.path("release", first))
    if isinstance(store, Bucket):
        assert len(blobs(store)) == 3


@pytest.mark.parametrize("seconds", [0.0, 86_400.0])
def test_a_sweep_of_a_bucket_takes_what_no_seal_names_once_it_is_old(
    request: pytest.FixtureRequest, tmp_path: Path, seconds: float
) -> None:
    store = bucket(request, tmp_path / "cache")
    for name in ("first", "second"):
        write(store, digest_of(name), name)
    store.remove("release", digest_of("first"))
    assert store.sweep(seconds) == (0 if seconds else 1)
    assert len(blobs(store)) == (3 if seconds else 2)
    check_seal(Bucket(f"s3://{store._root}", cache=tmp_path / "other").path("release", "latest"))
    assert not store._fs.exists(f"{store._root}/{SWEEPING}")


def test_a_release_that_is_sealed_while_its_files_are_swept_is_whole(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The uploader has seen that a file is there; before its seal is, a sweep deletes that file."""
    store = bucket(request, tmp_path / "cache")
    write(store, digest_of("first"), "first")
    store.remove("release", digest_of("first"))
    sweeper = Bucket(f"s3://{store._root}", cache=tmp_path / "other")
    create, swept = store._create, []

    def create_after_a_sweep(name: str, text: str) -> bool:
        if name.startswith("releases/"):
            swept.append(sweeper.sweep(seconds=0))
        return create(name, text)

    monkeypatch.setattr(store, "_create", create_after_a_sweep)
    write(store, digest_of("second"), "second")
    assert swept == [3]
    monkeypatch.undo()
    bucket_again = Bucket(f"s3://{store._root}", cache=tmp_path / "third")
    check_seal(bucket_again.path("release", digest_of("second")))


def test_one_sweeps_at_a_time_and_a_mark_left_by_a_killed_one_is_given_up(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = bucket(request, tmp_path / "cache")
    store._create(SWEEPING, "{}")
    with pytest.raises(FormatError, match=r"somebody else sweeps .* Run this again in ten minutes"):
        store.sweep()
    monkeypatch.setattr("release_format.store.bucket.SWEEP_SECONDS", 0.01)
    write(store, digest_of("one"))
    check_seal(store.path("release", digest_of("one")))
    assert store.sweep() == 0


def test_a_sweep_that_cannot_read_a_seal_takes_nothing(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store = bucket(request, tmp_path / "cache")
    write(store, digest_of("one"))
    store._write(f"things/{digest_of('other')}/manifest.json", "{")
    store._write(f"blobs/{'a' * 64}", "nobody's")
    with pytest.raises(FormatError, match="is not a manifest"):
        store.sweep(seconds=0)
    assert "a" * 64 in blobs(store)
    assert not store._fs.exists(f"{store._root}/{SWEEPING}")
