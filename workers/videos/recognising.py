"""One picture of the stage bucket -> the names in the output bucket.

A picture that stands alone is answered by its name alone. The faces of a video's frames are kept
one by one, with embeddings. The worker that stores the last of them finds all of them there,
whatever their order. It names the video's people, writes the result, and deletes what was kept.
Two workers that both find all of them write the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from foundation.aws.whole_objects import StoredObject
from foundation.collections import collection_of_key
from foundation.errors import ObjectMissing
from foundation.messages import RecogniseOptions
from recognition.errors import PictureError
from recognition.types import Recognition
from recognition.video.merging import SeenFrame, merge
from workers.videos import layout, results, video_options
from workers.videos.layout import FrameMark, ObjectRef
from workers.videos.objects import S3Objects

if TYPE_CHECKING:
    from workers.runtime import Runtime

log = structlog.get_logger()

READERS = 8
"""Frames' faces that are read at the same time: S3 takes most of the time."""


def recognise_picture(
    source: ObjectRef,
    objects: S3Objects,
    recogniser: Runtime,
    output_bucket: str,
    backend: str = video_options.LAMBDA,
) -> str:
    """Name the faces of one picture or frame, if it is for this back end. Returns the answer, or
    the error's name."""
    if not layout.is_frame(source.key):
        return "ignored"  # faces of single frames, which we keep beside the frames
    answering = _Answering(objects, recogniser, output_bucket)
    try:
        stored = objects.get(source)
    except ObjectMissing as error:
        return answering.fail(source, error)
    options = video_options.options_of(stored.metadata)
    if options.backend != backend:
        return "left to others"
    answering.options = RecogniseOptions(threshold=options.threshold)
    mark = layout.mark_of(source.key, stored.metadata)
    if mark is None:
        return answering.answer_alone(source, stored)
    return answering.answer_frame(source, stored, mark)


class _Answering:
    """Recognises, and writes to the output bucket."""

    def __init__(self, objects: S3Objects, recogniser: Runtime, output_bucket: str) -> None:
        self._objects, self._recogniser, self._output_bucket = objects, recogniser, output_bucket
        self.options = RecogniseOptions()

    def _recognised(self, source: ObjectRef, picture: bytes) -> Recognition:
        """Raises RecognitionError."""
        collection = collection_of_key(source.key)
        return self._recogniser.recognise(picture, self.options, collection)

    def _put(self, key: str, body: bytes, content_type: str) -> None:
        self._objects.put(ObjectRef(bucket=self._output_bucket, key=key), body, content_type, {})

    def _forget_error(self, name: str) -> None:
        ref = ObjectRef(bucket=self._output_bucket, key=layout.error_key(name))
        self._objects.delete(ref)

    def fail(self, source: ObjectRef, error: Exception) -> str:
        key = layout.error_key(layout.name_of(source.key))
        self._put(key, results.error_json(source.key, error), layout.JSON)
        log.info("picture_failed", key=source.key, reason=str(error))
        return type(error).__name__

    def answer_alone(self, source: ObjectRef, stored: StoredObject) -> str:
        try:
            answer = self._recognised(source, stored.body).answer
        except PictureError as error:
            return self.fail(source, error)
        name = layout.name_of(source.key)
        self._put(layout.text_key(name), answer.encode(), layout.TEXT)
        self._forget_error(name)
        log.info("picture_done", key=source.key)
        return answer

    def answer_frame(self, source: ObjectRef, stored: StoredObject, mark: FrameMark) -> str:
        frame = self._seen(source, stored, mark)
        body = results.encode_frame(frame, mark.damaged, mark.trouble)
        ref = ObjectRef(bucket=source.bucket, key=layout.seen_key(mark))
        self._objects.put(ref, body, layout.JSON, {})
        found = self._objects.list(source.bucket, layout.seen_folder(mark))
        if layout.merged_key(mark) in found:
            self._objects.delete(ref)  # the frame came again after the video was answered
        elif layout.is_complete(found):
            self._answer_video(source.bucket, found, mark)
        return merge([frame]).answer

    def _seen(self, source: ObjectRef, stored: StoredObject, mark: FrameMark) -> SeenFrame:
        """The frame's faces; a frame that can't be read must not keep the video waiting."""
        frame = SeenFrame(number=mark.number, file=source.key, seconds=mark.seconds)
        try:
            seen = self._recognised(source, stored.body)
            return replace(frame, faces=results.faces_of(seen), model=seen.model)
        except PictureError as error:
            return replace(frame, error=str(error))

    def _answer_video(self, stage_bucket: str, seen_keys: list[str], mark: FrameMark) -> None:
        try:
            with ThreadPoolExecutor(READERS) as readers:
                parts = list(readers.map(partial(self._read_frame, stage_bucket), seen_keys))
        except ObjectMissing:
            return  # another worker has merged them, and deletes them
        distinct = {frame.number: frame for frame, _, _ in parts}
        collection = collection_of_key(mark.video)
        frames = self._recogniser.name_frames(list(distinct.values()), self.options, collection)
        damaged = max(damaged for _, damaged, _ in parts)
        trouble = next((trouble for _, _, trouble in parts if trouble), "")
        seen, name = merge(frames), mark.name
        details = results.video_json(mark.video, frames, seen, damaged, trouble)
        self._put(layout.json_key(name), details, layout.JSON)
        self._put(layout.text_key(name), seen.answer.encode(), layout.TEXT)
        self._forget_error(name)
        self._forget_faces(stage_bucket, seen_keys, mark)
        log.info("video_done", key=mark.video, frames=len(frames))

    def _read_frame(self, bucket: str, key: str) -> tuple[SeenFrame, int, str]:
        return results.decode_frame(self._objects.get(ObjectRef(bucket=bucket, key=key)).body)

    def _forget_faces(self, bucket: str, keys: Sequence[str], mark: FrameMark) -> None:
        """Delete what was kept of single frames. The mark comes first: a worker that stores a
        frame after that sees it, and deletes its own."""
        merged = ObjectRef(bucket=bucket, key=layout.merged_key(mark))
        self._objects.put(merged, b"", layout.TEXT, {})
        self._objects.delete_several(bucket, keys)
