"""One video of the input bucket -> its frames in the stage bucket.

Running it again writes the same objects again. What is wrong with the video itself becomes an error
object in the output bucket. Errors of AWS are raised, so that the event comes again. A video may
ask for other frames than are configured, or for the other back end, by its metadata.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from PIL import Image

from foundation.errors import ObjectMissing, WrongBackEnd
from recognition.types import RgbPicture
from recognition.video.errors import VideoError, VideoTooSlow
from recognition.video.opening import open_video
from recognition.video.plan import FramePlan
from recognition.video.reading import Video, VideoFrame
from workers.videos import layout, naming, results, video_options
from workers.videos.layout import FrameMark, ObjectRef
from workers.videos.objects import S3Objects
from workers.videos.video_options import VideoOptions

log = structlog.get_logger()

JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """The function's configuration."""

    plan: FramePlan
    stage_bucket: str
    output_bucket: str
    names_bucket: str
    max_pixels: int
    backend: str = video_options.LAMBDA


def split_video(
    source: ObjectRef, objects: S3Objects, splitting: Splitting, out_of_time: Callable[[], bool]
) -> int:
    """Store the video's frames. Returns how many; 0 where an error object was written instead."""
    if layout.is_folder(source.key):
        return 0
    name = naming.claimed_name(source.key, objects, splitting.names_bucket)
    error = ObjectRef(bucket=splitting.output_bucket, key=layout.error_key(name))
    try:
        count = _store_frames(source, name, objects, splitting, out_of_time)
    except (VideoError, ObjectMissing, WrongBackEnd) as failure:
        objects.put(error, results.error_json(source.key, failure), layout.JSON, {})
        log.info("video_failed", key=source.key, error=type(failure).__name__, reason=str(failure))
        return 0
    if count is None:
        log.info("video_left_to_others", key=source.key)
        return 0
    objects.delete(error)  # of an earlier try, or of an earlier video of that name
    log.info("video_split", key=source.key, frames=count)
    return count


def _store_frames(
    source: ObjectRef,
    name: str,
    objects: S3Objects,
    splitting: Splitting,
    out_of_time: Callable[[], bool],
) -> int | None:
    """How many were stored; None where the video is not for this back end."""
    opened = objects.open(source)
    options = video_options.options_of(opened.metadata)
    if options.backend != splitting.backend:
        _check_that_others_know(source, options)
        return None
    plan = options.plan or splitting.plan
    limit = splitting.max_pixels
    with open_video(opened.file, max_pixels=limit, out_of_time=out_of_time) as video:
        first = FrameMark(
            video=source.key, name=name, run=layout.run_of(opened.version, plan),
            number=0, seconds=0.0, is_last=False,
        )  # fmt: skip
        # The same video again: its frames are merged once more.
        merged = ObjectRef(bucket=splitting.stage_bucket, key=layout.merged_key(first))
        objects.delete(merged)
        store = _FrameStore(first, replace(options, plan=plan), video, objects, splitting)
        try:
            for frame in video.frames(plan):
                store.add(frame)
        except VideoTooSlow as trouble:
            if not store.count:
                raise
            store.trouble = str(trouble)
        store.finish()
        return store.count


def _check_that_others_know(source: ObjectRef, options: VideoOptions) -> None:
    """Only the web tier tells the app tier of a video. Raises WrongBackEnd for any other one."""
    if not layout.is_sent(source.key):
        raise WrongBackEnd(
            f"The metadata {video_options.BACKEND}={options.backend} is for videos that are sent "
            "to POST /videos. Leave it out, and the functions take the video."
        )


class _FrameStore:
    """Stores each frame when the next one comes, because the last is marked as such."""

    def __init__(
        self,
        first: FrameMark,
        options: VideoOptions,
        video: Video,
        objects: S3Objects,
        splitting: Splitting,
    ) -> None:
        self._first, self._video = first, video
        self._plan, self._of_frames = options.plan or splitting.plan, replace(options, plan=None)
        self._objects, self._splitting = objects, splitting
        self._waiting: tuple[FrameMark, bytes] | None = None
        self.trouble = ""
        self.count = 0

    def add(self, frame: VideoFrame) -> None:
        if self._waiting:
            self._store(*self._waiting)
        mark = replace(self._first, number=frame.number, seconds=frame.seconds)
        self._waiting = mark, as_jpeg(frame.picture)
        self.count += 1

    def finish(self) -> None:
        if self._waiting:
            mark, picture = self._waiting
            damaged = self._video.damaged
            last = replace(mark, is_last=True, damaged=damaged, trouble=self.trouble)
            self._store(last, picture)

    def _store(self, mark: FrameMark, picture: bytes) -> None:
        key = layout.frame_key(mark.name, mark.number, self._plan)
        ref = ObjectRef(bucket=self._splitting.stage_bucket, key=key)
        # The one frame of the default mode is a picture like any other, and is answered alone.
        metadata = {} if self._plan.only_first else mark.as_metadata()
        options = self._of_frames.as_metadata()
        self._objects.put(ref, picture, layout.JPEG, {**metadata, **options})


def as_jpeg(picture: RgbPicture) -> bytes:
    """A frame as a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
