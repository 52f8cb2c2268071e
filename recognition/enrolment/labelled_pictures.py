"""The pictures of an enrolment: a folder for each person, or a CSV file.

Files are pictures by their content, whatever they are called. All that is passed over is listed
with its reason.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recognition.errors import NameRefused, RecognitionError
from recognition.gallery.names import clean_name
from recognition.images import begins_like_a_picture


class NoPictures(RecognitionError):
    """A folder or a list names no picture; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPicture:
    """A picture file, and whose face it shows."""

    path: Path
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A file or folder that gives no picture, and why."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPictures:
    """The pictures to enrol, and what was passed over."""

    pictures: tuple[LabelledPicture, ...]
    passed_over: tuple[PassedOver, ...] = ()


def pictures_by_folder(folder: Path) -> FoundPictures:
    """A sub-folder a person, named as the person is. Raises NoPictures, OSError."""
    found: list[LabelledPicture | PassedOver] = []
    for path in sorted(folder.iterdir()):
        found += _of_person(path)
    return _parted(found, f"{folder} has no sub-folder with pictures: make one for each person")


def _of_person(folder: Path) -> list[LabelledPicture | PassedOver]:
    """What a folder of a person holds; a single entry where the folder is no person's."""
    if folder.name.startswith("."):
        return [PassedOver(path=folder, why="Its name begins with a dot.")]
    if not folder.is_dir():
        why = _why_not_taken(folder) or "It lies in no person's folder."
        return [PassedOver(path=folder, why=why)]
    try:
        person, entries = clean_name(folder.name), sorted(folder.iterdir())
    except (NameRefused, OSError) as error:
        return [PassedOver(path=folder, why=_reason(error))]
    found = [_entry(path, person) for path in entries]
    if not any(isinstance(one, LabelledPicture) for one in found):
        found.append(PassedOver(path=folder, why="The folder holds no picture."))
    return found


def _entry(path: Path, person: str) -> LabelledPicture | PassedOver:
    why = _why_not_taken(path)
    return PassedOver(path=path, why=why) if why else LabelledPicture(path=path, person=person)


def _why_not_taken(path: Path) -> str:
    if path.name.startswith("."):
        return "Its name begins with a dot."
    if path.is_dir():
        return "Folders within a person's folder are not read: move the pictures up."
    try:
        if path.stat().st_size == 0:
            return "The file is empty."
        return "" if is_picture(path) else "The file is not a picture that can be read."
    except OSError as error:
        return _reason(error)


def is_picture(path: Path) -> bool:
    """Whether a file begins like a picture of a format that is taken. Decodes nothing.

    A picture that is damaged further on, or too large, is one: reading it says what is wrong.
    Raises OSError.
    """
    with path.open("rb") as file:
        return begins_like_a_picture(file.read(1024))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"It can't be read ({error.strerror})."
    return f"{error}."


def _parted(found: list[LabelledPicture | PassedOver], if_none: str) -> FoundPictures:
    """Pictures and the rest. Raises NoPictures where there is no picture."""
    pictures = tuple(one for one in found if isinstance(one, LabelledPicture))
    passed_over = tuple(one for one in found if isinstance(one, PassedOver))
    if not pictures:
        listed = "".join(f"\n  {one.path}: {one.why}" for one in passed_over[:20])
        raise NoPictures(if_none + listed)
    return FoundPictures(pictures=pictures, passed_over=passed_over)


def pictures_by_csv(folder: Path, labels: Path) -> FoundPictures:
    """A CSV file with the columns Image and Results. Raises NoPictures, OSError."""
    listed = listed_in_csv(folder, labels)
    found = [_labelled(one.path, one.word, f"{labels.name}, line {one.line}") for one in listed]
    named = {one.path for one in listed}
    rest = (path for path in sorted(folder.iterdir()) if path not in named and path != labels)
    found += [PassedOver(path=path, why=f"{labels.name} does not name it.") for path in rest]
    return _parted(found, f"{labels} names no picture")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPicture:
    """A line of a list: a file, and the word that stands beside it."""

    line: int
    path: Path
    word: str


def listed_in_csv(folder: Path, labels: Path) -> list[ListedPicture]:
    """The lines of a CSV file with the columns Image and Results. Raises NoPictures, OSError."""
    files = sorted(folder.iterdir())
    by_name = {path.name: path for path in files}
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        by_stem[path.stem].append(path)
    found = []
    for line, image, word in _read_labels(labels):
        paths = [by_name[image]] if image in by_name else by_stem.get(image, [])
        if len(paths) != 1:
            which = " and ".join(path.name for path in paths)
            why = f"has both {which}, so name one of them" if paths else f"has no picture {image!r}"
            raise NoPictures(f"{labels}, line {line}: {folder} {why}")
        found.append(ListedPicture(line=line, path=paths[0], word=word))
    if not found:
        raise NoPictures(f"{labels} names no picture")
    return found


def _labelled(path: Path, person: str, where: str) -> LabelledPicture | PassedOver:
    try:
        return _entry(path, clean_name(person))
    except NameRefused as refusal:
        return PassedOver(path=path, why=f"{where}: {refusal}.")


def _read_labels(labels: Path) -> Iterator[tuple[int, str, str]]:
    try:
        with labels.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if not {"Image", "Results"} <= set(rows.fieldnames or ()):
                raise NoPictures(f"{labels} needs the columns Image,Results")
            for row in rows:
                image, person = (row["Image"] or "").strip(), (row["Results"] or "").strip()
                if not image or not person:
                    raise NoPictures(f"{labels}, line {rows.line_num}: a value is missing")
                yield rows.line_num, image, person
    except (UnicodeDecodeError, csv.Error) as error:
        raise NoPictures(f"{labels} is no CSV text ({error})") from None
