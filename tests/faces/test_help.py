"""What `faces --help` says, and how little it loads for that."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from docs.hooks.commands import faces_help
from faces.__main__ import faces
from faceweb.management.listing import Commands
from foundation.local_state.running_system import PROJECT_DIRECTORY

HELP = faces_help()
HEAVY = {
    "django", "celery", "kombu", "boto3", "botocore", "pydantic", "numpy", "PIL", "torch",
    "onnxruntime", "rich", "requests", "urllib3", "httpx", "structlog",
}  # fmt: skip
WANTED = {
    "run", "status", "open", "enrol", "send", "compare", "models", "keys", "teams", "load",
    "config", "aws", "demo", "reset-password", "doctor", "backup", "restore",
}  # fmt: skip
ENDLESS = {"faces run", "faces demo"}
GROUPS = {"faces", "faces keys", "faces teams", "faces aws"}
OF_DJANGO = ("--settings", "--pythonpath", "--traceback", "--verbosity", "--no-color")


def test_every_command_is_there() -> None:
    assert set(faces.commands) == WANTED
    assert {"faces aws up", "faces aws down"} <= set(HELP)


@pytest.mark.parametrize("words", HELP)
def test_help_fits_a_screen_and_has_an_example(words: str) -> None:
    lines = HELP[words].splitlines()

    assert len(lines) <= 32
    assert max(map(len, lines)) <= 80
    assert f"  {words} " in f"{HELP[words]} ".replace("\n", " ")
    assert not any(option in HELP[words] for option in OF_DJANGO)


@pytest.mark.parametrize("words", sorted(HELP.keys() - ENDLESS - GROUPS))
def test_every_command_that_ends_can_answer_in_json(words: str) -> None:
    assert "--json" in HELP[words]


def test_every_example_is_a_command_that_is_understood() -> None:
    for one in faces.leaves():
        _, *words = one.example.split()
        context = click.Context(faces, info_name="faces")
        name, command, rest = faces.resolve_command(context, words)
        while isinstance(command, click.Group):
            name, command, rest = command.resolve_command(context, rest)
        assert command is one, name


@pytest.mark.system
def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from faces.__main__ import faces; faces(['--help'], standalone_mode=False); "
        "print('loaded', *sys.modules)"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_DIRECTORY, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip

    assert "faces send" in said
    loaded = {name.partition(".")[0] for name in said.rpartition("loaded ")[2].split()}
    assert "click" in loaded
    assert not loaded & HEAVY


def test_each_command_of_manage_is_listed_with_a_whole_thought() -> None:
    listed = Commands(["manage.py"]).main_help_text()

    assert "Put what the scaler recorded to the policy again" in listed
    assert "Tell which part of the stack is full first under a load" in listed
    assert ", ..." not in listed
    assert max(len(line) for line in listed.split("Django's")[0].splitlines()) <= 100
