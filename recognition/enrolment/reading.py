"""The face of each labelled picture, embedded; the others are reported with the reason."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recognition.detection.quality import QualityFilter
from recognition.enrolment.labelled_pictures import LabelledPicture
from recognition.enrolment.learning import why_not_learnt
from recognition.errors import PictureError
from recognition.recognizer import Recognizer
from recognition.types import Face, Recognition


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadFace:
    """What was seen in a picture, the SHA-256 of the file, and how many sure faces there are."""

    picture: LabelledPicture
    sha256: str
    seen: Recognition
    sure_faces: int

    @property
    def face(self) -> Face:
        """The picture's own face."""
        return self.seen.faces[0]


def read_faces(
    pictures: Sequence[LabelledPicture],
    recognizer: Recognizer,
    quality: QualityFilter,
    tell: Callable[[str], None],
    only_one: bool = False,
) -> Iterator[ReadFace]:
    """The face of each picture that has a good one. `tell` is called with what is left out."""
    for picture in with_progress(pictures):
        try:
            content = picture.path.read_bytes()
            seen = recognizer.embed(content, quality)
        except (PictureError, OSError) as error:
            tell(f"{picture.path} is left out: {error}")
            continue
        sure = sure_faces(seen)
        if why := why_not_learnt([face.left_out for face in seen.faces], sure, only_one):
            tell(f"{picture.path} is left out: {why}")
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        yield ReadFace(picture=picture, sha256=sha256, seen=seen, sure_faces=sure)


def sure_faces(seen: Recognition) -> int:
    """How many faces could have a name."""
    return sum(face.left_out is None and face.not_named is None for face in seen.faces)


def with_progress(pictures: Sequence[LabelledPicture]) -> Iterator[LabelledPicture]:
    """Count on the terminal, where somebody watches."""
    watched = sys.stderr.isatty()
    for number, picture in enumerate(pictures, start=1):
        if watched:
            sys.stderr.write(f"\r{number} of {len(pictures)} pictures")
            sys.stderr.flush()
        yield picture
    if watched:
        sys.stderr.write("\n")
