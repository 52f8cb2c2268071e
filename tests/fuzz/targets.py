"""The doors: each target's examples, and what may come of them."""

from __future__ import annotations

import io
import json
import math
import tempfile
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from foundation import messages, task_messages
from foundation.errors import MalformedMessage
from recognition import images
from recognition.errors import GalleryError, PictureError
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from recognition.gallery.pack.gallery_pack import GalleryPack
from recognition.images import PictureLimits
from tests.fuzz.damage import altered, damaged, pictures, texts, values
from tests.fuzz.running import Target
from tests.support.memory_files import MemoryFiles
from workers.lambdas import events
from workers.videos import layout, results, video_options

LIMITS = PictureLimits(max_bytes=2**20, max_pixels=4_000_000)


def check_picture(example: bytes) -> str:
    """A picture is decoded to an array of the size that was said, or refused in words."""
    try:
        info = images.check(example, LIMITS)
    except PictureError as error:
        assert str(error)
        return type(error).__name__
    try:
        decoded, _ = images.decode(example, LIMITS)
    except PictureError:
        return "refused when it was decoded"
    assert decoded.ndim == 3 and decoded.dtype == np.uint8
    assert decoded.size <= 3 * LIMITS.max_pixels
    assert info.width > 0 and info.height > 0
    return "decoded"


def _form(name: str, content: bytes, frames: str) -> bytes:
    """A form with a picture, as a client of any kind writes it."""
    return (
        b'--x\r\nContent-Disposition: form-data; name="frames"\r\n\r\n'
        + _encoded(frames)
        + b'\r\n--x\r\nContent-Disposition: form-data; name="inputFile"; filename="'
        + _encoded(name)
        + b'"\r\nContent-Type: image/jpeg\r\n\r\n'
        + content
        + b"\r\n--x--\r\n"
    )


def upload_target() -> Target:
    from django.test import RequestFactory

    from faceweb.intake.names import MAX_NAME_BYTES, candidate_keys
    from faceweb.intake.uploads import UploadRefused, read_upload
    from faceweb.videos.uploads import read_video
    from tests.support.factories import make_settings

    settings = make_settings(max_upload_mb=1.0, max_video_mb=1.0, max_megapixels=4.0)
    factory = RequestFactory()

    def posted(body: bytes, kind: str) -> Any:
        return factory.generic("POST", "/", body, content_type=kind)

    def check(example: tuple[bytes, bytes]) -> str:
        body, boundary = example
        kind = f"multipart/form-data; boundary={boundary.decode('latin-1')}"
        try:
            upload = read_upload(posted(body, kind), settings)
        except UploadRefused as refusal:
            assert 400 <= refusal.status < 500 and refusal.sentence
            outcome = str(refusal.status)
        else:
            check_picture(upload.content)
            for input_key, output_key in candidate_keys(upload.filename, upload.sha256):
                assert "/" not in input_key and len(input_key.encode()) <= MAX_NAME_BYTES + 70
                assert output_key
            outcome = "taken"
        try:
            read_video(posted(body, kind), settings)
        except UploadRefused as refusal:
            assert 400 <= refusal.status < 500
        return outcome

    forms = st.builds(_form, texts, damaged(st.sampled_from(pictures())), texts)
    boundaries = st.sampled_from([b"x"] * 7 + [b"", b"\xff", b"x" * 300])
    return Target(
        name="upload",
        about="pictures and forms that are posted",
        examples=st.tuples(forms | damaged(forms), boundaries),
        check=check,
    )


def decoder_target() -> Target:
    return Target(
        name="decoder",
        about="pictures that a worker decodes",
        examples=damaged(st.sampled_from(pictures())) | st.binary(max_size=200),
        check=check_picture,
    )


REPLY = json.loads(
    messages.encode_reply(
        messages.Reply(
            job_id=uuid.UUID(int=7),
            state=messages.SUCCEEDED,
            answer="Ann",
            faces=(
                messages.FaceReply(
                    box=(1.0, 2.0, 3.0, 4.0), probability=0.9, landmarks=((1.0, 2.0),) * 5,
                    identity="Ann", distance=0.3, similarity=0.8, embedding=b"\0" * 8,
                ),
            ),
            width=10, height=10, model="dlib", gallery_version="v", instance_id="i-1",
            worker="w", started_at=1.0, finished_at=2.0, stage_milliseconds={"detect": 1.0},
            error_kind="", error="",
        )
    )
)  # fmt: skip


