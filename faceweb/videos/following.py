"""Follows videos: what S3 shows of their progress becomes rows, and what got lost is sent again.

Runs in every web process. A look at a video is claimed by a conditional update, so that one of them
looks at a time. Each row is written once.
"""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from faceweb.models import OPEN_VIDEO_STATES, Subject, Video, VideoState
from faceweb.models.videos import JsonObject
from faceweb.people.erasure.late import erased_lately, reopen_for
from faceweb.people.erasure.their_names import hash_of, without_others
from faceweb.people.faces.face_rows import insert_faces
from faceweb.people.faces.known_people import add_people
from faceweb.replies.queues import SqsQueue
from faceweb.replies.threads import repeat
from faceweb.videos import answers, results
from faceweb.videos.deleting import VideoBuckets, delete_video, sweep_remains
from faceweb.videos.forgetting import forget_in_buckets
from faceweb.videos.storing import SendVideo, cut_short, send_now
from foundation import messages
from foundation.collections import DEFAULT
from foundation.config import Settings
from foundation.errors import MalformedMessage, ObjectMissing
from workers.videos import layout
from workers.videos.layout import progress_of
from workers.videos.video_options import CELERY

log = structlog.get_logger()

LOOK_SECONDS = 1.0
TIDY_SECONDS = 60.0
BATCH = 100
NEVER_SENT = timedelta(seconds=10)


