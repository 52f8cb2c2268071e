"""What is told of pictures that were to become examples."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.urls import reverse

from faceweb.people.examples.teaching import NoAnswerInTime
from faceweb.people.subjects import Learned


def told(found: Learned | Exception) -> str:
    return render_to_string("faceweb/adding_rows.html", {"rows": [("a.jpg", found)]})


def test_a_picture_says_whom_it_was_added_to_and_shows_the_face() -> None:
    row = told(Learned(id="ann", name="Ann", examples=1, warnings=("Two faces.",), example="e1"))

    assert 'class="added"' in row
    assert "added to" in row and ">Ann</a>" in row and "Two faces." in row
    assert reverse("example-picture", args=["ann", "e1"]) in row


def test_a_picture_that_was_an_example_before_says_so() -> None:
    row = told(Learned(id="ann", name="Ann", examples=1, warnings=(), example=""))

    assert 'class="known"' in row and "already an example of" in row and "<img" not in row


def test_a_picture_that_was_not_added_says_why() -> None:
    row = told(NoAnswerInTime("No worker answered in time."))

    assert 'class="refused"' in row and "No worker answered in time." in row