def reply_target() -> Target:
    """Parsed replies, and what the collector makes of them in the database."""
    from faceweb.models import Job
    from faceweb.people.faces.shown_faces import job_json
    from faceweb.replies.collector import QueueMessage
    from faceweb.replies.responses import record_replies
    from faceweb.replies.sweep import record_dead_letter
    from tests.support.factories import make_job

    def check(text: str) -> str:
        letter = QueueMessage(message_id=str(uuid.uuid4()), body=text, handle="h")
        try:
            reply = messages.decode_reply(text)
        except MalformedMessage as error:
            assert str(error)
            task_messages.job_id_of_task(text)
            task_messages.video_id_of_task(text)
            record_dead_letter(letter, 3)
            return "refused"
        assert messages.decode_reply(messages.encode_reply(reply)) is not None
        Job.objects.filter(pk=reply.job_id).delete()
        make_job(id=reply.job_id)
        (outcome,) = record_replies([reply])
        assert outcome.state == reply.state
        json.dumps(job_json(Job.objects.get(pk=reply.job_id)), allow_nan=False)
        return f"recorded as {reply.state}"

    texts_of_replies = altered(REPLY).map(json.dumps)
    raw = damaged(st.just(json.dumps(REPLY).encode())).map(lambda b: b.decode("latin-1"))
    return Target(
        name="replies",
        about="messages of the response queue, into the database",
        examples=texts_of_replies | raw | values.map(json.dumps) | texts,
        check=check,
    )


def _gallery_files() -> dict[str, bytes]:
    files, chance = MemoryFiles(), np.random.default_rng(1)
    people = {name: [chance.standard_normal(128).astype(np.float32)] for name in ("Ann", "Bo")}
    add_examples(files, "dlib", people)
    return files.files


def gallery_target() -> Target:
    whole = _gallery_files()
    names = sorted(whole)

    def check(example: tuple[str, bytes]) -> str:
        name, content = example
        files = MemoryFiles()
        files.files = {**whole, name: content}
        try:
            gallery = Gallery.open(files)
            if gallery is not None:
                for person in gallery.people:
                    assert np.isfinite(gallery.examples[person]).all()
            with tempfile.TemporaryDirectory() as folder:
                packed = GalleryPack(Path(folder)).gallery(files)
                if packed is not None and packed.search is not None:
                    packed.search.people_near(np.ones(128, np.float32) / math.sqrt(128), 3)
        except GalleryError as error:
            assert str(error)
            return type(error).__name__
        return "read"

    manifest = json.loads(whole["manifest.json"])
    rewritten = st.tuples(
        st.just("manifest.json"), altered(manifest).map(lambda value: json.dumps(value).encode())
    )
    broken = st.sampled_from(names).flatmap(
        lambda name: st.tuples(st.just(name), damaged(st.just(whole[name])))
    )
    return Target(
        name="gallery",
        about="the gallery's files in S3, and the pack that workers make of them",
        examples=rewritten | broken,
        check=check,
    )


def seed_gallery_target() -> Target:
    """`data.pt` of the original: read with nothing in it run."""
    import torch

    from recognition.gallery.seed_gallery import import_seed_gallery

    buffer = io.BytesIO()
    torch.save([[torch.zeros(1, 512) + 0.1], ["Ann"]], buffer)

    def check(content: bytes) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "data.pt"
            path.write_bytes(content)
            try:
                import_seed_gallery(path, MemoryFiles())
            except GalleryError as error:
                assert str(error)
                return type(error).__name__
        return "imported"

    return Target(
        name="seed-gallery",
        about="a data.pt that somebody hands over",
        examples=damaged(st.just(buffer.getvalue())),
        check=check,
    )


def csv_target() -> Target:
    from recognition.enrolment.labelled_pictures import NoPictures, listed_in_csv

    whole = b'Image,Results\r\na,Ann\r\nb.jpg,"Bo, the second"\r\n'

    def check(content: bytes) -> str:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for picture in ("a.jpg", "b.jpg"):
                (folder / picture).touch()
            labels = folder / "labels.csv"
            labels.write_bytes(content)
            try:
                found = listed_in_csv(folder, labels)
            except NoPictures as error:
                assert str(error)
                return "refused"
            assert all(one.path.parent == folder and one.word for one in found)
        return "read"

    return Target(
        name="csv",
        about="label files of an enrolment",
        examples=damaged(st.just(whole)) | st.binary(max_size=100) | texts.map(_encoded),
        check=check,
    )


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


