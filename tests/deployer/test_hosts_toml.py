"""The example file is the documentation and the schema."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.hosts import DEFAULT, Environment, Host, read_hosts
from deployer.router.config import router_config


def test_the_example_names_every_setting_with_its_default() -> None:
    stage = tomllib.loads(DEFAULT.read_text())["stage"]
    [host] = stage.pop("hosts")
    unsaid = {"name", "hosts", "where"}
    assert set(stage) == {f.name for f in fields(Environment)} - unsaid
    assert set(host) == {f.name for f in fields(Host)}
    plain = {
        f.name: f.default for f in fields(Environment) if f.name not in (*unsaid, "known_hosts")
    }
    stage["open"] = tuple(stage["open"])
    assert {name: stage[name] for name in plain} == plain


def test_prod_needs_stage_first() -> None:
    assert read_hosts(DEFAULT, "prod").requires == "stage"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[stage]\nuzer = "x"\n', "has no hosts"),
        (
            '[stage]\nuzer = "x"\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "Did you mean 'user'",
        ),
        ('[stage]\n[[stage.hosts]]\nname = "a"\nadress = "b"\n', "Did you mean 'address'"),
        ('[stage]\nblue = "x"\n[[stage.hosts]]\nname = "a"\naddress = "b"\n', "is no int"),
        ('[stage]\nblue = 8002\n[[stage.hosts]]\nname = "a"\naddress = "b"\n', "three ports"),
        (
            '[stage]\nopen = ["/metric"]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "Did you mean '/metrics'",
        ),
        (
            '[stage]\nopen = ["/search"]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "no private page",
        ),
        (
            '[stage]\nopen = "/metrics"\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "no list of texts",
        ),
        ('[stage]\nopen = [1]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n', "no list of texts"),
        ('[stage]\nopen = true\n[[stage.hosts]]\nname = "a"\naddress = "b"\n', "no list of texts"),
        ('[stage]\nmemory = "lots"\n[[stage.hosts]]\nname = "a"\naddress = "b"\n', "is no size"),
        (
            (
                '[stage]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n[[stage.hosts]]\nname ='
                ' "a"\naddress = "c"\n'
            ),
            "twice",
        ),
        ("[prod]\n", "no environment 'stage'"),
        ("[stage\n", "cannot be read"),
    ],
)
def test_a_mistake_is_refused_with_a_hint(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "hosts.toml"
    path.write_text(text)
    with pytest.raises(RolloutError, match=said) as caught:
        read_hosts(path, "stage")
    assert caught.value.exit_code == 2


def test_opened_pages_are_read(tmp_path: Path) -> None:
    path = tmp_path / "hosts.toml"
    path.write_text(
        '[stage]\nopen = ["/metrics", "/docs"]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n'
    )
    assert read_hosts(path, "stage").open == ("/metrics", "/docs")
    assert read_hosts(DEFAULT, "stage").open == ()


def test_the_router_knows_tls_and_acme_only_when_asked() -> None:
    plain = router_config(Environment("stage"), "/srv/x")
    assert "ssl crt" not in plain
    assert "acme" not in plain
    secured = router_config(Environment("stage", acme_domain="search.example"), "/srv/x")
    assert "bind :443 ssl crt /srv/x/router/certificate.pem" in secured
    assert "backend acme" in secured
