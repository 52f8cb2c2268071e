"""The documents stay readable: limits of what `python -m tests.support.readability` prints."""

from __future__ import annotations

from tests.support import readability

LONGEST_SENTENCE = 25
MEAN_SENTENCE = 15
README_LINES = 90


def test_sentences_are_short() -> None:
    found = readability.all_sentences()
    assert [one for one in found if one.words > LONGEST_SENTENCE] == []
    prose = [one.words for one in found if not one.in_table]
    assert sum(prose) / len(prose) < MEAN_SENTENCE


def test_markdown_is_wrapped() -> None:
    assert readability.long_lines() == []


def test_the_readme_is_a_page() -> None:
    lines = (readability.PROJECT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= README_LINES


def test_words_of_a_sentence_are_counted_without_code_and_links() -> None:
    text = "Run `make a b c` and read [the page](docs/x.md). It ends.\n\n```sh\nnot this\n```\n"
    assert [one.words for one in readability.sentences(text)] == [6, 2]
