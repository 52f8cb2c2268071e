"""What is to be said about faces before they become examples: rows -> the recogniser's rules."""

from collections.abc import Iterable, Sequence

from faceweb.models import Face
from faceweb.people.faces.likeness import looks_of
from recognition.enrolment.learning import Known, Learnt, NearPerson, NewExample, learn
from recognition.gallery.gallery import Gallery, example_id
from recognition.gallery.names import name_key
from recognition.registry.models import known_models


def sure_faces(faces: Iterable[Face]) -> int:
    """How many faces could be somebody's."""
    return sum(not face.left_out and not face.not_named for face in faces)


def new_example(
    face: Face, person: str, source: str, sha256: str, faces: int, gallery: Gallery | None
) -> NewExample:
    """A row as an example to be. The worker wrote down which people of the gallery it is near
    to."""
    people = gallery.people if gallery else {}
    return NewExample(
        person=person,
        source=source,
        embedding=looks_of(face.embedding),
        sha256=sha256,
        faces=faces,
        box=face.box,
        near=[
            NearPerson(name=people[person_id].name, distance=distance)
            for person_id, distance, _ in face.candidates
            if person_id in people
        ],
        doubt=face.not_named or None,
    )


def checked(new: Sequence[NewExample], gallery: Gallery | None, model: str) -> Learnt:
    """What to add to the gallery of the new examples, and the warnings."""
    # Workers may know a model that is not known here.
    return learn(new, _known(new, gallery), known_models().get(model))


def _known(new: Sequence[NewExample], gallery: Gallery | None) -> Known:
    """The examples of the people who get more. Others' files are not read."""
    if gallery is None:
        return Known()
    people = {person.id: person for one in new if (person := gallery.person_named(one.person))}
    examples = {
        name_key(person.name): {example_id(row) for row in gallery.examples[person.id]}
        for person in people.values()
    }
    return Known(examples=examples, count=gallery.example_count)
