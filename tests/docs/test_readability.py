"""The documents stay readable: limits of what `python -m tests.support.readability` prints."""

from __future__ import annotations

import ast

from tests.support import readability

LONGEST_SENTENCE = 25
MEAN_SENTENCE = 15
README_LINES = 90
ROOMS = ("faceweb", "workers", "scaler", "foundation", "recognition")


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


def test_a_module_says_in_its_first_line_what_it_is_for() -> None:
    files = [file for room in ROOMS for file in (readability.PROJECT / room).rglob("*.py")]
    code = [file for file in files if "migrations" not in file.parts and file.stat().st_size]
    heads = {
        str(file.relative_to(readability.PROJECT)): ast.get_docstring(ast.parse(file.read_bytes()))
        for file in code
    }
    assert len(heads) > 400
    assert [name for name, text in heads.items() if not says_all_at_once(text or "")] == []


def says_all_at_once(docstring: str) -> bool:
    """Whether the first line is a whole sentence."""
    return docstring.partition("\n")[0].endswith((".", "?"))


def test_a_first_line_that_is_cut_off_is_noticed() -> None:
    assert says_all_at_once("Names faces.\n\nIt is pure.")
    assert not says_all_at_once("Names faces, and\nmore.")


def test_words_of_a_sentence_are_counted_without_code_and_links() -> None:
    text = "Run `make a b c` and read [the page](docs/x.md). It ends.\n\n```sh\nnot this\n```\n"
    assert [one.words for one in readability.sentences(text)] == [6, 2]
