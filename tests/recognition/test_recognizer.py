"""The pipeline: which face answers, what each face carries, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from recognition.errors import BrokenModel, GalleryModelMismatch, PictureTooLarge
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from recognition.images import PictureLimits
from recognition.open_set import DecisionSettings
from recognition.recognizer import SAME_PERSON, Recognizer
from recognition.types import NO_FACE, UNKNOWN, Face
from tests.recognition.fakes import FakeDetector, FakeEmbedder, face_at, vector
from tests.recognition.pictures import astronaut, jpeg, noise, png, scaled
from tests.support.memory_files import MemoryFiles

PICTURE = png(noise(200, 150))


def gallery_of(**people: np.ndarray) -> Gallery:
    return add_examples(MemoryFiles(), "dlib", {name: [row] for name, row in people.items()})


def test_no_face_is_an_answer() -> None:
    seen = Recognizer(FakeDetector(), FakeEmbedder()).recognise(PICTURE, gallery_of(Ann=vector(1)))

    assert (seen.answer, seen.faces) == (NO_FACE, ())
    assert (seen.width, seen.height) == (200, 150)


def test_every_face_is_named_and_the_largest_answers() -> None:
    detector = FakeDetector(face_at(10, 10, 90), face_at(120, 10, 50), face_at(120, 80, 40))
    embedder = FakeEmbedder(vector(2), vector(1), vector(3))
    seen = Recognizer(detector, embedder).recognise(
        PICTURE, gallery_of(Ann=vector(1), Bob=vector(2))
    )

    assert seen.answer == "Bob"
    assert [face.identity for face in seen.faces] == ["Bob", "Ann", None]
    assert seen.faces[0].distance == pytest.approx(0.0, abs=1e-6)
    assert seen.faces[0].similarity == 1.0
    far = seen.faces[2]
    assert far.distance is not None and far.distance > 0.6
    assert far.similarity is not None and 0.0 <= far.similarity < 0.5
    assert all(face.quality is not None for face in seen.faces)


def test_unknown_is_an_answer() -> None:
    recognizer = Recognizer(FakeDetector(face_at(10, 10, 90)), FakeEmbedder(vector(9)))

    assert recognizer.recognise(PICTURE, gallery_of(Ann=vector(1))).answer == UNKNOWN
    assert recognizer.recognise(PICTURE, None).answer == UNKNOWN
    empty = Gallery(model="dlib", dimension=128)
    assert recognizer.recognise(PICTURE, empty).faces[0].distance is None


def test_the_threshold_decides() -> None:
    near = vector(1) + np.float32(0.02) * vector(2)
    faces, gallery = FakeDetector(face_at(10, 10, 90)), gallery_of(Ann=vector(1))

    def answer(threshold: float) -> str:
        deciding = DecisionSettings(threshold=threshold)
        recognizer = Recognizer(faces, FakeEmbedder(near), deciding=deciding)
        return recognizer.recognise(PICTURE, gallery).answer

    assert answer(0.03) == "Ann"
    assert answer(0.01) == UNKNOWN


def test_a_face_that_the_filter_leaves_out_gets_no_name_and_does_not_answer() -> None:
    detector = FakeDetector(face_at(10, 10, 90, probability=0.75), face_at(120, 10, 50))
    embedder = FakeEmbedder(vector(1), vector(2))
    people = gallery_of(Ann=vector(1), Bob=vector(2))
    seen = Recognizer(detector, embedder, quality="auto").recognise(PICTURE, people)

    doubtful = seen.faces[1]
    assert doubtful.left_out == "hardly a face (0.75 of 0.90 probable)"
    assert doubtful.identity is None
    assert seen.answer == "Bob"


def test_when_all_faces_are_left_out_the_answer_is_unknown() -> None:
    recognizer = Recognizer(
        FakeDetector(face_at(10, 10, 8)), FakeEmbedder(vector(1)), quality="strict"
    )

    assert recognizer.recognise(PICTURE, gallery_of(Ann=vector(1))).answer == UNKNOWN


def test_a_gallery_of_another_model_is_refused() -> None:
    gallery = add_examples(MemoryFiles(), "vggface2", {"Ann": [vector(1, 512)]})

    with pytest.raises(GalleryModelMismatch, match="made by the model vggface2, not by dlib"):
        Recognizer(FakeDetector(), FakeEmbedder()).recognise(PICTURE, gallery)


def test_an_embedding_without_numbers_is_no_answer() -> None:
    broken = np.full(128, np.nan, np.float32)
    recognizer = Recognizer(FakeDetector(face_at(10, 10, 90)), FakeEmbedder(broken))

    with pytest.raises(BrokenModel, match="is damaged; delete"):
        recognizer.recognise(PICTURE, None)


def test_limits_hold() -> None:
    recognizer = Recognizer(FakeDetector(), FakeEmbedder(), limits=PictureLimits(max_pixels=100))

    with pytest.raises(PictureTooLarge):
        recognizer.recognise(PICTURE, None)


def test_a_large_jpeg_is_decoded_reduced_and_told_in_its_own_pixels() -> None:
    content = jpeg(scaled(astronaut(), 4000, 3000))
    detector = FakeDetector(face_at(100, 200, 50, landmarks=((110.0, 210.0),)))
    seen = Recognizer(detector, FakeEmbedder()).embed(content)

    assert (seen.width, seen.height) == (4000, 3000)
    face = seen.faces[0]
    assert (face.detected.box.left, face.detected.box.bottom) == (200.0, 500.0)
    assert face.detected.landmarks == ((220.0, 420.0),)
    assert face.quality is not None and face.quality.size_pixels == 100.0


def test_boxes_are_clipped_and_a_face_that_the_edge_cuts_off_does_not_answer() -> None:
    detector = FakeDetector(face_at(140, 20, 120), face_at(10, 10, 60))
    seen = Recognizer(detector, FakeEmbedder(vector(1), vector(2))).recognise(
        PICTURE, gallery_of(Ann=vector(1), Bob=vector(2))
    )

    assert seen.answer == "Bob"
    boxes = [face.detected.box for face in seen.faces]
    assert [(box.right, box.bottom) for box in boxes] == [(70, 70), (200, 140)]
    assert [face.inside for face in seen.faces] == [1.0, 0.5]


def test_a_doubtful_face_has_a_reason_and_no_name_unless_the_request_asks() -> None:
    detector, people = FakeDetector(face_at(10, 10, 90, probability=0.8)), gallery_of(Ann=vector(1))
    recognizer = Recognizer(detector, FakeEmbedder(vector(1)))

    seen = recognizer.recognise(PICTURE, people)
    assert (seen.answer, seen.faces[0].identity) == (UNKNOWN, None)
    assert seen.faces[0].not_named == "hardly a face (0.80 probable, 0.90 needed)"
    asked = DecisionSettings(least_probability=0.7)
    assert recognizer.recognise(PICTURE, people, asked).answer == "Ann"


def test_a_near_miss_carries_the_nearest_people() -> None:
    people = gallery_of(Ann=vector(1), Bob=vector(2), Cem=vector(3))
    near_miss = vector(1) + np.float32(0.43) * vector(7)
    recognizer = Recognizer(FakeDetector(face_at(10, 10, 90)), FakeEmbedder(near_miss))
    (face,) = recognizer.recognise(PICTURE, people, DecisionSettings(candidates=2)).faces

    assert face.identity is None and face.person_id is None
    assert face.candidates[0].name == "Ann"
    assert len(face.candidates) == 2
    assert face.similarity == face.candidates[0].similarity
    assert 0.2 < (face.similarity or 0.0) < 0.5


def test_a_larger_gallery_is_stricter() -> None:
    near = vector(1) + np.float32(0.35) * vector(7)
    recognizer = Recognizer(FakeDetector(face_at(10, 10, 90)), FakeEmbedder(near))
    many = add_examples(
        MemoryFiles(), "dlib", {f"person {n}": [vector(n)] for n in (1, *range(100, 400))}
    )

    assert recognizer.recognise(PICTURE, gallery_of(Ann=vector(1))).answer == "Ann"
    assert recognizer.recognise(PICTURE, many).answer == UNKNOWN


def test_verifying_has_a_threshold_of_its_own() -> None:
    recognizer = Recognizer(
        FakeDetector(face_at(10, 10, 90)), FakeEmbedder(), deciding=DecisionSettings(threshold=1e-3)
    )
    first, second = (
        Face(detected=face_at(0, 0, 50), embedding=row)
        for row in (vector(1), vector(1) + np.float32(0.4) * vector(2))
    )

    assert recognizer.compare(first, second).identity == SAME_PERSON
