"""The functions of this system, and how each is configured."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.config import Settings

ATTEMPTS = 3
"""Lambda tries an asynchronous event again twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaFunction:
    """One function: what runs, on the events of which bucket, and within which limits."""

    name: str
    handler: str
    bucket: str
    event_queue: str
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
        return f"arn:aws:lambda:{self.region}:123456789012:function:{self.name}"

    def pause_after(self, attempt: int) -> int:
        """Seconds until an event that failed comes again."""
        return self.retry_pauses_seconds[min(attempt, len(self.retry_pauses_seconds)) - 1]


def event_queue(function_name: str, settings: Settings) -> str:
    """The queue that holds a function's asynchronous events, as Lambda holds them inside."""
    return f"{settings.faceweb_id}-{function_name}-events"


def contract_functions(settings: Settings) -> tuple[LambdaFunction, LambdaFunction]:
    """`video-splitting` and `face-recognition`, as the settings configure them."""
    return (
        _function(
            "video-splitting",
            "workers.lambdas.video_splitting.handler",
            settings.video_input_bucket,
            "",
            settings,
        ),
        _function(
            "face-recognition",
            "workers.lambdas.face_recognition.handler",
            settings.video_stage_bucket,
            ".jpg",
            settings,
        ),
    )


def _function(
    name: str, handler: str, bucket: str, suffix: str, settings: Settings
) -> LambdaFunction:
    return LambdaFunction(
        name=name,
        handler=handler,
        bucket=bucket,
        suffix=suffix,
        region=settings.aws_region,
        event_queue=event_queue(name, settings),
        timeout_seconds=settings.lambda_timeout_seconds,
        memory_mb=settings.lambda_memory_mb,
        concurrency=settings.lambda_concurrency,
    )
