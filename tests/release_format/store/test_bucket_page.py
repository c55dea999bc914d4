"""What docs/store.md says of a bucket: its policies allow what programs ask, its rule is one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiobotocore.client import AioBaseClient
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from release_format.seal import check_seal, digest_of, seal
from release_format.store.bucket import SWEEPING, Bucket

PAGE = (Path(__file__).parents[3] / "docs/store.md").read_text(encoding="utf-8")
NAME, ID = "bucket-of-a-team", digest_of("one")
# What S3 wants to be allowed for each call.
ACTIONS = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "DeleteObject": "s3:DeleteObject",
}


def block(mark: str) -> Any:
    """The JSON below a mark of the page."""
    match = re.search(rf"<!-- {mark} -->\n```json\n(.*?)```", PAGE, re.DOTALL)
    assert match, mark
    return json.loads(match[1])


class Calls(list[tuple[str, str]]):
    """What S3 was asked: an action, and the resource that it is about."""

    def refused_by(self, rights: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The calls that none of these rights allows."""
        return [
            (action, resource)
            for action, resource in dict.fromkeys(self)
            if not any(action == right and fnmatchcase(resource, on) for right, on in rights)
        ]


def rights(role: str) -> list[tuple[str, str]]:
    """Each action that a policy of the page allows, and on what."""
    found: list[tuple[str, str]] = []
    for statement in block(f"policy: {role}")["Statement"]:
        assert statement["Effect"] == "Allow"
        actions, on = statement["Action"], statement["Resource"].replace("BUCKET", NAME)
        found += [(action, on) for action in ([actions] if isinstance(actions, str) else actions)]
    return found


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A bucket as the page would have it: versions, encryption by a key, its rule."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            environment.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket=NAME)
        client.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
        by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/store"}
        rule = {"ApplyServerSideEncryptionByDefault": by_key, "BucketKeyEnabled": True}
        client.put_bucket_encryption(
            Bucket=NAME, ServerSideEncryptionConfiguration={"Rules": [rule]}
        )
        client.put_bucket_lifecycle_configuration(
            Bucket=NAME, LifecycleConfiguration=block("lifecycle")
        )
        # Kept file systems know the address of another server.
        S3FileSystem.clear_instance_cache()
        yield client
    S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    recorded, call = Calls(), AioBaseClient._make_api_call

    async def record(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        resource = f"arn:aws:s3:::{parameters['Bucket']}"
        if "Key" in parameters:
            resource += f"/{parameters['Key']}"
        recorded.append((ACTIONS[operation], resource))
        return await call(self, operation, parameters)

    monkeypatch.setattr(AioBaseClient, "_make_api_call", record)
    return recorded


def store(cache: Path) -> Bucket:
    return Bucket(f"s3://{NAME}/store", cache=cache)


def write(bucket: Bucket, id: str) -> None:
    with bucket.staging("release") as directory:
        (directory / "small.txt").write_text("small")
        # S3 takes what is larger in parts.
        (directory / "large.bin").write_bytes(id.encode() * 100_000)
        seal(directory, kind="release", id=id, made_from={"snapshot": "s"})


def line(bucket: Bucket) -> None:
    write(bucket, ID)
    bucket.put_record("certificate", "c" * 64, "{}")
    bucket.switch_channel("stage", release=ID, image="sha256:1", certificate="c" * 64)
    bucket.hold("stage", ID)
    bucket._create(SWEEPING, "{}")
    bucket._delete(SWEEPING)


def reader(bucket: Bucket) -> None:
    check_seal(bucket.path("release", "stage"))
    assert bucket.resolve("release", "latest") == ID
    assert bucket.channel("stage")
    assert bucket.record("certificate", "c" * 64) == "{}"


def sweeper(bucket: Bucket) -> None:
    bucket.remove("release", digest_of("old"))
    assert bucket.sweep(seconds=0)


@pytest.mark.parametrize("role", [line, reader, sweeper], ids=lambda role: role.__name__)
def test_a_policy_allows_what_its_programs_ask_and_nothing_idle(
    s3: Any, calls: Calls, tmp_path: Path, role: Callable[[Bucket], None]
) -> None:
    if role is not line:
        line(store(tmp_path / "written"))
    if role is sweeper:
        write(store(tmp_path / "written"), digest_of("old"))
    calls.clear()
    role(store(tmp_path / "cache"))
    allowed = rights(role.__name__)
    assert calls.refused_by(allowed) == []
    for right in allowed:
        fewer = [other for other in allowed if other != right]
        # An upload that breaks off is given up; none did here.
        assert calls.refused_by(fewer) or right[0] == "s3:AbortMultipartUpload", right


def test_nothing_is_overwritten_and_all_is_encrypted(s3: Any, tmp_path: Path) -> None:
    line(store(tmp_path / "cache"))
    reader(store(tmp_path / "other machine"))
    listed = s3.list_object_versions(Bucket=NAME, Prefix="store/blobs/")
    gone = {marker["Key"] for marker in listed.get("DeleteMarkers", ())}
    versions = [version for version in listed["Versions"] if version["Key"] not in gone]
    assert len(versions) >= 2
    assert len({version["Key"] for version in versions}) == len(versions)
    for version in versions:
        head = s3.head_object(Bucket=NAME, Key=version["Key"])
        assert head["ServerSideEncryption"] == "aws:kms"


def test_the_rule_frees_only_what_was_deleted_or_broke_off(s3: Any) -> None:
    rules = s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]
    assert len(rules) == 2
    for rule in rules:
        assert rule["Filter"] == {"Prefix": "store/"}
        assert not {"Days", "Date"} & rule.get("Expiration", {}).keys()
        assert "Transitions" not in rule
