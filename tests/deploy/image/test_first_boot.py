"""The builder's and the app instance's user data: by cloud-init's schema, and run."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from deploy.image import first_boot
from foundation import aws
from foundation.config import PROJECT_DIRECTORY, Settings
from scaler.instances.launching import user_data as app_user_data
from tests.deploy.test_template import stack_arguments
from tests.support.builder_host import boot
from tests.support.factories import make_settings

UNITS = PROJECT_DIRECTORY / "deploy" / "systemd"
CLOUD_INIT = shutil.which("cloud-init")
ODD = "it's $(odd)"


class Bucket(SimpleHTTPRequestHandler):
    """Files of a folder to read, and a place to PUT. As S3 does, it tells curl at once to send."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Path(self.translate_path(self.path)).write_bytes(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "bucket"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Bucket, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def user_data(url: str = "http://127.0.0.1:1", **changes: str) -> str:
    values: dict[str, Any] = {
        "version": "v1",
        "release_url": f"{url}/release.tar.gz",
        "report_url": f"{url}/report.json",
        "models": ["dlib", "sface"],
    }
    return first_boot.user_data(**{**values, **changes})


def release(folder: Path, build: str) -> None:
    """A release that has only a build script."""
    script = folder.parent / "deploy" / "image" / "build.sh"
    script.parent.mkdir(parents=True)
    script.write_text(build)
    archive = ["tar", "czf", str(folder / "release.tar.gz"), "-C", str(folder.parent), "deploy"]
    subprocess.run(archive, check=True)


def baked(bucket: tuple[Path, str], build: str, tmp_path: Path) -> dict[str, object]:
    folder, url = bucket
    release(folder, build)
    root = tmp_path / "machine"
    boot(yaml.safe_load(user_data(url, version=ODD)), root, "python3")
    left = [path.name for path in (root / "opt" / "faceweb").iterdir()]
    assert set(left) <= {"release"}, left
    found: dict[str, object] = json.loads((folder / "report.json").read_text())
    return found


@pytest.mark.skipif(CLOUD_INIT is None, reason="cloud-init is not here")
def test_cloud_init_finds_the_builders_user_data_well_formed(tmp_path: Path) -> None:
    path = tmp_path / "user-data"
    path.write_text(user_data(release_url="https://s3/x?a=1&b='2'"))

    said = subprocess.run(
        [str(CLOUD_INIT), "schema", "--config-file", str(path)], capture_output=True, text=True
    )

    assert said.returncode == 0, said.stdout + said.stderr


def test_it_fits_into_what_ec2_takes() -> None:
    assert len(user_data(release_url="https://s3/" + "x" * 2000).encode()) < 16 * 1024


def test_a_good_build_sends_its_own_report(bucket: tuple[Path, str], tmp_path: Path) -> None:
    build = """
home=$ROOT/opt/faceweb
printf '{"ok": true, "version": "%s", "model": "%s"}' "$VERSION" "$MODELS" > $home/report.json
"""

    assert baked(bucket, build, tmp_path) == {"ok": True, "version": ODD, "model": "dlib sface"}


def test_a_failed_build_says_which_step_and_the_end_of_its_log(
    bucket: tuple[Path, str], tmp_path: Path
) -> None:
    build = "echo packages > $ROOT/opt/faceweb/step; echo 'no such wheel'; exit 3"

    report = baked(bucket, build, tmp_path)

    assert (report["ok"], report["version"], report["step"]) == (False, ODD, "packages")
    assert report["error"] == "the step packages failed with status 3"
    assert report["log"] == ["no such wheel"]


def test_a_release_that_can_not_be_fetched_is_reported(
    bucket: tuple[Path, str], tmp_path: Path
) -> None:
    folder, url = bucket
    document = yaml.safe_load(user_data(url, release_url=f"{url}/missing.tar.gz"))

    boot(document, tmp_path / "machine", "python3")

    report = json.loads((folder / "report.json").read_text())
    assert (report["ok"], report["step"]) == (False, "release")


