"""The example file is the documentation and the schema."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from deployer.hosts import DEFAULT, Environment, Host, read_hosts
from deployer.router.config import router_config
from release_format.config.table import ConfigError

HOSTS = '[[stage.hosts]]\nname = "a"\naddress = "b"\n'


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
        (
            '[stage]\nblue = "x"\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "must be a whole number",
        ),
        (
            '[stage]\nblue = 8002\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "blue and green are both port 8002",
        ),
        (
            '[stage]\nopen = ["/metric"]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "Did you mean '/metrics'",
        ),
        (
            '[stage]\nopen = ["/search"]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "must be one of",
        ),
        (
            '[stage]\nopen = "/metrics"\n[[stage.hosts]]\nname = "a"\naddress = "b"\n',
            "must be",
        ),
        ('[stage]\nopen = [1]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n', "must be"),
        ('[stage]\nopen = true\n[[stage.hosts]]\nname = "a"\naddress = "b"\n', "must be"),
        ('[stage]\nmemory = "lots"\n[[stage.hosts]]\nname = "a"\naddress = "b"\n', "a size like"),
        (
            (
                '[stage]\n[[stage.hosts]]\nname = "a"\naddress = "b"\n[[stage.hosts]]\nname ='
                ' "a"\naddress = "c"\n'
            ),
            "twice",
        ),
        ('stage = "x"', "must be a table"),
        ('[stage.hosts]\nname = "a"', r"under a \[\[stage.hosts\]\] of its own"),
        ("[stage]\nhosts = [3]", "must be a table"),
        (HOSTS + "port = 70000", r"'port' in \[\[stage.hosts\]\] number 1 must be at most 65535"),
        (HOSTS + "port = true", "must be a whole number"),
        (HOSTS + '[[stage.hosts]]\nname = "c"\naddress = "b"', "'a' and 'c' .* are one machine"),
        ('[stage]\nname = "x"\n' + HOSTS, "'name' in .stage. is unknown"),
        ('[stage]\npublic = "http"\n' + HOSTS, "must be like :80"),
        ('[stage]\npublic = ":0"\n' + HOSTS, "must be like :80"),
        ('[stage]\nmemory = ""\n' + HOSTS, "a size like"),
        ("[stage]\nguard_percent = nan\n" + HOSTS, "a finite number"),
        ("[stage]\ncpus = inf\n" + HOSTS, "a finite number"),
        ("[stage]\nkeep_releases = -1\n" + HOSTS, "at least 0"),
        ("[stage]\nrollback_hours = 2026-01-01\n" + HOSTS, "must be a number"),
        ('[stage]\njump = "ops@2001:db8::1"\n' + HOSTS, r"ops@\[2001:db8::1\]:22"),
        ('[stage]\njump = "gate:99999"\n' + HOSTS, "must be like"),
        ('[stage]\ndirectory = "srv"\n' + HOSTS, "'directory' in .stage. must be a whole path"),
        ('[stage]\ndirectory = "/srv/our site"\n' + HOSTS, "no blanks.*not '/srv/our site'"),
        ('[stage]\ndirectory = "/srv/a:b"\n' + HOSTS, "a whole path"),
        ('[stage]\ndirectory = "/srv/../"\n' + HOSTS, "below /, not"),
        (
            HOSTS + 'directory = "/a b"',
            r"'directory' in \[\[stage.hosts\]\] number 1 must be a whole",
        ),
        ('[stage]\ncertificate = "/etc/our cert"\n' + HOSTS, "'certificate' in .stage. must be a"),
        ('[stage]\npublic = ":8009"\n' + HOSTS, "preview and public are both port 8009"),
        ('[stage]\npublic = "[::]:443"\ncertificate = "/c"\n' + HOSTS, "public and TLS are both"),
        ('[stage]\nblue = 8899\nacme_domain = "a.b"\n' + HOSTS, "blue and certbot are both"),
        ("[stage]\nblue = 65536\n" + HOSTS, "'blue' in .stage. must be at most 65535"),
        ('[stage]\npublic = ":65536"\n' + HOSTS, "must be like :80"),
        ('[stage]\njump = "[1:2]:22"\n' + HOSTS, "must be like"),
        ('[stage]\nuser = "x; id"\n' + HOSTS, "'user' in .stage. must be a user's name"),
        ('[stage]\nacme_domain = "a\\nb"\n' + HOSTS, "'acme_domain' in .stage. must be one word"),
        ('[stage]\nkey = "a\\nb"\n' + HOSTS, "'key' in .stage. must be one line"),
        ('[stage]\njump = "gate\\u001b"\n' + HOSTS, "must be like"),
        ("[stage]\nrollback_hours = 1e308\n" + HOSTS, "must be at most"),
        ("[stage]\nopen = {a = 1}\n" + HOSTS, "'open' in .stage. must be a list"),
        ("[stage]\nhosts = 2026-01-01\n", "each hosts under"),
        ('[stage]\n[[stage.hosts]]\nname = "a"\naddress = "b c"\n', "a name or an IP address"),
        ("[prod]\n", "no environment 'stage'. Known: prod. Choose one, or add"),
        ("[staeg]\n", "Did you mean 'staeg'"),
        ("[stage\n", "cannot be read"),
    ],
)
def test_a_mistake_is_refused_with_a_hint(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "hosts.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        read_hosts(path, "stage")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("jump", "user", "address", "port"),
    [
        ("gate.example", "", "gate.example", 22),
        ("ops@gate.example:2222", "ops", "gate.example", 2222),
        ("ops@[2001:db8::1]", "ops", "2001:db8::1", 22),
        ("[2001:db8::1]:2222", "", "2001:db8::1", 2222),
        ("root@[fd00::2]:2222", "root", "fd00::2", 2222),
        ("root@[fe80::1%eth0]", "root", "fe80::1%eth0", 22),
    ],
)
def test_a_jump_host_is_read_with_its_port(jump: str, user: str, address: str, port: int) -> None:
    environment = Environment("stage", jump=jump)
    assert environment.jump_user == user
    assert environment.jump_host == Host("jump host", address, port)


@pytest.mark.parametrize(
    "address",
    ["root@h", "h:22", "[h]", "[fd00::2]:22", "ssh://h", "", ":", "::g", "1:2", "-\u200b"],
)
def test_an_address_is_nothing_but_an_address(tmp_path: Path, address: str) -> None:
    (path := tmp_path / "hosts.toml").write_text(HOSTS.replace('"b"', f'"{address}"'))
    with pytest.raises(
        ConfigError, match=r"'address' in \[\[stage.hosts\]\] number 1 must be a name"
    ):
        read_hosts(path, "stage")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('address = "::1"', 'address = "[::1]"'),
        ('address = "::1"', 'address = "0:0:0:0:0:0:0:1"'),
        ('address = "FD00::A"', 'address = "fd00::a"'),
        ('address = "192.0.2.1"', 'address = "::ffff:192.0.2.1"'),
        ('address = "Host.Example"', 'address = "host.example."'),
        ('address = "h"', 'address = "h"\nport = 22'),
        ('address = "h"\ndirectory = "/srv/x"', 'address = "h"\ndirectory = "//srv/./x/"'),
        ('address = "h"', 'address = "h"\ndirectory = "/srv/searchbar/"'),
    ],
)
def test_one_machine_has_one_name_however_it_is_spelled(
    tmp_path: Path, first: str, second: str
) -> None:
    text = f'[[stage.hosts]]\nname = "one"\n{first}\n[[stage.hosts]]\nname = "two"\n{second}\n'
    (path := tmp_path / "hosts.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"'one' and 'two' under \[\[hosts\]\] are one machine"):
        read_hosts(path, "stage")
    path.write_text(text.replace("port = 22\n", "") + "port = 2222\n")
    assert len(read_hosts(path, "stage").hosts) == 2


def test_addresses_and_directories_are_read_in_one_spelling(tmp_path: Path) -> None:
    (path := tmp_path / "hosts.toml").write_text(
        '[stage]\ndirectory = "/srv//größe/"\n'
        + HOSTS.replace('"b"', '"[fd00::2]"')
        + 'directory = "/x/"\n'
    )
    environment = read_hosts(path, "stage")
    assert (environment.directory, environment.hosts[0]) == (
        "/srv/größe",
        Host("a", "fd00::2", directory="/x"),
    )


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
