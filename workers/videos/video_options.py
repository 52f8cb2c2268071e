"""What a video's sender asks of the functions, as metadata of the object. Pure.

A video that is dropped into the bucket asks nothing: it is split as configured, by Lambda.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from recognition.video.plan import MAX_FRAMES, FramePlan

LAMBDA = "lambda"
CELERY = "celery"
"""Who works on a video: the functions, or the app tier, which the functions leave it to."""

BACKEND = "back-end"
FRAMES = "frames"
INTERVAL = "interval-seconds"
THRESHOLD = "threshold"
MOST_THRESHOLD = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoOptions:
    """How a video is to be split, and by whom. None leaves the frames to the configuration, and
    the threshold to the gallery."""

    plan: FramePlan | None = None
    backend: str = LAMBDA
    threshold: float | None = None

    def as_metadata(self) -> dict[str, str]:
        """The options as metadata of an object in S3; those that are None are left out."""
        wanted = {
            BACKEND: self.backend,
            FRAMES: self.plan and self.plan.frames,
            INTERVAL: self.plan and self.plan.interval_seconds,
            THRESHOLD: self.threshold,
        }
        return {name: str(value) for name, value in wanted.items() if value}


def options_of(metadata: Mapping[str, str]) -> VideoOptions:
    """The options in an object's metadata. Values that make no sense are ignored."""
    frames = _number(metadata.get(FRAMES, ""), MAX_FRAMES)
    interval = _number(metadata.get(INTERVAL, ""), 86_400)
    plan = FramePlan(frames=int(frames) if frames else None, interval_seconds=interval)
    return VideoOptions(
        plan=None if plan.only_first else plan,
        backend=metadata.get(BACKEND) or LAMBDA,
        threshold=_number(metadata.get(THRESHOLD, ""), MOST_THRESHOLD),
    )


def _number(text: str, most: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return min(value, most) if 0 < value < float("inf") else None
