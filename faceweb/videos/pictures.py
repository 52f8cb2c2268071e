"""The stored pictures of videos: frames as they were read, and parts of the film itself."""

import re

from faceweb.models import Video
from foundation.aws.storage import video_input_bucket, video_stage_bucket
from foundation.config import Settings
from foundation.errors import ObjectMissing
from recognition import images
from recognition.errors import PictureError
from recognition.video.plan import MAX_FRAMES, FramePlan
from workers.videos import layout

SEVERAL_FRAMES = FramePlan(frames=MAX_FRAMES)
"""Every video that is sent is split so: never into its first frame alone."""
PART_BYTES = 4 * 2**20
"""A player asks for the next part while it shows this one; more would only hold memory."""
RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


class NoSuchPart(Exception):
    """A part that the film does not have, or that was asked for in another way than ours."""


def wanted_part(header: str, size: int) -> range:
    """The bytes of a film that a Range header asks for, bounded. Raises NoSuchPart."""
    found = RANGE.fullmatch(header.strip())
    if found is None or int(found[1]) >= size:
        raise NoSuchPart(header)
    start = int(found[1])
    end = min(int(found[2]) + 1 if found[2] else size, start + PART_BYTES, size)
    if end <= start:
        raise NoSuchPart(header)
    return range(start, end)


def film_part(video: Video, part: range, settings: Settings) -> bytes:
    """Raises ObjectMissing."""
    return video_input_bucket(settings).part(video.key, part.start, part.stop)


def frame_picture(video: Video, number: int, settings: Settings) -> bytes:
    """A frame as it was read from the video: a JPEG. Raises ObjectMissing."""
    if video.pictures_deleted:
        raise ObjectMissing("The video's pictures were deleted.")
    key = layout.frame_key(video.key, number, SEVERAL_FRAMES)
    return video_stage_bucket(settings).get(key)


def frame_size(video: Video, settings: Settings) -> tuple[int, int]:
    """Width and height of the frames, which all boxes are measured in; (0, 0) where none is
    kept."""
    try:
        content = frame_picture(video, 0, settings)
        info = images.check(content, images.PictureLimits(max_bytes=len(content)))
    except (ObjectMissing, PictureError):
        return (0, 0)
    return info.width, info.height
