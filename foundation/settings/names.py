"""Whose system it is, where it runs, and what its queues and buckets are called."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from foundation.local_state.running_system import DEFAULT_VAR_DIR


def comma_separated(text: str) -> list[str]:
    """The names in a comma separated list."""
    return [name for one in text.split(",") if (name := one.strip())]


class Named:
    """A queue, bucket or function of the system: its prefix, and this ending."""

    def __init__(self, ending: str) -> None:
        self._ending = ending

    def __get__(self, settings: NameSettings, _: object = None) -> str:
        return f"{settings.faceweb_id}-{self._ending}"


class NameSettings(BaseSettings):
    """The names that all tiers share."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    preset: Literal["course"] | None = Field(
        None,
        description="Other defaults for several settings; course: as the original system's "
        "graders expect",
    )

    # Names (contract)
    faceweb_id: str = Field(
        "faceweb",
        pattern=r"^[a-z0-9][a-z0-9-]{1,40}$",
        description="Prefix of every bucket and queue",
    )
    aws_region: str = Field("us-east-1", description="Region of queues, buckets and instances")
    aws_endpoint_url: str | None = Field(
        None, description="Another AWS, such as an emulator on this machine"
    )
    aws_by_boto3: bool = Field(
        False, description="Make every call of S3 and SQS with boto3: slower, for comparison"
    )
    var_dir: Path = Field(DEFAULT_VAR_DIR, description="Where state on this machine is kept")

    request_queue: ClassVar = Named("req-queue")
    response_queue: ClassVar = Named("resp-queue")
    dead_letter_queue: ClassVar = Named("dead-letter-queue")
    video_dead_letter_queue: ClassVar = Named("video-dead-letter-queue")
    in_bucket: ClassVar = Named("in-bucket")
    out_bucket: ClassVar = Named("out-bucket")
    gallery_bucket: ClassVar = Named("gallery")
    video_input_bucket: ClassVar = Named("input")
    video_stage_bucket: ClassVar = Named("stage-1")
    video_output_bucket: ClassVar = Named("output")
    burst_function: ClassVar = Named("face-burst")
    """The Lambda function that answers pictures of the request queue."""

    @property
    def buckets(self) -> list[str]:
        """Every bucket that the tiers use."""
        of_videos = [self.video_input_bucket, self.video_stage_bucket, self.video_output_bucket]
        return [self.in_bucket, self.out_bucket, self.gallery_bucket, *of_videos]
