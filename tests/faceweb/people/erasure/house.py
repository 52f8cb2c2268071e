"""A person whom pictures, videos and records name, and who is then erased."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from faceweb.models import (
    AuditEntry,
    Change,
    DeadLetter,
    Erasure,
    Face,
    IdempotentAnswer,
    Job,
    Subject,
    Video,
)
from faceweb.people.correcting.corrections import say_person
from faceweb.people.correcting.naming import note_merged
from faceweb.people.erasure import running
from faceweb.people.erasure.places import Places
from faceweb.replies.responses import record_replies
from faceweb.videos.following import VideoWatch
from foundation.messages import encode_reply
from recognition.gallery.gallery_changes import remove_person, rename_person
from tests.faceweb.people.places import id_in, memory_places, rows_follow
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.support.factories import (
    make_face,
    make_gallery_files,
    make_job,
    make_reply,
    make_settings,
    make_video,
)
from tests.support.fakes import MemoryQueue, RecordingSender
from tests.support.memory_files import MemoryFiles

NAMES = ("Adabel", "Adelheid", "Countess")
"""What the person is called first, after a rename, and as somebody else before a merge."""


class House:
    """A gallery of Adabel, Countess and Shea, and everything that answers about them leave."""

    def __init__(self, folder: Path) -> None:
        self.files: MemoryFiles = make_gallery_files((NAMES[0], NAMES[2], "Shea"))
        self.places: Places = memory_places(self.files, folder=folder)
        self.films = MemoryVideoBuckets()
        self.films.input = self.places.videos.input  # type: ignore[assignment]
        self.films.stage = self.places.videos.stage  # type: ignore[assignment]
        self.films.output = self.places.videos.output  # type: ignore[assignment]
        self.changed()
        self.person = self.id_of(NAMES[0])

    def changed(self) -> None:
        rows_follow(self.files)

    def id_of(self, name: str) -> str:
        return id_in(self.files, name)

    def answered(self, name: str, filename: str = "picture.jpg", with_id: bool = True) -> Job:
        """A picture that was answered with a name, with Shea beside them."""
        key = f"{Job.objects.count()}-{filename}"
        job = make_job(filename=filename, input_key=key, output_key=key.removesuffix(".jpg"))
        person_id = self.id_of(name) if with_id else None
        shea = make_face(identity="Shea", person_id=self.id_of("Shea"))
        face = make_face(identity=name, person_id=person_id)
        self.places.pictures.put(key, b"pixels", "image/jpeg")
        self.places.answers.put(job.output_key, name.encode(), "text/plain")
        record_replies([make_reply(job.id, answer=name, faces=(face, shea))])
        return job

    def rename(self) -> None:
        rename_person(self.files, NAMES[0], NAMES[1])
        self.changed()

    def merge(self) -> None:
        """Countess turns out to be the same person."""
        note_merged(self.id_of(NAMES[2]), self.person)
        remove_person(self.files, NAMES[2])
        self.changed()

    def film(self, name: str) -> Video:
        video = make_video(filename="film.mp4")
        self.films.answer(name_of(video), [name, "Shea"])
        VideoWatch(
            make_settings(), self.places.videos, MemoryQueue(), RecordingSender()
        ).look_once()
        return video

    def records(self, name: str) -> None:
        """What is kept beside the answers."""
        kept = {"fingerprint": "f", "created_at": timezone.now()}
        body = json.dumps({"result": name}).encode()
        IdempotentAnswer.objects.create(key=f"answer {NAMES.index(name)}", body=body, **kept)
        reply = make_reply(answer=name, faces=(make_face(identity=name),))
        DeadLetter.objects.create(
            message_id=f"letter {NAMES.index(name)}",
            reason="r",
            body=encode_reply(reply),
            seen_at=timezone.now(),
        )
        user, _ = get_user_model().objects.get_or_create(username="admin")
        LogEntry.objects.create(
            user=user, content_type=ContentType.objects.get_for_model(Subject), object_id="x",
            object_repr=name, action_flag=CHANGE, change_message=f"{name} was changed",
        )  # fmt: skip

    def corrected(self) -> None:
        """A face of theirs was somebody else's, which can be undone for a day."""
        face = Face.objects.filter(person=self.person).first()
        assert face is not None
        say_person([face], self.id_of("Shea"), "tester")

    def everything(self) -> str:
        """All that is kept, but file names."""
        models = (
            Face,
            Change,
            Subject,
            Change,
            Erasure,
            AuditEntry,
            IdempotentAnswer,
            DeadLetter,
            LogEntry,
            Video,
        )
        rows = [str(list(model.objects.values())) for model in models]
        jobs = str(list(Job.objects.values("result", "error")))
        bodies = [bytes(one.body) for one in IdempotentAnswer.objects.all()]
        places, films = self.places, self.films
        pictures: list[Any] = [places.private, places.pictures, places.answers]
        buckets = [*pictures, films.input, films.stage, films.output]
        objects = [str(bucket.objects) for bucket in buckets]
        return " ".join([*rows, jobs, *objects, str(bodies), str(self.files.files)])


def a_minute_later(house: House) -> None:
    running.go_on_with_due(house.places, timezone.now())
    Erasure.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    running.go_on_with_due(house.places, timezone.now())
