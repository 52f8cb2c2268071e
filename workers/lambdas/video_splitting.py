"""The function `video-splitting`: S3 events on `<ID>-input` -> frames in `<ID>-stage-1`.

It loads no model; `face-recognition`, which does, loads no FFmpeg: both start the sooner for it.
"""

from collections.abc import Mapping

from foundation.config import Settings
from recognition.video.plan import FramePlan
from workers.lambdas.running import Answer, LambdaContext, ready, run_all
from workers.videos.objects import S3Objects
from workers.videos.splitting import Splitting, split_video
from workers.videos.video_options import LAMBDA

MARGIN_MILLISECONDS = 3000
"""Reading stops so long before the function's time is over: enough to store what there is."""


def handler(event: Mapping[str, object], context: LambdaContext) -> Answer:
    """Store the frames of every video of the event."""
    settings = ready()
    objects, splitting = S3Objects(settings), splitting_of(settings)
    # Half of the time at most, where a function has only a few seconds altogether.
    margin = min(MARGIN_MILLISECONDS, context.get_remaining_time_in_millis() // 2)

    def out_of_time() -> bool:
        return context.get_remaining_time_in_millis() < margin

    return run_all(event, lambda ref: split_video(ref, objects, splitting, out_of_time))


def splitting_of(settings: Settings, backend: str = LAMBDA) -> Splitting:
    """The configured way to split videos."""
    plan = FramePlan(
        frames=settings.frames_per_video, interval_seconds=settings.frame_interval_seconds
    )
    return Splitting(
        plan=plan,
        stage_bucket=settings.video_stage_bucket,
        output_bucket=settings.video_output_bucket,
        names_bucket=settings.gallery_bucket,
        max_pixels=settings.max_pixels,
        backend=backend,
    )
