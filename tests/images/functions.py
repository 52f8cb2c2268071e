"""The functions' image: built and pushed by the builder's own script, and run from the registry.

Lambda's base image is played by a Debian with what the base has, ECR by Debian's registry, and the
AWS CLI by a script that knows one password. Script, Dockerfile and manifest are the real ones.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from foundation import aws
from foundation.aws.provisioning import provision
from foundation.config import PROJECT_DIRECTORY, get_settings
from localcloud.emulator.emulator_process import running_emulator
from localcloud.lambda_host.event_source import s3_event
from localcloud.lambda_host.functions import LambdaFunction, contract_functions
from localcloud.lambda_host.runtime_api import InvocationResult
from localcloud.lambda_host.sandbox import Sandbox
from localcloud.system.ports import free_port
from localcloud.system.processes import Child, stop_all
from tests.support import videos
from tests.system.pictures import COLLINS, portrait
from tests.system.running import wait_for

BASE = "localhost/like-lambdas-base"
BASE_PACKAGES = "python3,python3-pip,gcc,libc6-dev,ca-certificates"
ENVIRONMENT = ("LAMBDA_TASK_ROOT=/var/task", "PIP_BREAK_SYSTEM_PACKAGES=1")
V2S2 = "application/vnd.docker.distribution.manifest.v2+json"
CERTIFICATES = Path("/etc/ssl/certs")
REGISTRY = "docker-registry"
MODEL = "dlib"


class FunctionsImage:
    """The image in a registry of this machine, and its functions."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self.port = folder, free_port()
        self._environment = {
            **environment,
            "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf"),
            "PATH": f"{folder / 'bin'}:{environment['PATH']}",
        }

    def run(self, *command: str, **more: str) -> str:
        ended = subprocess.run(
            command, env={**self._environment, **more}, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, (ended.stdout + ended.stderr)[-3000:]
        return ended.stdout

    def make_base(self) -> None:
        """Python, a compiler and the folder that a function is in: what Lambda's base has."""
        found = subprocess.run(
            ["podman", "image", "exists", BASE], env=self._environment, check=False
        )
        if found.returncode == 0:
            return
        tar = self._folder / "base.tar"
        self.run(
            "mmdebstrap", "--variant=apt", f"--include={BASE_PACKAGES}", "bookworm", str(tar)
        )  # fmt: skip
        changes = [f"--change=ENV {one}" for one in ENVIRONMENT]
        self.run("podman", "import", *changes, "--change=WORKDIR /var/task", str(tar), BASE)
        tar.unlink()

    @contextmanager
    def registry(self) -> Iterator[None]:
        """Debian's, without a password; `aws` gives one all the same."""
        (self._folder / "bin").mkdir(parents=True, exist_ok=True)
        login = self._folder / "bin" / "aws"
        login.write_text("#!/bin/sh\necho secret\n")
        login.chmod(0o755)
        (self._folder / "registries.conf").write_text(
            f'[[registry]]\nlocation = "127.0.0.1:{self.port}"\ninsecure = true\n'
        )
        file = self._folder / "registry.yml"
        stored = self._folder / "registry"
        file.write_text(
            f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {stored}\n"
            f"http:\n  addr: 127.0.0.1:{self.port}\n"
        )
        command = [REGISTRY, "serve", str(file)]
        child = Child("registry", command, {}, self._folder / "registry.log")
        child.start()
        try:
            wait_for(self._answers, 30, "the registry")
            yield
        finally:
            stop_all([child], seconds=5)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/v2/", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def push(self) -> str:
        """Have the builder's script build, try and push it. Returns the image's address."""
        release = self._folder / "opt" / "faceweb" / "release"
        release.mkdir(parents=True, exist_ok=True)
        archive = self._folder / "release.tar"
        self.run("git", "-C", str(PROJECT_DIRECTORY), "archive", f"--output={archive}", "HEAD")
        self.run("tar", "xf", str(archive), "-C", str(release))
        certificates = f"--volume={CERTIFICATES}:{CERTIFICATES}:ro"
        self.run(
            "sh", str(release / "deploy" / "lambda" / "push.sh"), ROOT=str(self._folder),
            REPOSITORY=f"127.0.0.1:{self.port}/faces-functions", VERSION="v1",
            AWS_REGION="us-east-1", MODELS=MODEL, REGISTRY="--tls-verify=false",
            BUILD=f"--build-arg=BASE={BASE} {certificates}",
        )  # fmt: skip
        report = json.loads((release.parent / "report.json").read_text())
        assert report["ok"], report
        return str(report["image"])

    def manifest_kind(self) -> str:
        url = f"http://127.0.0.1:{self.port}/v2/faces-functions/manifests/v1"
        answer = httpx.get(url, headers={"Accept": V2S2}, timeout=30)
        return str(answer.json()["mediaType"])

    def files(self, image: str) -> str:
        """All names in it."""
        return self.run("podman", "run", "--rm", "--entrypoint=", image, "find", "/", "-xdev")

    def invoke(self, function: LambdaFunction, event: str, image: str) -> InvocationResult:
        """What a function of the image makes of an event, behind Lambda's Runtime API."""
        start = self._folder / "bin" / "python-of-the-image"
        passed = ("AWS_*", "FACEWEB_ID", "LAMBDA_*", "_HANDLER", "PYTHONPATH")
        given = " ".join(f"--env '{name}'" for name in passed)
        start.write_text(
            "#!/bin/sh\nexec podman run --rm --network=host --read-only --tmpfs=/tmp "
            f'--user=993 {given} --entrypoint=python3 {image} "$@"\n'
        )
        start.chmod(0o755)
        log = self._folder / f"{function.name}.log"
        sandbox = Sandbox(
            function, {**self._environment, **os.environ, **self._own_path()}, log,
            Path("/var/task"), python=str(start),
        )  # fmt: skip
        try:
            return sandbox.invoke(event, "request-1")
        finally:
            sandbox.close()

    def _own_path(self) -> dict[str, str]:
        return {"PATH": self._environment["PATH"]}


def try_functions(folder: Path, environment: Mapping[str, str]) -> None:
    """Raises AssertionError."""
    image = FunctionsImage(folder / "functions", environment)
    (folder / "functions").mkdir(exist_ok=True)
    image.make_base()
    with image.registry():
        address = image.push()
        print(f"    {address}, {image.manifest_kind()}", flush=True)
        assert image.manifest_kind() == V2S2
        names = image.files(address).splitlines()
        assert not [one for one in names if "/.git" in one or one.endswith((".env", ".sqlite3"))]
        with running_emulator(get_settings(), folder):
            split, named = _film(image, address)
    print(f"    video-splitting {split.payload}, face-recognition {named.payload}", flush=True)
    assert (split.error, named.error) == ("", ""), (split, named)


def _film(image: FunctionsImage, address: str) -> tuple[InvocationResult, InvocationResult]:
    """A film with one face, split and named by the image's functions."""
    settings = get_settings().model_copy(
        update={"aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"]}
    )
    provision(settings)
    splitting, recognition, *_ = (
        replace(one, timeout_seconds=90.0) for one in contract_functions(settings)
    )
    film = videos.portrait_video([portrait(COLLINS).resize((512, 512))])
    aws.client("s3", settings).put_object(Bucket=splitting.bucket, Key="v.mp4", Body=film)
    split = image.invoke(splitting, s3_event(splitting.bucket, "v.mp4"), address)
    direct = {"bucket_name": recognition.bucket, "image_file_name": "v.jpg"}
    return split, image.invoke(recognition, json.dumps(direct), address)
