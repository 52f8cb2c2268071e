"""The clients that are installed from this project, and those that are generated from its OpenAPI
document, against a running system. The examples of both READMEs run as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from foundation.config import PROJECT_DIRECTORY
from tests.system.environments import install_into, new_environment
from tests.system.running import RunningSystem

CLIENTS = PROJECT_DIRECTORY / "clients"


def examples(readme: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", readme.read_text(), re.DOTALL)


def run(
    command: list[str], folder: Path, system: RunningSystem | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    address = {"FACES_URL": system.url} if system else {}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300,
        env={**os.environ, **address, **environment},
    )  # fmt: skip


def succeeded(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 0, ended.stdout[-1500:] + ended.stderr[-2500:]
    return ended.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client for Python, installed from a copy of its folder."""
    folder = tmp_path_factory.mktemp("client")
    shutil.copytree(CLIENTS / "python", folder / "source")
    succeeded(
        run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation",
             "--target", str(folder / "installed"), str(folder / "source")], folder)
    )  # fmt: skip
    return folder / "installed"


def test_the_examples_for_python_run(system: RunningSystem, installed: Path) -> None:
    """In the folder in which the system keeps its state: the samples are there."""
    told = [
        succeeded(
            run([sys.executable, "-c", example], system.var_dir.parent, system,
                PYTHONPATH=str(installed))
        )
        for example in examples(CLIENTS / "python" / "README.md", "python")
    ]  # fmt: skip

    assert len(told) >= 6
    assert told[0].startswith("Grace Hopper ") and "(" in told[0]
    assert "Pose(" in told[1] and "same_person=False" in told[1]
    assert told[2] == "Grace Hopper\n"
    assert "['Grace Hopper', 'Eileen Collins']" in told[3]
    assert "nobody" in told[4]
    assert told[5] == "It has no signature.\n"


def test_the_command_of_the_client_asks_the_system(system: RunningSystem, installed: Path) -> None:
    def asked(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(installed / "bin" / "faces-client"), *words]
        return run(command, system.var_dir.parent, system, PYTHONPATH=str(installed))

    one, other = "var/samples/grace_hopper.jpg", "var/samples/eileen_collins.jpg"
    missing = asked("recognise", "nothing.jpg")

    assert succeeded(asked("recognise", one)) == "grace_hopper.jpg: Grace Hopper\n"
    assert succeeded(asked("compare", one, other)).startswith("different people (similarity 0.")
    assert missing.returncode == 1
    assert missing.stderr.startswith("Error: ") and "Traceback" not in missing.stderr


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A folder with the client for JavaScript, installed from its folder."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    shutil.copytree(CLIENTS / "js", tmp_path / "source")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    succeeded(run(["npm", "install", "--offline", "--install-links", "./source"], tmp_path))
    return tmp_path


def test_the_examples_for_javascript_run(system: RunningSystem, node: Path) -> None:
    (node / "var").symlink_to(system.var_dir)
    told = []
    for number, example in enumerate(examples(CLIENTS / "js" / "README.md", "js")):
        (node / f"{number}.mjs").write_text(example)
        told.append(succeeded(run(["node", f"{number}.mjs"], node, system)))

    assert len(told) == 3
    assert told[0].startswith("Grace Hopper ") and "yaw" in told[0]
    assert told[1] == "Eileen Collins\n"
    assert "Grace Hopper" in told[2] and "404 There is no subject 'nobody'." in told[2]


def test_a_generated_client_for_python_works(system: RunningSystem, tmp_path: Path) -> None:
    """openapi-python-client, in a separate environment."""
    python = new_environment(tmp_path / "own")
    own = python.parent
    ended = run(install_into(python, "openapi-python-client==0.29.1", "ruff"), tmp_path)
    if ended.returncode:
        pytest.skip(f"openapi-python-client could not be installed: {ended.stderr[-300:]}")
    document, path = f"{system.url}api/v1/openapi.json", f"{own}{os.pathsep}{os.environ['PATH']}"
    command = [
        str(own / "openapi-python-client"), "generate", "--url", document,
        "--output-path", "generated", "--meta", "none",
    ]  # fmt: skip
    picture = system.var_dir / "samples" / "grace_hopper.jpg"

    ended = run(command, tmp_path, PATH=path)
    told = succeeded(ended) + ended.stderr
    named = succeeded(run([str(python), "-c", GENERATED], tmp_path, system, PICTURE=str(picture)))

    # It reads neither pictures nor events: no other answer is left out.
    left_out = set(re.findall(r"WARNING parsing (.*?) within", told))
    assert left_out <= {
        "GET /api/v1/subjects/{subject_id}/examples/{example_id}",
        "GET /api/v1/jobs/{job_id}/events",
    }
    assert named == "Grace Hopper\n404 There is no subject 'nobody'.\n"


GENERATED = """
import io, os
from generated import Client
from generated.api.recognition import recognise
from generated.api.subjects import get_person
from generated.models import JobOut, Problem, RecogniseFilesBody
from generated.types import File

client = Client(os.environ["FACES_URL"])
picture = io.BytesIO(open(os.environ["PICTURE"], "rb").read())
body = RecogniseFilesBody(picture=File(payload=picture, file_name="a.jpg"))
job = recognise.sync(client=client, body=body)
assert isinstance(job, JobOut), job
print(job.faces[0].identity)
problem = get_person.sync(client=client, subject_id="nobody")
assert isinstance(problem, Problem), problem
print(problem.status, problem.detail)
"""


def test_types_for_typescript_are_generated_and_the_client_fits_them(
    system: RunningSystem, node: Path
) -> None:
    source = node / "source"
    ended = run(["npm", "install", "--no-audit", "--no-fund"], source)
    if ended.returncode:
        pytest.skip(f"openapi-typescript could not be installed: {ended.stderr[-300:]}")
    (source / "used.ts").write_text(USED)

    succeeded(run(["npm", "run", "types"], source, OPENAPI=f"{system.url}api/v1/openapi.json"))
    succeeded(run(["npm", "run", "check"], source))
    wrong = run(["npx", "tsc", *CHECK, "used.ts"], source)

    assert wrong.stdout.count("error TS") == 1, wrong.stdout
    assert "used.ts(6" in wrong.stdout


CHECK = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"]
USED = """import { Client } from "./index.js";
const client = new Client();
const job = await client.recognise(new Blob(), { candidates: 3 });
const name: string | null | undefined = job.faces[0]?.identity;
console.log(name, job.state === "succeeded");
console.log(job.state === "asleep");
"""


def test_the_end_of_a_job_is_told_as_an_event(system: RunningSystem) -> None:
    picture = (system.var_dir / "samples" / "grace_hopper.jpg").read_bytes()
    address = f"{system.url}api/v1"
    begun = httpx.post(
        f"{address}/recognise?wait=false", files={"picture": ("e.jpg", picture)}, timeout=120
    ).json()

    with httpx.stream("GET", f"{address}/jobs/{begun['id']}/events", timeout=120) as answer:
        told = [line for line in answer.iter_lines() if line and line != ":"]

    assert answer.headers["content-type"] == "text/event-stream"
    assert told[-2] == "event: ended"
    assert json.loads(told[-1].removeprefix("data: "))["result"] == "Grace Hopper"
