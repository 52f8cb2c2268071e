"""CompreFace's API: its errors and shapes, people without pictures, ids of images. The real clients
are in tests/system/expendable/test_compreface.py."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from faceweb.access import identity
from faceweb.access.callers import issue_key
from faceweb.api import auth
from faceweb.compreface.errors import Refusal
from faceweb.compreface.image_ids import image_id, some_images, stored_image
from faceweb.compreface.shapes import plugins_of, sure_of
from faceweb.models import ApiKey, ExpectedPerson, Face
from faceweb.people import expected_people
from faceweb.people.erasure.person import ErasedPerson
from faceweb.people.erasure.records import forget_records
from faceweb.people.subjects import Subjects
from faceweb.replies.threads import run_in_thread
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from tests.support.factories import make_settings, picture_bytes
from tests.support.fakes import MemoryBucket
from tests.support.memory_files import MemoryFiles

pytestmark = [pytest.mark.django_db(transaction=True)]
PATH = "/api/v1/recognition"


def vector(number: int) -> Any:
    return np.eye(128, dtype=np.float32)[number]


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Subjects:
    """Ann with three examples, Bob with two."""
    files = MemoryFiles()
    rows = {"Ann": [vector(n) for n in range(3)], "Bob": [vector(n) for n in (4, 5)]}
    add_examples(files, "dlib", rows)
    in_memory = Subjects(files, MemoryBucket(), make_settings(), "tester")  # type: ignore[arg-type]
    monkeypatch.setattr(auth, "subjects", lambda settings, actor, collection: in_memory)
    return in_memory


def _form(fields: int) -> bytes:
    one = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    return one * fields + b"--x--\r\n"


async def call(verb: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    ask = getattr(AsyncClient(), verb)
    sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    answer = await ask(f"{PATH}/{path}", **sent, headers=headers)
    return answer.status_code, json.loads(answer.content)


async def test_a_subject_is_there_before_its_first_picture(people: Subjects) -> None:
    assert await call("post", "subjects", {"subject": "Carl"}) == (201, {"subject": "Carl"})
    assert await call("get", "subjects/") == (200, {"subjects": ["Ann", "Bob", "Carl"]})
    for name in ("carl", "ANN"):
        taken = {"code": 43, "message": "Subject already exists"}
        assert await call("post", "subjects", {"subject": name}) == (400, taken)

    assert await call("put", "subjects/Carl", {"subject": "Karl"}) == (200, {"updated": True})
    assert await call("delete", "subjects/Karl") == (200, {"subject": "Karl"})
    assert await call("get", "subjects") == (200, {"subjects": ["Ann", "Bob"]})


@pytest.mark.parametrize(
    ("name", "words"), [(" ", "Subject name is empty"), ("unknown", "can't be a person's name")]
)
async def test_a_name_that_can_not_be_one_is_refused(
    name: str, words: str, people: Subjects
) -> None:
    status, told = await call("post", "subjects", {"subject": name})

    assert (status, told["code"]) == (400, 26)
    assert words in told["message"]


async def test_examples_are_listed_page_by_page(people: Subjects) -> None:
    pages = [(await call("get", f"faces?page={page}&size=2"))[1] for page in range(4)]

    listed = [one for page in pages for one in page["faces"]]
    assert [one["subject"] for one in listed] == ["Ann"] * 3 + ["Bob"] * 2
    assert len({one["image_id"] for one in listed}) == 5
    assert [(page["total_pages"], page["total_elements"]) for page in pages] == [(3, 5)] * 4
    of_bob = (await call("get", "faces?subject=bob"))[1]
    assert of_bob["total_elements"] == 2


async def test_an_image_s_id_leads_back_to_its_example(people: Subjects) -> None:
    found = _images(people)

    again = [await run_in_thread(stored_image, people, one.id) for one in found]

    assert again == found
    for unknown in ("nonsense", image_id("0" * 8, "f" * 24)):
        with pytest.raises(Refusal) as refusal:
            await run_in_thread(stored_image, people, unknown)
        assert (refusal.value.code, refusal.value.status) == (44, 404)


def test_only_files_of_people_on_the_page_are_read(people: Subjects) -> None:
    gallery = people.gallery()
    assert gallery is not None
    everybody = sorted(gallery.people.values(), key=lambda one: one.name)

    class Read(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            asked_for.append(name)
            return gallery.examples[name]

    asked_for: list[str] = []
    some = Gallery(model="dlib", dimension=128, people=gallery.people, examples=Read())
    some_images(some, everybody, 3, 1)

    assert asked_for == [everybody[1].id]
    assert some_images(None, everybody, 0, 5) == []


@pytest.mark.parametrize(
    ("path", "fields", "status", "code", "words"),
    [
        ("recognition/recognize", {}, 400, 34, "Required part 'file' is not present"),
        ("verification/verify", {"source_image": b"x"}, 400, 34, "'target_image' is not present"),
        ("recognition/recognize?limit=-1", {"file": b"x"}, 400, 36, "limit"),
        ("recognition/recognize?det_prob_threshold=2", {"file": b"x"}, 400, 36, "less than"),
        ("recognition/recognize?detect_faces=false", {"file": b"x"}, 400, 36, "leave it out"),
        ("recognition/recognize", {"file": b"no picture"}, 400, 21, "not a picture"),
        ("recognition/faces", {"file": b"x"}, 400, 33, "'subject' is not present"),
        ("recognition/faces?subject=%20", {"file": b"x"}, 400, 26, "empty"),
        ("recognition/faces/nonsense/verify", {"file": b"x"}, 404, 44, "Image nonsense not found"),
    ],
)
@pytest.mark.usefixtures("waiters")
async def test_errors_have_compreface_s_codes(
    path: str, fields: dict[str, bytes], status: int, code: int, words: str, people: Subjects
) -> None:
    files = {name: SimpleUploadedFile("a.jpg", content) for name, content in fields.items()}
    answer = await AsyncClient().post(f"/api/v1/{path}", files)

    told = answer.json()
    assert (answer.status_code, told["code"], told.keys()) == (status, code, {"message", "code"})
    assert words in told["message"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; na"),
        ("multipart/form-data; boundary=x", _form(2_000)),
        ("application/json", b"{"),
    ],
    ids=["no-boundary", "cut-short", "many-fields", "no-json"],
)
async def test_what_can_not_be_read_is_told_in_our_words(
    people: Subjects, content_type: str, body: bytes
) -> None:
    path = "recognize" if content_type != "application/json" else "subjects"
    answer = await AsyncClient().post(f"{PATH}/{path}", data=body, content_type=content_type)
    told = json.loads(answer.content)

    assert answer.status_code == 400, told
    assert told.keys() == {"message", "code"}
    assert "DATA_UPLOAD" not in told["message"] and "boundary" not in told["message"]


async def test_keys_are_asked_for_as_compreface_asks(
    people: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = make_settings(require_api_key=True)
    monkeypatch.setattr(identity, "get_settings", lambda: strict)
    plain = await run_in_thread(issue_key, ApiKey(name="plain"))

    missing = await call("get", "subjects")
    wrong = await call("get", "subjects", **{"x-api-key": "efr_wrong"})
    lacking = await call("get", "subjects", **{"x-api-key": plain})

    assert missing == (400, {"code": 20, "message": "Missing header: x-api-key"})
    assert (wrong[0], wrong[1]["code"]) == (404, 10)
    assert (lacking[0], lacking[1]["message"]) == (
        403, "This key may not: it lacks the scope subjects."
    )  # fmt: skip


async def test_embeddings_need_a_key_that_may_read_them(people: Subjects) -> None:
    plain = await run_in_thread(issue_key, ApiKey(name="plain"))
    file = SimpleUploadedFile("a.jpg", picture_bytes())
    answer = await AsyncClient().post(
        f"{PATH}/recognize?face_plugins=calculator", {"file": file}, headers={"x-api-key": plain}
    )

    assert answer.status_code == 403
    assert "embeddings" in answer.json()["message"]


async def test_a_query_with_a_second_question_mark_is_read(people: Subjects) -> None:
    """As CompreFace's client for JavaScript writes it."""
    assert (await call("get", "faces?subject=bob?size=1"))[1]["page_size"] == 1


