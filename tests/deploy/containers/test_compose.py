"""What can be said of compose.yaml and Containerfile without an engine; `make images` runs them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
import yaml

from foundation.config import PROJECT_DIRECTORY, Settings

COMPOSE = PROJECT_DIRECTORY / "compose.yaml"
CONTAINERFILE = PROJECT_DIRECTORY / "Containerfile"
IGNORED = PROJECT_DIRECTORY / ".containerignore"

SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
OF_OTHERS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"}
"""Variables that boto3 reads."""


def instructions() -> list[list[str]]:
    """The Containerfile's instructions as words."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(), flags=re.M).replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line.strip()]


def stages() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for words in instructions():
        if words[0] == "FROM":
            found[words[3]] = []
        if found:
            found[next(reversed(found))].append(words)
    return found


@pytest.mark.system
def test_compose_follows_its_specification() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    ended = subprocess.run([*check, str(COMPOSE)], capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_can_do_little(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", ["web", "worker", "local"])
def test_an_image_runs_as_a_user_of_its_own(name: str) -> None:
    own = stages()[name]

    assert ["USER", "10001:10001"] in own
    assert any(words[0] == "HEALTHCHECK" for words in own)


def test_services_name_stages_volumes_and_services_that_exist() -> None:
    volumes = yaml.safe_load(COMPOSE.read_text())["volumes"]
    for service in SERVICES.values():
        if "build" in service:
            assert service["build"]["target"] in stages()
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(volumes)


def test_services_set_settings_that_exist() -> None:
    settings = {name.upper() for name in Settings.model_fields}

    for name, service in SERVICES.items():
        if name != "postgresql":
            assert set(service["environment"]) <= settings | OF_OTHERS


def test_what_is_copied_is_there_and_not_ignored() -> None:
    let_in = {line[1:] for line in IGNORED.read_text().splitlines() if line.startswith("!")}
    patterns = [re.escape(each).replace(r"\*", ".*") for each in let_in]
    for words in instructions():
        if words[0] != "COPY" or words[1].startswith("--from="):
            continue
        for source in words[1:-1]:
            assert (PROJECT_DIRECTORY / source).exists(), source
            assert any(re.fullmatch(pattern, source) for pattern in patterns), source


def test_docker_ignores_what_podman_ignores() -> None:
    assert (PROJECT_DIRECTORY / ".dockerignore").read_bytes() == IGNORED.read_bytes()


def test_each_package_of_the_product_is_in_the_images() -> None:
    both = stages()["program"] + stages()["program-and-local"]
    copied = {words[1] for words in both if words[0] == "COPY"}
    packages = {path.parent.name for path in PROJECT_DIRECTORY.glob("*/__init__.py")}

    assert packages - {"tests", "benchmarks", "deploy"} <= copied


def test_lines_that_are_taken_out_of_requirements_are_there() -> None:
    """The Containerfile picks packages by name: a name that is gone would pick nothing."""
    run = (PROJECT_DIRECTORY / "requirements-run.txt").read_text()
    worker = (PROJECT_DIRECTORY / "requirements-worker.txt").read_text()
    for pattern, text in ((r"grep -vE '(.*?)'", worker), (r"grep -E '(.*?)'", run)):
        found = re.findall(pattern, CONTAINERFILE.read_text())
        assert found
        for expression in found:
            names = expression.strip("^=\\[()").split("|")
            for name in names:
                assert re.search(rf"^{shlex.quote(name)}[=\[]", text, re.M), name
