"""What is told of what was said about faces."""

from __future__ import annotations

from faceweb.models import Change
from faceweb.pages.faces.outcome import Outcome


def told(*names: str) -> list[tuple[str, list[int]]]:
    outcome = Outcome()
    for number, name in enumerate(names):
        outcome.note(name, [Change(pk=number)])
    return outcome.sentences()


def test_two_names_are_two_sentences_each_with_its_undo() -> None:
    assert told("Ann", "Bea") == [("This is Ann.", [0]), ("This is Bea.", [1])]


def test_many_names_are_one_sentence_with_one_undo() -> None:
    assert told("Ann", "Bea", "Cleo") == [("Ann, Bea and Cleo are named: 3 faces.", [0, 1, 2])]