async def test_removing_the_last_example_leaves_the_subject(
    people: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Subjects, "remove_example", lambda self, person_id, example: None)
    monkeypatch.setattr(Subjects, "named", lambda self, name: None)

    status, told = await call("delete", "faces?subject=Bob")

    assert (status, told) == (200, {"deleted": 2})
    assert await run_in_thread(expected_people.names) == ["Bob"]


def test_faces_are_the_largest_of_which_the_detector_is_sure() -> None:
    small, large, unsure = (
        Face(left=0, top=0, right=size, bottom=size, probability=probability)
        for size, probability in ((10, 0.9), (30, 0.85), (90, 0.5))
    )
    assert sure_of([small, large, unsure], 0.8, 0) == [large, small]
    assert sure_of([small, large, unsure], 0.0, 1) == [unsure]
    assert plugins_of("calculator, age") == {"calculator", "age"}


def test_erasing_somebody_forgets_that_they_were_expected() -> None:
    for name in ("Ann Lee", "Bob"):
        expected_people.expect(name)

    class Erasure:
        person_id = "1"
        ids: tuple[str, ...] = ("1",)
        names = ("ann lee",)
        name_hashes: tuple[str, ...] = ()
        counts: dict[str, int] = {}

    forget_records(ErasedPerson(erasure=Erasure()))  # type: ignore[arg-type]

    assert list(ExpectedPerson.objects.values_list("name", flat=True)) == ["Bob"]


async def test_embeddings_are_compared_with_people_and_with_each_other(people: Subjects) -> None:
    ann = (vector(0) + vector(1) + vector(2)).tolist()
    nobody = vector(100).tolist()

    status, told = await call(
        "post", "embeddings/recognize?prediction_count=2", {"embeddings": [ann, nobody]}
    )
    pair = await AsyncClient().post(
        "/api/v1/verification/embeddings/verify",
        data=json.dumps({"source": ann, "targets": [ann, nobody]}),
        content_type="application/json",
    )

    first, second = told["result"]
    assert status == 200 and first["embedding"] == ann
    assert [one["subject"] for one in first["similarities"]] == ["Ann", "Bob"]
    assert first["similarities"][0]["similarity"] > second["similarities"][0]["similarity"]
    same, other = json.loads(pair.content)["result"]
    assert same["similarity"] > 0.5 > other["similarity"]


async def test_an_embedding_is_compared_with_a_stored_example(people: Subjects) -> None:
    [image] = [one.as_json()["image_id"] for one in _images(people)[:1]]

    status, told = await call(
        "post", f"embeddings/faces/{image}/verify", {"embeddings": [vector(0).tolist()]}
    )

    assert status == 200 and len(told["result"]) == 1
    assert 0.0 <= told["result"][0]["similarity"] <= 1.0


@pytest.mark.parametrize("values", [[1.0] * 127, [], ["x"] * 128, [float("inf")] * 128])
async def test_what_is_no_embedding_of_the_model_is_refused(people: Subjects, values: Any) -> None:
    status, told = await call("post", "embeddings/recognize", {"embeddings": [values]})

    assert status == 400 and told["message"]


def _images(people: Subjects) -> Any:
    gallery = people.gallery()
    assert gallery is not None
    return some_images(gallery, list(gallery.people.values()), 0, 9)
