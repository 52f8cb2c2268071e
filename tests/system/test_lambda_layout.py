"""The container image's layout, built into a folder by the Dockerfile's own steps, runs by itself.

Takes about a minute: pip installs everything anew, then both handlers are run from the folder by
a Python that has nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from foundation import aws
from foundation.aws.provisioning import provision
from foundation.config import PROJECT_DIRECTORY, Settings
from localcloud.lambda_host.event_source import s3_event
from localcloud.lambda_host.functions import LambdaFunction, contract_functions
from localcloud.lambda_host.runtime_api import InvocationResult
from localcloud.lambda_host.sandbox import Sandbox
from localcloud.system.environment import children_environment
from tests.support import videos
from tests.system.pictures import COLLINS, portrait

BUILD = PROJECT_DIRECTORY / "deploy" / "lambda" / "build.sh"
OF_ITSELF = Path(sys._base_executable)
"""The interpreter below the virtual environment: none of our packages is in it."""


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layout")
    for step in ("packages", "nets"):
        subprocess.run(["sh", str(BUILD), step, str(folder), sys.executable], check=True)
    return folder


@pytest.fixture
def settings(cloud_settings: Settings) -> Iterator[Settings]:
    provision(cloud_settings)
    yield cloud_settings


def run(function: LambdaFunction, event: str, settings: Settings, layout: Path) -> InvocationResult:
    variables = {"AWS_ENDPOINT_URL": settings.aws_endpoint_url or ""}
    environment = {
        **children_environment(settings, variables),
        "WEIGHTS_DIR": str(layout / "weights"),
        "VAR_DIR": str(layout / "var"),
    }
    log = layout.parent / f"{function.name}.log"
    sandbox = Sandbox(function, environment, log, layout, python=str(OF_ITSELF))
    try:
        return sandbox.invoke(event, "request-1")
    finally:
        sandbox.close()


def test_both_handlers_run_from_the_layout_alone(settings: Settings, layout: Path) -> None:
    s3 = aws.client("s3", settings)
    splitting, recognition, _ = (
        replace(one, timeout_seconds=60.0) for one in contract_functions(settings)
    )
    video = videos.portrait_video([portrait(COLLINS).resize((512, 512))])
    s3.put_object(Bucket=splitting.bucket, Key="v.mp4", Body=video)

    split = run(splitting, s3_event(splitting.bucket, "v.mp4"), settings, layout)
    direct = {"bucket_name": recognition.bucket, "image_file_name": "v.jpg"}
    named = run(recognition, json.dumps(direct), settings, layout)

    assert (split.error, split.payload["done"]) == ("", [{"key": "v.mp4", "result": 1}])
    assert (named.error, named.payload["done"]) == ("", [{"key": "v.jpg", "result": "unknown"}])
    answer = s3.get_object(Bucket=settings.video_output_bucket, Key="v.txt")["Body"].read()
    assert answer == b"unknown"


def test_the_layout_has_neither_torch_nor_django(layout: Path) -> None:
    present = {path.name for path in layout.iterdir()}

    assert {"recognition", "workers", "av", "onnxruntime", "awslambdaric"} <= present
    assert not present & {"torch", "django", "celery", "faceweb", "localcloud"}
