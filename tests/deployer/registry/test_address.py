"""Addresses of registries as people give them."""

from __future__ import annotations

import pytest

from deployer.errors import RolloutError
from deployer.registry.address import registry_address

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "repository", "region"),
    [
        ("127.0.0.1:5000", "127.0.0.1:5000/searchbar", ""),
        ("localhost", "localhost/searchbar", ""),
        ("[::1]:5000", "[::1]:5000/searchbar", ""),
        ("registry:5000", "registry:5000/searchbar", ""),
        ("ghcr.io/team/", "ghcr.io/team/searchbar", ""),
        (" docker.io/team ", "docker.io/team/searchbar", ""),
        (ECR, f"{ECR}/searchbar", "eu-central-1"),
        (f"{ECR}/shop-a/b__c", f"{ECR}/shop-a/b__c/searchbar", "eu-central-1"),
        (f"{ECR}.cn".replace("eu-central-1", "cn-north-1"), None, "cn-north-1"),
        ("123456789012.dkr-ecr.us-gov-west-1.on.aws", None, "us-gov-west-1"),
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", None, "us-east-1"),
        (f"{ECR}.evil.example", f"{ECR}.evil.example/searchbar", ""),
        ("public.ecr.aws/team", "public.ecr.aws/team/searchbar", ""),
    ],
)
def test_an_address_names_a_host_a_path_and_at_ecr_a_region(
    text: str, repository: str | None, region: str
) -> None:
    address = registry_address(text)
    assert address.region == region
    assert repository is None or address.repository("searchbar") == repository


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "team",
        "https://registry.example.com",
        "user:secret@registry.example.com",
        "https://user:se@cret@registry.example.com/x",
        "registry.example.com/Team",
        "registry.example.com//team",
        "registry.example.com/team:latest",
        "registry.example.com/team@sha256:00",
        "--config=/tmp/x",
        "-registry.example.com:5000 --config",
        "registry.example.com/../x",
        "registry.example.com\nx",
    ],
)
def test_what_is_no_address_is_refused_and_secrets_in_it_are_not_told(text: str) -> None:
    with pytest.raises(RolloutError, match=r"is no address of a registry. Give it like") as refused:
        registry_address(text)
    assert refused.value.exit_code == 2
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "Searchbar", "a:b", "a@b", "-a", "a/", "a" * 201, "a b"])
def test_a_name_that_no_registry_takes_is_refused(name: str) -> None:
    with pytest.raises(RolloutError, match="no name of an image"):
        registry_address("localhost:5000").repository(name)