S3_EVENT = {
    "Records": [
        {
            "eventSource": "aws:s3",
            "s3": {"bucket": {"name": "b"}, "object": {"key": "a+b%C3%A9.mp4"}},
        },
        {"eventSource": "aws:sqs", "messageId": "1", "body": '{"Records": []}'},
    ]
}
DIRECT_EVENT = {"bucket_name": "b", "image_file_name": "a.jpg"}
MARK = layout.FrameMark(
    video="a/b.mp4", name="a/b", run="r", number=1, seconds=0.5, is_last=True, damaged=1
).as_metadata()


def video_event_target() -> Target:
    """Events, and the metadata and documents that the functions read back from S3."""

    def check(example: Any) -> str:
        kind, value = example
        if kind == "metadata":
            video_options.options_of(value)
            return "no mark" if layout.mark_of("a/b/output-01.jpg", value) is None else "mark"
        if kind == "frame":
            try:
                results.decode_frame(value)
            except MalformedMessage:
                return "refused"
            return "frame"
        try:
            found = events.deliveries(value)
        except MalformedMessage as error:
            assert str(error)
            return "refused"
        assert all(ref.bucket is not None for one in found for ref in one.objects)
        return "read"

    event = st.tuples(st.just("event"), altered(S3_EVENT) | altered(DIRECT_EVENT)).filter(
        lambda pair: isinstance(pair[1], dict)
    )
    metadata = st.tuples(
        st.just("metadata"),
        st.fixed_dictionaries({name: texts | st.just(value) for name, value in MARK.items()})
        | st.dictionaries(st.sampled_from(["frames", "interval-seconds", "back-end"]), texts),
    )
    frame = json.dumps({"number": 0, "file": "f", "seconds": 0.0, "faces": [], "error": None,
                        "damaged": 0, "trouble": ""}).encode()  # fmt: skip
    frames = st.tuples(st.just("frame"), damaged(st.just(frame)))
    return Target(
        name="video-events",
        about="what the video functions are invoked with, and read back",
        examples=event | metadata | frames,
        check=check,
    )


def api_target() -> Target:
    """Requests to the REST API; every answer is below 500, errors are problem details."""
    from asgiref.sync import async_to_sync
    from django.test import AsyncClient

    one = str(uuid.UUID(int=1))
    places = st.sampled_from(
        [
            ("PATCH", "/api/v1/subjects/{id}"),
            ("POST", "/api/v1/subjects/{id}/merge"),
            ("POST", "/api/v1/subjects"),
            ("POST", f"/api/v1/jobs/{one}/faces/0/name"),
            ("POST", "/api/v1/recognise"),
            ("POST", "/api/v1/recognise/batch"),
            ("POST", "/api/v1/verify"),
            ("POST", "/api/v1/videos"),
            ("GET", "/api/v1/jobs?cursor={id}"),
            ("GET", "/api/v1/jobs?limit={id}"),
            ("GET", "/api/v1/videos?cursor={id}&state={id}"),
            ("GET", "/api/v1/subjects/{id}"),
            ("GET", "/api/v1/{id}"),
            ("DELETE", f"/api/v1/videos/{one}"),
        ]
    )
    kinds = st.sampled_from(
        ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/x", ""]
    )
    bodies = (values.map(json.dumps).map(_encoded)) | altered({"name": "Ann", "into": "b"}).map(
        lambda value: _encoded(json.dumps(value))
    )
    keys = st.sampled_from([""] * 7 + ["efr_wrong", "é", "a" * 5000])
    client = AsyncClient(raise_request_exception=False)

    async def send(
        method: str, address: str, body: bytes, kind: str, headers: dict[str, str]
    ) -> Any:
        return await client.generic(method, address, body, content_type=kind, headers=headers)

    def check(example: Any) -> str:
        from urllib.parse import quote

        (method, path), text, kind, body, key = example
        address = path.replace("{id}", quote(text, safe="", errors="replace"))
        headers = {"X-API-Key": key.encode("ascii", "replace").decode()} if key else {}
        answer = async_to_sync(send)(method, address, body, kind, headers)
        assert answer.status_code < 500, (answer.status_code, answer.content[:300])
        if answer.status_code >= 400 and answer.content:
            assert json.loads(answer.content)["status"] == answer.status_code
        return str(answer.status_code)

    return Target(
        name="api",
        about="the REST API's paths, queries and bodies",
        examples=st.tuples(places, texts, kinds, bodies | st.binary(max_size=80), keys),
        check=check,
    )


MAKERS = {
    "upload": upload_target,
    "decoder": decoder_target,
    "replies": reply_target,
    "gallery": gallery_target,
    "seed-gallery": seed_gallery_target,
    "csv": csv_target,
    "video-events": video_event_target,
    "api": api_target,
}
