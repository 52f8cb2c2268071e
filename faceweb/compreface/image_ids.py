"""Makes CompreFace's UUIDs of examples, which are named here by their hash and their person.

The UUID holds both: 24 hex digits of the example's id, then the first 8 of the person's.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faceweb.compreface.errors import no_image
from faceweb.models import ExamplePicture, Subject
from faceweb.people.subjects import NoSuchSubject, Subjects
from recognition.gallery.gallery import Gallery, Person, example_id
from recognition.types import Embedding

EXAMPLE_DIGITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An example, and whose it is."""

    person: Person
    example: str

    @property
    def id(self) -> str:
        """The UUID by which CompreFace's clients name the example."""
        return image_id(self.person.id, self.example)

    def as_json(self) -> dict[str, str]:
        """The image as CompreFace lists it."""
        return {"image_id": self.id, "subject": self.person.name}


def image_id(person_id: str, example: str) -> str:
    """The UUID of an example of a person."""
    return str(uuid.UUID(hex=example[:EXAMPLE_DIGITS] + person_id[:8]))


def stored_image(people: Subjects, wanted: str) -> StoredImage:
    """The example with this UUID. Raises Refusal."""
    try:
        digits = uuid.UUID(wanted).hex
    except ValueError:
        raise no_image(wanted) from None
    example, whose = digits[:EXAMPLE_DIGITS], digits[EXAMPLE_DIGITS:]
    for person_id in _whose(people.gallery(), example, whose):
        try:
            if any(one.id == example for one in people.examples(person_id)):
                return StoredImage(person=people.get(person_id), example=example)
        except NoSuchSubject:
            continue
    raise no_image(wanted)


def look_of(people: Subjects, image: StoredImage) -> Embedding:
    """What an example looks like to the gallery's model. Raises Refusal."""
    gallery = people.gallery()
    rows = gallery.examples[image.person.id] if gallery else ()
    for row in rows:
        if example_id(row) == image.example:
            return row
    raise no_image(image.id)


def _whose(gallery: Gallery | None, example: str, whose: str) -> Iterator[str]:
    """Whose example it can be: the person's own, or of who they were merged into since."""
    if gallery is not None:
        yield from (person_id for person_id in gallery.people if person_id.startswith(whose))
    merged = Subject.objects.filter(pk__startswith=whose, merged_into__isnull=False)
    yield from (row.now.pk for row in merged.select_related("merged_into"))
    yield from ExamplePicture.objects.filter(example_id=example).values_list("person_id", flat=True)


def some_images(
    gallery: Gallery | None, people: Sequence[Person], first: int, count: int
) -> list[StoredImage]:
    """A page of the examples of these people. Only the files of people on it are read."""
    found: list[StoredImage] = []
    for person in people:
        if len(found) >= count or gallery is None:
            break
        if first >= person.examples:
            first -= person.examples
            continue
        rows = list(gallery.examples[person.id])[first : first + count - len(found)]
        found += [StoredImage(person=person, example=example_id(row)) for row in rows]
        first = 0
    return found
