"""Whose system it is, where it runs, and what its queues and buckets are called."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from foundation.local_state.running_system import DEFAULT_VAR_DIR


def comma_separated(text: str) -> list[str]:
    """The names in a comma separated list."""
    return [name for one in text.split(",") if (name := one.strip())]


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

    @property
    def request_queue(self) -> str:
        return f"{self.faceweb_id}-req-queue"

    @property
    def response_queue(self) -> str:
        return f"{self.faceweb_id}-resp-queue"

    @property
    def burst_function(self) -> str:
        """The Lambda function that answers pictures of the request queue."""
        return f"{self.faceweb_id}-face-burst"

    @property
    def dead_letter_queue(self) -> str:
        return f"{self.faceweb_id}-dead-letter-queue"

    @property
    def in_bucket(self) -> str:
        return f"{self.faceweb_id}-in-bucket"

    @property
    def out_bucket(self) -> str:
        return f"{self.faceweb_id}-out-bucket"

    @property
    def gallery_bucket(self) -> str:
        return f"{self.faceweb_id}-gallery"

    @property
    def video_input_bucket(self) -> str:
        return f"{self.faceweb_id}-input"

    @property
    def video_stage_bucket(self) -> str:
        return f"{self.faceweb_id}-stage-1"

    @property
    def video_output_bucket(self) -> str:
        return f"{self.faceweb_id}-output"

    @property
    def video_dead_letter_queue(self) -> str:
        return f"{self.faceweb_id}-video-dead-letter-queue"
