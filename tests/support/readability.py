"""Five figures of how readable the documents are: `python -m tests.support.readability`.

The mean is of paragraphs and list items. The longest may also stand in a cell of a table. Code is
left out.
`--worst 20` lists the longest sentences with their files.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("foundation", "recognition", "workers", "scaler", "faceweb", "localcloud", "deploy")
LINE = 100
Function = ast.FunctionDef | ast.AsyncFunctionDef
FENCE = re.compile(r"^\s*(```|~~~)")
LIST_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
END = re.compile(r"(?<=[.!?])[\"')*_]*\s+(?=\S)")
WORD = re.compile(r"[^\W_][\w'’.,/:=*<>-]*", re.UNICODE)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a document, with the number of its words."""

    file: str
    text: str
    words: int
    in_table: bool


@dataclass(frozen=True)
class Figures:
    """The five figures, with those of sentences for README and docs together."""

    longest_sentence: int
    mean_sentence: float
    words: int
    long_lines: int
    without_docstring: int
    public_functions: int


def documents(root: Path = PROJECT) -> list[Path]:
    """Return the README and every page under docs/ that a person wrote."""
    pages = (root / "docs").rglob("*.md")
    return [root / "README.md", *sorted(page for page in pages if "upstream" not in page.parts)]


def blocks(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each paragraph, list item and cell of a table, and whether it is a cell."""
    gathered: list[str] = []
    fenced = front_matter = False
    for number, line in enumerate([*text.splitlines(), ""]):
        if line.strip() == "---" and (number == 0 or front_matter):
            front_matter = number == 0
            continue
        if FENCE.match(line):
            fenced = not fenced
            continue
        if fenced or front_matter:
            continue
        bare = line.strip()
        starts = LIST_ITEM.match(line) is not None
        alone = bare.startswith(("#", "|", "!!!", "???", ":::", "<"))
        if gathered and (not bare or starts or alone):
            yield _plain(" ".join(gathered)), False
            gathered = []
        if bare.startswith("|"):
            yield from ((_plain(cell), True) for cell in bare.strip("|").split("|"))
        elif bare and not alone:
            gathered.append(LIST_ITEM.sub("", line).strip())


def _plain(text: str) -> str:
    text = re.sub(r"!\[([^\]]*)\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<[^>]+>", "", text)
    return re.sub(r"`[^`]*`", "code", text).replace("**", "").strip()


def sentences(text: str, file: str = "") -> list[Sentence]:
    """Return the sentences of a Markdown text."""
    found = []
    for block, in_table in blocks(text):
        for part in END.split(block):
            words = len(WORD.findall(part or ""))
            if words:
                found.append(Sentence(file, part, words, in_table))
    return found


def public_functions(root: Path = PROJECT) -> Iterator[tuple[str, Function]]:
    """Yield the public functions and methods of the product, with the file of each."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _public(path, ast.parse(path.read_text(encoding="utf-8")))


def _public(path: Path, tree: ast.AST) -> Iterator[tuple[str, Function]]:
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public(path, node)
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield str(path.relative_to(PROJECT)), node


def all_sentences(root: Path = PROJECT) -> list[Sentence]:
    """Return the sentences of every document."""
    return [
        sentence
        for page in documents(root)
        for sentence in sentences(
            page.read_text(encoding="utf-8"), str(page.relative_to(root))
        )
    ]  # fmt: skip


def long_lines(root: Path = PROJECT) -> list[str]:
    """Return `file:line` of each Markdown line over 100, tables and links apart."""
    pages = [*documents(root), *(root / name for name in ("ARCHITECTURE.md", "CHANGELOG.md"))]
    return [
        f"{page.relative_to(root)}:{number}"
        for page in pages
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LINE and _could_be_wrapped(line)
    ]


def _could_be_wrapped(line: str) -> bool:
    """Rows of tables can't be wrapped, nor can a line that is one link or one command."""
    bare = line.strip()
    return not bare.startswith("|") and " " in re.sub(r"\[[^\]]*\]\([^)]*\)", "", bare)


def figures(root: Path = PROJECT) -> Figures:
    """Measure README, docs and the product's code."""
    found = all_sentences(root)
    prose = [sentence.words for sentence in found if not sentence.in_table]
    functions = list(public_functions(root))
    return Figures(
        longest_sentence=max(sentence.words for sentence in found),
        mean_sentence=sum(prose) / len(prose),
        words=sum(sentence.words for sentence in found),
        long_lines=len(long_lines(root)),
        without_docstring=sum(ast.get_docstring(node) is None for _, node in functions),
        public_functions=len(functions),
    )


def main() -> None:
    """Print the figures, and on request the longest sentences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worst", type=int, default=0, help="how many long sentences to list")
    asked = parser.parse_args()
    measured = figures()
    print(f"longest sentence: {measured.longest_sentence} words")
    print(f"mean sentence: {measured.mean_sentence:.1f} words")
    print(f"words in README and docs: {measured.words}")
    print(f"Markdown lines over {LINE}: {measured.long_lines}")
    print(
        f"public functions without a docstring: {measured.without_docstring} "
        f"of {measured.public_functions}"
    )
    by_length = sorted(all_sentences(), key=lambda sentence: -sentence.words)
    for sentence in by_length[: asked.worst]:
        print(f"{sentence.words:4}  {sentence.file}: {sentence.text}")


if __name__ == "__main__":
    main()
