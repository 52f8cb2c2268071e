"""The function `face-recognition`: names the faces of frames in `<ID>-stage-1`, into `<ID>-output`.

S3's events invoke it, or a direct payload. Model and gallery are loaded at the first event, and
kept while its process is warm.
"""

from collections.abc import Mapping

from workers import runtime
from workers.lambdas.running import Answer, LambdaContext, ready, run_all
from workers.videos.layout import ObjectRef
from workers.videos.objects import S3Objects
from workers.videos.recognising import recognise_picture


def handler(event: Mapping[str, object], context: LambdaContext) -> Answer:
    """Name the faces of every picture of the event."""
    settings = ready()
    objects, warm = S3Objects(settings), runtime.current(settings)

    def recognise(ref: ObjectRef) -> str:
        return recognise_picture(ref, objects, warm, settings.video_output_bucket)

    return run_all(event, recognise)
