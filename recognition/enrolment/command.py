"""`python -m recognition enrol`: people's pictures into a gallery in a folder."""

import argparse
from collections.abc import Sequence

from recognition.console.commands import chosen_recognizer
from recognition.console.terminal import announce
from recognition.enrolment.gallery_check import by_person, known_examples, near_people
from recognition.enrolment.labelled_pictures import LabelledPicture, pictures_by_folder
from recognition.enrolment.learning import Learnt, NewExample, learn, lines_of
from recognition.enrolment.reading import ReadFace, read_faces
from recognition.gallery.gallery import FolderFiles, Gallery, check_model
from recognition.gallery.gallery_changes import add_examples
from recognition.gallery.names import name_key
from recognition.registry.models import model_named

PEOPLE_COMPARED = 4


def enrol(parsed: argparse.Namespace) -> bool:
    """Make or extend a gallery from a folder with a sub-folder a person. False when nobody of it
    has a usable picture."""
    files = FolderFiles(parsed.gallery)
    gallery = Gallery.load(files)
    recognizer = chosen_recognizer(parsed, gallery)
    if gallery is not None:
        check_model(gallery, recognizer.model)
    found = pictures_by_folder(parsed.folder)
    for one in found.passed_over:
        announce(f"{one.path} is left out: {one.why}")
    only_one = parsed.faces == "one"
    read = read_faces(found.pictures, recognizer, parsed.quality, announce, only_one)
    new = [_new_example(one, gallery) for one in read]
    learnt = learn(new, known_examples(gallery), model_named(recognizer.model))
    _say(found.pictures, new, learnt)
    if not new:
        return False
    people = by_person(learnt.examples)
    gallery = add_examples(files, recognizer.model, people)
    print(  # noqa: T201
        f"{len(learnt.examples)} pictures of {len(people)} people; "
        f"{len(gallery.people)} in the gallery"
    )
    return True


def _new_example(read: ReadFace, gallery: Gallery | None) -> NewExample:
    box = read.face.detected.box
    return NewExample(
        person=read.picture.person,
        source=str(read.picture.path),
        sha256=read.sha256,
        embedding=read.face.embedding,
        faces=read.sure_faces,
        box=(box.left, box.top, box.right, box.bottom),
        near=near_people(read.face.embedding, gallery),
        doubt=read.face.not_named,
    )


def _say(pictures: Sequence[LabelledPicture], new: Sequence[NewExample], learnt: Learnt) -> None:
    for line in lines_of(learnt):
        announce(line)
    have = {name_key(one.person) for one in new}
    for name in dict.fromkeys(picture.person for picture in pictures):
        if name_key(name) not in have:
            announce(
                f"{name} has no usable picture: give one that shows their face alone, "
                "from the front and sharp"
            )
