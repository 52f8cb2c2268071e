"""The whole way of `docs/operations.md` against an emulator: provision, bake, run, replace, remove.

The machine image is really built (in a folder), the web tier and the scaler run from the stack's
environment file, and the instance that the scaler launches is played by its own program, with a
metadata service on loopback, as its systemd unit runs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from foundation.fleet import lifecycle
from localcloud.system.processes import Child, stop_all
from tests.deploy.caddy import NEEDS_CADDY
from tests.deploy.instance.metadata_server import MetadataServer, metadata_server
from tests.deploy.site import BASE_IMAGE, SYSTEM, Site, last_json
from tests.deploy.unit_limits import why_not
from tests.support.prepared_weights import put_weights
from tests.system.pictures import HOPPER, encoded, portrait
from tests.system.running import ANSWER_SECONDS, START_SECONDS, wait_for


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path)
    try:
        running.start_emulator()
        yield running
    finally:
        stop_all(running.children, seconds=5)


@pytest.fixture
def metadata() -> Iterator[MetadataServer]:
    with metadata_server() as server:
        yield server


@NEEDS_CADDY
def test_up_baked_used_renewed_and_down_again(site: Site, metadata: MetadataServer) -> None:
    removed = used_and_removed(site, metadata, site.make("small"))

    assert removed["images"] == 1


def used_and_removed(site: Site, metadata: MetadataServer, image: str = "") -> dict[str, int]:
    """A picture comes by HTTPS under the stack's name. An instance is replaced before it answers;
    the next one answers, and drains. Then all is removed."""
    web_environment = site.web_environment()
    web = site.start_web(web_environment)
    picture = {"picture": ("a.jpg", encoded(portrait(HOPPER)))}
    job = web.post("api/v1/recognise?wait=false", files=picture).json()
    site.start("scaler", "manage.py", "runscaler", **web_environment)

    (old,) = wait_for(lambda: site.instances("running"), 60, "the scaler's launch")
    assert image in ("", old["ImageId"])
    instance = replaced(site, old["InstanceId"], metadata)
    program = boot(site, instance["InstanceId"], metadata)
    wait_for(lambda: is_ready(site), START_SECONDS, "the worker")
    found = wait_for(lambda: answer(web, job["id"]), ANSWER_SECONDS, "the answer")
    assert (found["state"], found["result"]) == ("succeeded", "unknown")
    assert found["instance"] == instance["InstanceId"]

    # Nothing more to do: the scaler asks it to leave, and it says when it has.
    wait_for(lambda: site.tags()[lifecycle.WANTED_TAG] == lifecycle.DRAIN, 60, "the scaler")
    metadata.texts[f"tags/instance/{lifecycle.WANTED_TAG}"] = lifecycle.DRAIN
    wait_for(program.has_ended, 30, "the instance's end")
    assert program.poll() == 0
    wait_for(lambda: not site.instances("pending", "running"), 60, "the termination")

    assert "0 app instances" in site.manage("publishmetrics", **web_environment)
    removed = last_json(site.manage("deprovision", "--yes", "--json"))
    assert removed["left"] == []
    counts: dict[str, int] = removed["removed"]
    return counts


def replaced(site: Site, old: str, metadata: MetadataServer) -> dict[str, Any]:
    """The instance of a newer image that comes in place of one, as long as work waits."""
    site.manage("provision", "--yes", "-p", f"AppImageId={site.newer_image}")
    command = site.start("replaceinstances", "manage.py", "replaceinstances", "--yes")
    wait_for(lambda: wanted(site, old) == lifecycle.DRAIN, 60, "the wish that it leaves")
    program = boot(site, old, metadata, lifecycle.DRAIN)
    wait_for(program.has_ended, 60, "the old instance's end")
    wait_for(command.has_ended, 60, "the command's end")
    assert command.poll() == 0
    assert f"1 instances were replaced; all that live are of {site.newer_image}." in (
        command.last_lines(5)
    )
    (new,) = wait_for(lambda: site.instances("running"), 60, "the next launch")
    assert new["ImageId"] == site.newer_image
    return new


def wanted(site: Site, name: str) -> str:
    found = {one["InstanceId"]: lifecycle.tags_of(one) for one in site.instances("running")}
    return found[name][lifecycle.WANTED_TAG]


def boot(
    site: Site, instance_id: str, metadata: MetadataServer, wanted: str = lifecycle.SERVE
) -> Child:
    """What EC2 and systemd do with the instance: metadata, and its unit's program."""
    metadata.texts["instance-id"] = instance_id
    metadata.texts[f"tags/instance/{lifecycle.WANTED_TAG}"] = wanted
    return site.start(
        "instance", "-m", "deploy.instance",
        AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url, WORKER_PROCESSES="1",
    )  # fmt: skip


def is_ready(site: Site) -> bool:
    return site.tags()[lifecycle.STATE_TAG] == lifecycle.READY


def answer(web: httpx.Client, job_id: str) -> Any:
    job = web.get(f"jobs/{job_id}").json()
    return job if job["times"]["answered"] else None


@pytest.fixture
def instance(site: Site, metadata: MetadataServer) -> Iterator[Child]:
    yield serving(site, metadata)


def serving(site: Site, metadata: MetadataServer) -> Child:
    """One instance of a provisioned system, launched by hand and ready."""
    site.manage("provision", "--yes")
    put_weights(site.folder / "var" / "weights", site.environment["RECOGNITION_MODEL"])
    program = boot(site, launched_by_hand(site, BASE_IMAGE), metadata)
    wait_for(lambda: is_ready(site), START_SECONDS, "the worker")
    return program


def launched_by_hand(site: Site, image: str) -> str:
    tags = {
        lifecycle.FLEET_TAG: SYSTEM,
        lifecycle.WANTED_TAG: lifecycle.SERVE,
        lifecycle.STATE_TAG: lifecycle.BOOTING,
    }
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    launched = site.aws("ec2").run_instances(
        ImageId=image, MinCount=1, MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
    )  # fmt: skip
    return str(launched["Instances"][0]["InstanceId"])


def test_a_spot_interruption_ends_the_worker_warm(
    site: Site, instance: Child, metadata: MetadataServer
) -> None:
    metadata.texts["spot/instance-action"] = '{"action": "terminate"}'

    wait_for(instance.has_ended, 30, "the instance's end")

    assert (instance.poll(), site.tags()[lifecycle.STATE_TAG]) == (0, lifecycle.ENDED)
    assert "Warm shutdown" in (site.folder / "instance.log").read_text()


def test_systemds_stop_does_the_same(site: Site, instance: Child) -> None:
    instance.terminate()

    wait_for(instance.has_ended, 30, "the instance's end")

    assert (instance.poll(), site.tags()[lifecycle.STATE_TAG]) == (0, lifecycle.ENDED)


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_web_tier_and_worker_do_without_what_their_units_refuse(
    site: Site, metadata: MetadataServer
) -> None:
    site.units = {"instance": "faceweb-app-instance.service", "web": "faceweb-web.service"}
    program = serving(site, metadata)
    web = site.start_web(site.web_environment())

    picture = {"inputFile": ("a.jpg", encoded(portrait(HOPPER)))}
    assert web.post("", files=picture).text == "a.jpg:unknown\n"

    metadata.texts[f"tags/instance/{lifecycle.WANTED_TAG}"] = lifecycle.DRAIN
    wait_for(program.has_ended, 30, "the instance's end")
    assert program.poll() == 0
    # Something was refused: the limits were there.
    assert (
        "= -1 EPERM (Operation not permitted) (INJECTED)" in site.refusals("instance").read_text()
    )
