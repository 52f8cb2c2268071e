"""The settings of the scaler: what it promises, and what it launches and invokes for that."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from foundation.fleet.schedule import parse_schedule
from foundation.settings.workers import WorkerSettings


class ScalerSettings(WorkerSettings):
    """The settings of the scaler."""

    # Scaler: what it promises and within which bounds
    scaler_interval_seconds: float = Field(
        2.0, ge=0.1, le=60, description="Time between two looks of the scaler"
    )
    target_latency_seconds: float = Field(
        45.0,
        gt=0,
        le=86_400,
        description="The promise: a picture's answer comes within this time, a boot included; "
        "the smaller, the more instances",
    )
    scaler_min: int = Field(0, ge=0, le=1000, description="Fewest app instances")
    scaler_schedule: str = Field(
        "",
        description="Fewest app instances by time of day (UTC), such as "
        "mon-fri 07:30-18:00 2; sat 9:00-12:00 1",
    )
    scaler_max: int = Field(20, ge=0, le=1000, description="Most app instances, ever")
    scaler_scale_in_delay_seconds: float | None = Field(
        None,
        ge=0,
        le=86_400,
        description="How long an unneeded instance is kept; break-even with a boot when empty",
    )
    boot_timeout_seconds: float = Field(
        300.0, gt=0, description="An instance that takes no messages by then is replaced"
    )
    drain_timeout_seconds: float = Field(
        60.0, gt=0, description="An instance that was asked to stop is ended after this time"
    )
    expected_boot_seconds: float = Field(
        30.0, gt=0, description="Boot time that is assumed until one was measured"
    )
    expected_service_seconds: float = Field(
        0.5, gt=0, description="Time a picture that is assumed until one was measured"
    )
    minimum_billed_seconds: float = Field(
        60.0, ge=0, description="What an instance costs at least; EC2 bills no less than a minute"
    )

    # Scaler: what it launches
    ami_id: str = Field("", description="Image of app instances, where no launch template has it")
    launch_template: str = Field(
        "", description="Launch template of app instances: lt-... or its name"
    )
    instance_types: str = Field(
        "", description="Instance types, best first, comma separated; the next when one has run out"
    )
    subnet_ids: str = Field(
        "", description="Subnets (zones), comma separated; the next when one has run out"
    )
    spot_instances: bool = Field(False, description="Launch spot instances")

    # Scaler: functions that answer until instances are ready
    burst: Literal["off", "on"] = Field(
        "on", description="Lambda functions answer pictures, too, where the function face-burst is"
    )
    burst_concurrency: int = Field(50, ge=1, le=1000, description="Most burst functions at once")
    burst_dollars_a_day: float = Field(
        5.0, ge=0, description="What burst functions may cost from midnight to midnight, UTC"
    )
    burst_run_seconds: float = Field(
        60.0, ge=5, le=840, description="The longest that one burst function takes messages"
    )
    burst_memory_mb: int = Field(
        1769, ge=512, le=10240, description="Memory of a burst function; 1,769 is one processor"
    )

    @model_validator(mode="after")
    def _scaler_bounds_in_order(self) -> Self:
        if self.scaler_min > self.scaler_max:
            raise ValueError(
                f"SCALER_MIN ({self.scaler_min}) must not be over SCALER_MAX ({self.scaler_max})"
            )
        return self

    @field_validator("scaler_schedule")
    @classmethod
    def _schedule_can_be_read(cls, value: str) -> str:
        parse_schedule(value)
        return value

    @property
    def has_functions(self) -> bool:
        """Whether functions answer pictures. A step of a video, which the app tier's queue may
        hold, can take longer than a function lives."""
        return self.burst == "on" and self.video_backend == "lambda"
