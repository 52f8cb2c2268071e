"""Every command that a document tells exists, and has the options that are named with it."""

from __future__ import annotations

import argparse
import importlib.util
import re

import pytest

from docs.hooks.commands import faces_commands, parsers, subcommands
from tests.support.documents import blocks_of_documents, told_commands
from tests.support.readability import PROJECT

FOREIGN = ("pip", "venv", "http.server", "pytest")


def told(kind: str) -> list[tuple[str, list[str]]]:
    """Return the commands with this word, each from the word on."""
    return [
        (place, words[words.index(kind) :])
        for place, words in told_commands()
        if kind in words and words[0] != "git" and not words[0].endswith("faces")
    ]


def wrong_options(parser: argparse.ArgumentParser, words: list[str]) -> list[str]:
    """Return the words that the parser does not know."""
    below = dict(subcommands(parser))
    if below and words and not words[0].startswith("-"):
        if words[0] not in below:
            return [words[0]] if "recognise" not in below else []
        return wrong_options(below[words[0]], words[1:])
    known = {option for action in parser._actions for option in action.option_strings}
    named = [word for word in words if word.startswith("--")] if known else []
    return [word for word in named if word.split("=")[0] not in known]


@pytest.mark.parametrize(("place", "words"), told("manage.py"))
def test_a_management_command_exists(place: str, words: list[str]) -> None:
    if len(words) == 1 or not re.fullmatch(r"[a-z]+", words[1]):
        return  # `manage.py` alone, or a NAME
    name = f"manage.py {words[1]}"
    if name in parsers():
        assert wrong_options(parsers()[name], words[2:]) == [], place
    else:
        from django.core.management import get_commands

        assert words[1] in get_commands() or words[1] == "help", f"{place}: {name}"


@pytest.mark.parametrize(("place", "words"), told("-m"))
def test_a_module_exists(place: str, words: list[str]) -> None:
    module = words[1]
    if module.isupper() or module in FOREIGN:
        return
    assert importlib.util.find_spec(module), f"{place}: python -m {module}"
    if (parser := parsers().get(f"python -m {module}")) is not None:
        assert wrong_options(parser, words[2:]) == [], place


@pytest.mark.parametrize(("place", "words"), told("make"))
def test_a_target_exists(place: str, words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert set(words[1:2]) <= set(targets), place


@pytest.mark.parametrize(("place", "words"), told("faces"))
def test_a_command_of_faces_exists(place: str, words: list[str]) -> None:
    name = "faces"
    for word in words[1:]:
        if f"{name} {word}" not in faces_commands():
            break
        name = f"{name} {word}"
    if len(words) > 1 and not words[1].startswith("-") and not words[1].isupper():
        assert name != "faces", f"{place}: {' '.join(words)}"
    known = {option for each in faces_commands()[name].params for option in each.opts}
    named = [word for word in words if word.startswith("--") and word != "--help"]
    assert [word for word in named if word.split("=")[0] not in known] == [], place


def test_a_block_that_is_not_run_says_why() -> None:
    assert all(len(block.not_run) > 10 for block in blocks_of_documents("sh") if block.not_run)


def test_a_wrong_option_is_noticed() -> None:
    assert wrong_options(parsers()["manage.py fleet"], ["--once", "--watch"]) == ["--watch"]
    assert wrong_options(parsers()["python -m recognition"], ["models", "--fetched", "x"])
