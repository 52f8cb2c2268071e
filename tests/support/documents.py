"""The commands that documents tell: fenced blocks, and code between words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.readability import PROJECT, documents

FENCE = re.compile(r"^\s*```(\w*)")
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(manage\.py|-m|^make|^faces) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of a document.

    Parameters:
        file: the document, relative to the project.
        line: the line of its fence.
        language: what the fence names, such as `sh`.
        not_run: why no test runs it; empty where one does.
    """

    file: str
    line: int
    language: str
    text: str
    not_run: str


def blocks_of_documents(*languages: str) -> list[Block]:
    """Return the blocks of README and docs that are in one of the languages."""
    found = []
    for page in documents():
        if "decisions" not in page.parts:
            name = str(page.relative_to(PROJECT))
            found.extend(_blocks(name, page.read_text(encoding="utf-8")))
    return [block for block in found if block.language in languages]


def _blocks(file: str, text: str) -> Iterator[Block]:
    inside: list[str] | None = None
    reason = language = ""
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        fence = FENCE.match(line)
        if fence and inside is None:
            inside, start, language = [], number, fence[1]
        elif fence and inside is not None:
            block = "\n".join(inside)
            yield Block(file=file, line=start, language=language, text=block, not_run=reason)
            inside, reason = None, ""
        elif inside is not None:
            inside.append(line)
        elif line.strip():
            said = NOT_RUN.fullmatch(line.strip())
            reason = said[1] if said else ""


def told_commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command that a document tells, split into words, with its place."""
    for block in blocks_of_documents("sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            yield from _commands(f"{block.file}:{block.line}", line)
    for page in documents():
        name = str(page.relative_to(PROJECT))
        for code in CODE.findall(page.read_text(encoding="utf-8")):
            if COMMAND.search(code):
                yield from _commands(name, code)


def _commands(place: str, line: str) -> Iterator[tuple[str, list[str]]]:
    for part in re.split(r"\$\(|[|;)]|&&", line.split(" # ", 1)[0]):
        try:
            words = [word.removeprefix(".venv/bin/") for word in shlex.split(part)]
        except ValueError:  # a quotation that reaches beyond this part
            words = part.split()
        while words and "=" in words[0] and not words[0].startswith("-"):
            words = words[1:]
        if words:
            yield place, words
