"""Names of pictures and answers."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from faceweb.intake.names import MAX_NAME_BYTES, answer_name, candidate_keys, safe_filename
from foundation.messages import answer_key

SHA = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("test_00.jpg", "test_00.jpg"),
        ("a:b.jpg", "a_b.jpg"),  # the colon separates name and result in the answer
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\\b.jpg", "a_b.jpg"),
        ("line\nbreak\x00.jpg", "linebreak.jpg"),
        ("evil\u202egpj.exe", "evilgpj.exe"),  # right-to-left override
        ("", "picture"),
        ("...", "picture"),
        ("   ", "picture"),
        ("Zoë Ωmega.png", "Zoë Ωmega.png"),
    ],
)
def test_names_are_made_safe(sent: str, kept: str) -> None:
    assert safe_filename(sent) == kept


def test_a_long_name_keeps_its_extension() -> None:
    kept = safe_filename("x" * 300 + ".jpeg")

    assert len(kept.encode()) == MAX_NAME_BYTES
    assert kept.endswith(".jpeg")


@given(st.text(max_size=400))
def test_any_text_becomes_a_name_that_stays_what_it_is(name: str) -> None:
    kept = safe_filename(name)

    assert 0 < len(kept.encode()) <= MAX_NAME_BYTES
    assert not set(kept) & set(":/\\\n\r\x00")
    assert safe_filename(kept) == kept


@given(st.text(max_size=400))
def test_every_name_has_an_answer_key(name: str) -> None:
    for picture_key, its_answer in candidate_keys(safe_filename(name), SHA):
        assert picture_key.startswith(its_answer)
        assert its_answer


def test_keys_follow_the_contract_and_a_taken_name_gets_a_suffix() -> None:
    keys = list(candidate_keys("test_00.jpg", SHA))

    assert keys[0] == ("test_00.jpg", "test_00")
    assert keys[1] == ("test_00-01234567.jpg", "test_00-01234567")


@pytest.mark.parametrize(
    ("filename", "stem"), [("a.jpg", "a"), ("a.b.jpg", "a.b"), ("noext", "noext"), (".x", ".x")]
)
def test_stem(filename: str, stem: str) -> None:
    assert answer_key(filename) == stem


def test_the_answer_names_the_whole_file_or_its_stem() -> None:
    assert answer_name("test_00.jpg", "full") == "test_00.jpg"
    assert answer_name("test_00.jpg", "stem") == "test_00"
