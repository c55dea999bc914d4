"""The real server image with a real release, on a real host. Run by `make proof`."""

from __future__ import annotations

import json
import urllib.request

import pytest

from release_format.release import Release
from tests.hosts.conftest import ROOT, Site
from tests.hosts.machines import PUBLIC, run

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("hosts")]


def test_the_real_image_answers_from_a_real_release(site: Site, bundled_release: Release) -> None:
    built = run(
        "docker", "build", "--network=host", "--quiet", "-f", "searchbar/Dockerfile", ".", cwd=ROOT
    )
    image = built.stdout.strip().splitlines()[-1]
    site.rollout(
        str(bundled_release.path), "--image", image, check=0, memory="1g", start_seconds=90.0
    )
    address = f"http://{site.machines.hosts[0].address}:{PUBLIC}"
    with urllib.request.urlopen(f"{address}/release", timeout=10) as answer:
        record = json.load(answer)
    assert (record["release"], record["image"]) == (bundled_release.id, image)
    probe = bundled_release.probes[0]
    request = urllib.request.Request(f"{address}/search?q={urllib.request.quote(probe.question)}")  # type: ignore[attr-defined]
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert probe.id in [hit["id"] for hit in json.load(answer)["hits"][:3]]

    site.deploy("withdraw", probe.id, check=0)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert probe.id not in [hit["id"] for hit in json.load(answer)["hits"]]
    [host] = site.status().values()
    [container] = json.loads(
        site.machines.hosts[0].docker("inspect", f"searchbar-{host['live_colour']}").stdout
    )
    assert container["Config"]["User"] == "10001:10001"
    assert container["HostConfig"]["ReadonlyRootfs"] is True
    assert container["HostConfig"]["CpuShares"] == 1024  # it started with less
