"""The builder and its image: what is waited for, what fails, and that nothing is left behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deploy.image.builder import BakeFailed, Bakery, BuilderPlan, superfluous
from deploy.image.release import NoRelease, committed
from deploy.image.verify import verdict
from foundation import aws
from foundation.aws.provisioning import provision_bucket
from foundation.config import Settings

AN_IMAGE = "ami-12c6146b"
GOOD = {"ok": True, "version": "v1"}


@dataclass
class Bench:
    """A bakery over the emulator, whose waiting the test fills."""

    settings: Settings
    said: list[str] = field(default_factory=list)
    now: float = 0.0
    meanwhile: Any = None

    def __post_init__(self) -> None:
        self.ec2, self.s3 = aws.client("ec2", self.settings), aws.client("s3", self.settings)
        self.bucket = f"{self.settings.faceweb_id}-releases"
        provision_bucket(self.bucket, self.settings)
        self.bakery = Bakery(
            self.ec2, self.s3, self.settings.faceweb_id, self.said.append,
            self._sleep, lambda: self.now,
        )  # fmt: skip

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.meanwhile:
            self.meanwhile()

    def plan(self) -> BuilderPlan:
        groups = self.ec2.describe_security_groups()["SecurityGroups"]
        return BuilderPlan(
            system=self.settings.faceweb_id,
            base_image=AN_IMAGE,
            instance_type="t3.small",
            security_group=groups[0]["GroupId"],
            subnet=self.ec2.describe_subnets()["Subnets"][0]["SubnetId"],
            user_data="#cloud-config\n",
        )

    def send_report(self, report: object = GOOD) -> None:
        body = report if isinstance(report, bytes) else json.dumps(report).encode()
        self.s3.put_object(Bucket=self.bucket, Key="reports/1.json", Body=body)

    def wait_for_report(self, builder: str, seconds: float = 60) -> Any:
        return self.bakery.verdict(builder, self.bucket, "reports/1.json", seconds)

    def state_of(self, builder: str) -> str:
        found = self.ec2.describe_instances(InstanceIds=[builder])["Reservations"]
        return str(found[0]["Instances"][0]["State"]["Name"])

    def image(self, name: str) -> str:
        with self.bakery.builder(self.plan()) as builder:
            return self.bakery.keep(builder, name, "v1", 60)

    def names(self) -> set[str]:
        ours = [{"Name": "tag:faceweb:system", "Values": [self.settings.faceweb_id]}]
        images = self.ec2.describe_images(Owners=["self"], Filters=ours)["Images"]
        return {image["Name"] for image in images}


@pytest.fixture
def bench(cloud_settings: Settings) -> Bench:
    return Bench(cloud_settings)


def test_a_good_report_is_waited_for_and_the_builder_removed(bench: Bench) -> None:
    bench.meanwhile = bench.send_report
    with bench.bakery.builder(bench.plan()) as builder:
        assert bench.wait_for_report(builder)["version"] == "v1"
        assert bench.state_of(builder) == "running"

    assert bench.state_of(builder) == "terminated"
    assert bench.said[0] == f"Building on {builder}"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_builder_is_removed_whatever_happens(bench: Bench, error: type[BaseException]) -> None:
    with pytest.raises(error), bench.bakery.builder(bench.plan()) as builder:
        raise error

    assert bench.state_of(builder) == "terminated"


def test_a_bad_report_shows_the_end_of_the_builders_log(bench: Bench) -> None:
    bench.send_report({"ok": False, "error": "the step packages failed", "log": ["no wheel"]})
    with (
        bench.bakery.builder(bench.plan()) as builder,
        pytest.raises(BakeFailed, match=r"the step packages failed.\n  no wheel"),
    ):
        bench.wait_for_report(builder)


@pytest.mark.parametrize("report", [b"{", b"[]", b"{}"])
def test_a_report_that_can_not_be_read_fails(bench: Bench, report: bytes) -> None:
    bench.send_report(report)
    with (
        bench.bakery.builder(bench.plan()) as builder,
        pytest.raises(BakeFailed, match="can't be read"),
    ):
        bench.wait_for_report(builder)


def test_a_builder_that_ends_without_a_word_is_a_failure(bench: Bench) -> None:
    with bench.bakery.builder(bench.plan()) as builder:
        bench.ec2.stop_instances(InstanceIds=[builder])
        with pytest.raises(BakeFailed, match="is stopped and sent no report"):
            bench.wait_for_report(builder)


def test_a_builder_that_sends_nothing_is_given_up(bench: Bench) -> None:
    with (
        bench.bakery.builder(bench.plan()) as builder,
        pytest.raises(BakeFailed, match="no report within 1 min"),
    ):
        bench.wait_for_report(builder)


def test_a_builder_that_does_not_stop_by_itself_is_stopped(bench: Bench) -> None:
    with bench.bakery.builder(bench.plan()) as builder:
        bench.bakery.stop(builder, 10)
        assert bench.state_of(builder) == "stopped"

    with pytest.raises(BakeFailed, match="was terminated"):
        bench.bakery.stop(builder, 10)


def test_old_images_are_superfluous_but_none_in_use() -> None:
    images = [{"ImageId": f"ami-{day}", "CreationDate": f"2026-01-0{day}"} for day in range(1, 6)]

    old = superfluous(images, keep=2, in_use={"ami-1"})

    assert [image["ImageId"] for image in old] == ["ami-3", "ami-2"]
    assert superfluous(images, keep=9, in_use=set()) == []


def test_what_is_pruned_is_gone_and_others_images_stay(bench: Bench) -> None:
    name = bench.settings.faceweb_id
    bench.image(f"{name}-1")
    other = Bench(bench.settings.model_copy(update={"faceweb_id": f"{name}-other"}))
    other.image("other-1")

    assert bench.bakery.prune(keep=0, in_use=set()) == [f"{name}-1"]

    assert (bench.names(), other.names()) == (set(), {"other-1"})


def test_a_release_is_what_is_committed() -> None:
    release = committed()

    assert release.version
    assert release.key == f"releases/{release.version}.tar.gz"
    assert release.archive[:2] == b"\x1f\x8b"


def test_outside_a_checkout_there_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(NoRelease, match="No release can be made"):
        committed(tmp_path)


@pytest.mark.parametrize(
    ("faces", "probability", "wrong"),
    [(1, 0.99, ""), (0, 0.0, "0 faces"), (2, 0.99, "2 faces"), (1, 0.5, "only 0.500")],
)
def test_an_image_that_does_not_recognise_is_no_image(
    faces: int, probability: float, wrong: str
) -> None:
    said = verdict(faces, probability)

    assert wrong in said
    assert bool(said) == bool(wrong)