class VideoWatch:
    """Looks after every video that has no result yet."""

    def __init__(
        self,
        settings: Settings,
        buckets: VideoBuckets,
        request_queue: SqsQueue,
        send: SendVideo,
        clock: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._settings, self._buckets, self._queue = settings, buckets, request_queue
        self._send, self._clock = send, clock
        self._tidied_at: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Look until told to stop; an error is logged and waited out."""
        repeat(self.look, LOOK_SECONDS, stop, failed="video_watch_failed")

    def look(self) -> None:
        """What is to be done at each round."""
        self.look_once()
        self.tidy_at_times()

    def look_once(self) -> None:
        """One look at every open video that nobody has looked at just now."""
        now = self._clock()
        stale = Q(looked_at=None) | Q(looked_at__lt=now - timedelta(seconds=0.9 * LOOK_SECONDS))
        waiting = Video.objects.filter(stale, state__in=OPEN_VIDEO_STATES).defer("frames", "people")
        for video in waiting.order_by(F("looked_at").asc(nulls_first=True))[:BATCH]:
            if _claim_look(video, now):
                self._look(video, now)

    def _look(self, video: Video, now: datetime) -> None:
        key = video.key
        written = set(self._buckets.output.keys(video.folder))
        if layout.text_key(key) in written:
            self._end(video, layout.json_key(key), VideoState.SUCCEEDED, results.fields_of_result)
        elif layout.error_key(key) in written:
            self._end(video, layout.error_key(key), VideoState.FAILED, results.fields_of_error)
        elif not self._note_progress(video, now):
            self._send_if_lost(video, now)

    def _end(
        self, video: Video, key: str, state: object, read: Callable[[bytes], dict[str, object]]
    ) -> None:
        self._forget_erased(video)
        try:
            fields = read(self._buckets.output.get(key))
        except ObjectMissing:
            return  # deleted just now, or written again: the next look will tell
        except MalformedMessage as error:
            state, fields = VideoState.FAILED, {"error_kind": "internal", "error": str(error)}
        if _write_end(video, {"state": state, "answered_at": self._clock(), **fields}):
            log.info("video_answered", video_id=str(video.pk), state=str(state))

    def _forget_erased(self, video: Video) -> None:
        """A video that was in work when somebody was erased may name them."""
        collection = video.collection_id or DEFAULT
        if hashes := erased_lately(collection):
            forget_in_buckets(
                lambda word: hash_of(word) in hashes and without_others({word}, (), collection),
                self._buckets,
                video.folder,
            )

    def _note_progress(self, video: Video, now: datetime) -> bool:
        """Whether more of it is there than at the last look."""
        seen = progress_of(self._buckets.stage.keys(video.folder))
        was = (video.frames_stored, video.frames_seen, video.frames_total)
        if (seen.stored, seen.seen, seen.total) == was:
            return False
        _open(video.pk).update(
            state=VideoState.WORKING,
            frames_stored=seen.stored,
            frames_seen=seen.seen,
            frames_total=seen.total,
            progress_at=now,
        )
        return True

    def _send_if_lost(self, video: Video, now: datetime) -> None:
        """Send it again when nothing has happened for long, and it waits in no queue."""
        if not is_overdue(video, now, self._settings):
            return
        if video.backend == CELERY and video.sends and self._queue.depth().total:
            return
        if video.sends >= self._settings.max_sends:
            reason = f"No result came after it was sent {video.sends} times."
            fail_video(video.pk, messages.INTERNAL_ERROR, reason)
        elif _claim_send(video, now):
            log.warning("video_sent_again", video_id=str(video.pk), sends=video.sends + 1)
            send_now(video, self._send)

    def tidy_at_times(self) -> None:
        """Delete what was uploaded in part, and what was written of videos that are deleted."""
        now = self._clock()
        if self._tidied_at and (now - self._tidied_at).total_seconds() < TIDY_SECONDS:
            return
        self._tidied_at = now
        for video in cut_short(now):
            delete_video(video, self._buckets, "system")
        sweep_remains(self._buckets, now)


def _write_end(video: Video, fields: JsonObject) -> bool:
    """End a video, and write its faces down, unless another process was quicker."""
    people, frames = fields.get("people", []), fields.get("frames", [])
    ids = answers.ids_in(frames)
    changes = {
        **fields,
        "people": answers.with_ids(people, ids),
        "frames": answers.without_faces(frames),
    }
    with transaction.atomic():
        ended = _open(video.pk).update(**changes)
        if ended:
            people_now = {person_id: name for name, person_id in ids.items()}
            add_people(people_now, video.collection_id or DEFAULT)
            erased = Subject.objects.filter(pk__in=people_now, erased_at__isnull=False)
            reopen_for(list(erased.values_list("pk", flat=True)))  # a namesake keeps the name here
            insert_faces(answers.rows_of_frames(video, frames, fields["answered_at"]))
    return bool(ended)


def is_overdue(video: Video, now: datetime, settings: Settings) -> bool:
    """Whether nothing was heard of a video for so long that its work must be lost."""
    if video.sent_at is None:
        return video.created_at < now - NEVER_SENT
    seconds = settings.resend_after_seconds
    if video.backend != CELERY:  # a function may work so long on one event, without a sign
        seconds = max(seconds, 2.0 * settings.lambda_timeout_seconds)
    heard = max(video.sent_at, video.progress_at or video.sent_at)
    return heard < now - timedelta(seconds=seconds)


def fail_video(video_id: uuid.UUID, kind: str, reason: str) -> bool:
    """End a video that will get no result any more. False where it is not open."""
    ended = _open(video_id).update(
        state=VideoState.FAILED, error_kind=kind, error=reason, answered_at=timezone.now()
    )
    if ended:
        log.warning("video_failed", video_id=str(video_id), reason=reason)
    return bool(ended)


def send_open_videos_now(send: SendVideo) -> int:
    """Send every open video of the app tier again: for when the queue itself was lost."""
    lost = Video.objects.filter(state__in=OPEN_VIDEO_STATES, backend=CELERY)
    return sum(send_now(video, send) for video in lost.order_by("created_at"))


def _open(video_id: uuid.UUID) -> QuerySet[Video]:
    return Video.objects.filter(pk=video_id, state__in=OPEN_VIDEO_STATES)


def _claim_look(video: Video, now: datetime) -> bool:
    return bool(_open(video.pk).filter(looked_at=video.looked_at).update(looked_at=now))


def _claim_send(video: Video, now: datetime) -> bool:
    """Take a video for sending; False when another process was quicker."""
    return bool(_open(video.pk).filter(sent_at=video.sent_at).update(sent_at=now))
