"""The functions of this system, and how each is configured."""

from dataclasses import dataclass
from typing import Any

from foundation.config import Settings
from foundation.fleet.functions import burst_timeout_seconds

ATTEMPTS = 3
"""Lambda tries an asynchronous event again twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaFunction:
    """One function: what runs, and within which limits. It gets the events of its bucket, where it
    has one, and those that it is invoked with."""

    name: str
    handler: str
    event_queue: str
    bucket: str = ""
    suffix: str = ""
    region: str = "us-east-1"
    timeout_seconds: float = 60.0
    memory_mb: int = 1024
    concurrency: int = 2
    attempts: int = ATTEMPTS
    retry_pauses_seconds: tuple[int, ...] = (1, 2)
    """AWS waits one minute, then two; here nobody wants to."""

    @property
    def arn(self) -> str:
        """Its full name on AWS, with region and account."""
        return f"arn:aws:lambda:{self.region}:123456789012:function:{self.name}"

    @property
    def role(self) -> str:
        """Its name without a prefix."""
        return self.handler.split(".")[-2].replace("_", "-")

    def pause_after(self, attempt: int) -> int:
        """Seconds until an event that failed comes again."""
        return self.retry_pauses_seconds[min(attempt, len(self.retry_pauses_seconds)) - 1]


def event_queue(function_name: str, settings: Settings) -> str:
    """The queue that holds a function's asynchronous events, as Lambda holds them inside."""
    return f"{settings.faceweb_id}-{function_name}-events"


def contract_functions(settings: Settings) -> tuple[LambdaFunction, ...]:
    """`video-splitting`, `face-recognition` and `face-burst`, as the settings configure them."""

    def made(module: str, name: str, **about: Any) -> LambdaFunction:
        return LambdaFunction(
            name=name, handler=f"workers.lambdas.{module}.handler", region=settings.aws_region,
            event_queue=event_queue(name, settings), **about,
        )  # fmt: skip

    of_videos = {
        "timeout_seconds": settings.lambda_timeout_seconds,
        "memory_mb": settings.lambda_memory_mb,
        "concurrency": settings.lambda_concurrency,
    }
    inputs, stage = settings.video_input_bucket, settings.video_stage_bucket
    return (
        made("video_splitting", "video-splitting", bucket=inputs, **of_videos),
        made("face_recognition", "face-recognition", bucket=stage, suffix=".jpg", **of_videos),
        made(
            "face_burst",
            settings.burst_function,
            timeout_seconds=burst_timeout_seconds(settings),
            memory_mb=settings.burst_memory_mb,
            concurrency=settings.burst_concurrency,
            attempts=1,
        ),
    )