@dataclass(frozen=True)
class Booted:
    """What a first boot left: the settings in /etc/faceweb, and what systemctl was told."""

    settings: dict[str, str | None]
    systemctl: list[str]


def booted(user_data: str, folder: Path) -> Booted:
    """Run as root of a separate namespace, whose /etc is empty."""
    script, bin_folder, told = folder / "user-data", folder / "bin", folder / "told"
    script.write_text(user_data)
    bin_folder.mkdir()
    systemctl = bin_folder / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    systemctl.chmod(0o755)
    inside = (
        f"mount -t tmpfs none /etc && PATH={bin_folder}:$PATH sh {script} "
        "&& cat /etc/faceweb/environment"
    )

    said = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", inside],
        capture_output=True,
        text=True,
    )

    if "unshare" in said.stderr or "mount" in said.stderr:
        pytest.skip(f"no namespaces here: {said.stderr.strip()}")
    assert said.returncode == 0, said.stderr
    return Booted(dotenv_values(stream=StringIO(said.stdout)), told.read_text().split())


def test_an_app_instances_user_data_writes_its_settings_and_starts_its_unit(
    tmp_path: Path,
) -> None:
    found = booted(app_user_data(make_settings(recognition_model="dlib")), tmp_path)

    assert found.settings["RECOGNITION_MODEL"] == "dlib"
    # Enabled, too: a machine that starts anew gets no first boot, but must serve again.
    assert found.systemctl == ["enable", "--now", "--no-block", "faceweb-app-instance.service"]


def test_the_web_instances_user_data_says_whose_it_is_and_starts_all_its_units(
    cloud_settings: Settings, tmp_path: Path
) -> None:
    found = booted(_of_the_stacks_web_instance(cloud_settings), tmp_path)

    given = dict(found.settings)
    assert given.pop("ADDRESS").startswith("eipalloc-")
    assert given.pop("DATA_VOLUME").startswith("vol-")
    assert given == {
        "FACEWEB_ID": cloud_settings.faceweb_id,
        "AWS_REGION": cloud_settings.aws_region,
    }
    # All but what a timer or another unit starts, and the app tier's.
    units = {path.name for path in UNITS.iterdir() if path.is_file()}
    timers = {name for name in units if name.endswith(".timer")}
    by_others = {name.replace(".timer", ".service") for name in timers}
    by_others |= {
        "faceweb-settings.service", "faceweb-app-instance.service", "faceweb-journal.service",
    }  # fmt: skip
    assert found.systemctl[0] == "daemon-reload"
    assert set(found.systemctl[1:]) - {"enable", "--now", "--no-block"} == units - by_others


def test_without_a_disk_of_its_own_nothing_waits_for_one(
    cloud_settings: Settings, tmp_path: Path
) -> None:
    found = booted(_of_the_stacks_web_instance(cloud_settings, WebInstanceType=""), tmp_path)

    assert "faceweb-web.service" in found.systemctl
    assert "faceweb-attach.service" not in found.systemctl


def _of_the_stacks_web_instance(settings: Settings, **given: str) -> str:
    arguments = stack_arguments(settings, WebImageId="ami-12c6146b", **given)
    aws.client("cloudformation", settings).create_stack(**arguments)
    (newest,) = aws.client("ec2", settings).describe_launch_template_versions(
        LaunchTemplateName=f"{settings.faceweb_id}-web-tier", Versions=["$Latest"]
    )["LaunchTemplateVersions"]
    return base64.b64decode(newest["LaunchTemplateData"]["UserData"]).decode()


def test_no_unit_needs_a_file_that_no_first_boot_writes() -> None:
    for unit in UNITS.glob("*.service"):
        files = re.findall("^EnvironmentFile=(.*)$", unit.read_text(), re.MULTILINE)
        needed = [file for file in files if not file.startswith("-")]
        assert needed == ["/etc/faceweb/environment"], unit.name
