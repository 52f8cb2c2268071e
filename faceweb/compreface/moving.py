"""Moves people from a CompreFace here: a hundred pictures at a time, and on from there next time.

A file remembers the ids of finished images, and is deleted at the end. It holds no name.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faceweb.compreface.source import Source, SourceImage
from faceweb.people.examples.enrolment import EnrolmentSummary
from foundation.parts import in_parts
from recognition.enrolment.labelled_pictures import LabelledPicture
from recognition.errors import NameRefused
from recognition.gallery.names import clean_name

AT_ONCE = 100
NO_PICTURE = "CompreFace kept no picture of it"

Count = Callable[[int, int], None]
"""Told how many there are, and how many are done."""

Enrol = Callable[[Sequence[LabelledPicture]], EnrolmentSummary]


@dataclass(slots=True, kw_only=True)
class Moved:
    """What became of the images. `left_out` has a reason for each image's id."""

    enrolled: dict[str, int] = field(default_factory=dict)
    already: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    without_pictures: int = 0

    def add(self, summary: EnrolmentSummary) -> None:
        """Count what one enrolment did."""
        for person, count in summary.enrolled.items():
            self.enrolled[person] = self.enrolled.get(person, 0) + count
        self.already += summary.already
        self.left_out |= {Path(path).stem: why for path, why in summary.left_out.items()}


class Progress:
    """Which images are done, in a file."""

    def __init__(self, folder: Path, url: str) -> None:
        self._file = folder / f"importcompreface-{hashlib.sha256(url.encode()).hexdigest()[:12]}"

    def done(self) -> set[str]:
        """The ids of images that earlier runs have moved."""
        return set(self._file.read_text().split()) if self._file.exists() else set()

    def note(self, ids: Sequence[str]) -> None:
        """Remember images that are moved."""
        with self._file.open("a") as file:
            file.write("".join(f"{one}\n" for one in ids))

    def forget(self) -> None:
        """Delete the file once all images are moved."""
        self._file.unlink(missing_ok=True)


def move(source: Source, progress: Progress, enrol: Enrol, count: Count) -> Moved:
    """Take over all images that are not done yet. Raises SourceRefused, and what `enrol` raises."""
    images, done, moved = list(source.images()), progress.done(), Moved()
    named = {image.subject for image in images}
    moved.without_pictures = sum(name not in named for name in source.subjects())
    finished = sum(image.id in done for image in images)
    count(len(images), finished)
    left = [image for image in images if image.id not in done]
    for some in in_parts(left, AT_ONCE):
        _move_some(source, some, enrol, moved)
        progress.note([image.id for image in some])
        finished += len(some)
        count(len(images), finished)
    progress.forget()
    return moved


def _move_some(source: Source, images: Sequence[SourceImage], enrol: Enrol, moved: Moved) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pictures = []
        for image in images:
            picture = _fetched(source, image, Path(folder))
            if isinstance(picture, str):
                moved.left_out[image.id] = picture
            else:
                pictures.append(picture)
        if pictures:
            moved.add(enrol(pictures))


def _fetched(source: Source, image: SourceImage, folder: Path) -> LabelledPicture | str:
    """The picture as a file, or why it is left out."""
    try:
        person = clean_name(image.subject)
    except NameRefused as refusal:
        return str(refusal)
    content = source.content(image)
    if not content:
        return NO_PICTURE
    path = folder / Path(image.id).name
    path.write_bytes(content)
    return LabelledPicture(path=path, person=person)
