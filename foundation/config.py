"""All configuration: typed, read from the environment once, with defaults for local use.

Every process of every tier reads the same names. `manage.py showconfig` prints them.
"""

from __future__ import annotations

import os
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from foundation.fleet.schedule import parse_schedule
from foundation.local_state.running_system import DEFAULT_VAR_DIR, adopt_running_system
from foundation.local_state.running_system import PROJECT_DIRECTORY as PROJECT_DIRECTORY  # noqa: PLC0414 - for all who ask here
from foundation.presets import PRESETS


class ConfigurationError(Exception):
    """The environment holds values that can't be used; the message names each of them."""


class Settings(BaseSettings):
    """What can be configured; the environment variable is the field's name in capitals."""

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

    # Web tier
    host: str = Field("127.0.0.1", description="Address that the web tier listens on")
    port: int = Field(8000, ge=0, le=65535, description="Port that the web tier listens on")
    web_processes: int = Field(1, ge=1, le=64, description="Web processes behind the port")
    database_url: str | None = Field(
        None, description="postgres://... ; SQLite under VAR_DIR when empty"
    )
    secret_key: SecretStr | None = Field(
        None, description="Django's secret key; made and kept under VAR_DIR when empty"
    )
    debug: bool = Field(False, description="Django's debug pages: never in production")
    allowed_hosts: str = Field(
        "localhost,127.0.0.1,[::1]", description="Host names that are answered, comma separated"
    )
    https: bool = Field(
        False, description="The site is served over HTTPS: secure cookies, HSTS, redirect"
    )
    require_api_key: bool | None = Field(
        None,
        description="Everything asks who is there: API, pages, POST /; when empty: yes, unless "
        "HOST is this machine alone, without HTTPS and without TRUSTED_PROXIES",
    )
    open_contract: bool | None = Field(
        None,
        description="POST / and GET /jobs/<id> need no key even where one is required; when empty: "
        "where the system listens on this machine alone",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses and networks of proxies whose X-Forwarded-For, -Proto and -Host "
        "count, comma separated; none when empty",
    )
    csrf_trusted_origins: str = Field(
        "",
        description="Other sites whose pages may send forms and pictures here, such as "
        "https://portal.example, comma separated",
    )
    max_connections: int = Field(
        4096, ge=10, le=100_000, description="Connections of one web process, in all"
    )
    max_connections_per_address: int = Field(
        1024, ge=1, le=100_000, description="Connections of one address, except trusted proxies"
    )
    header_timeout_seconds: float = Field(
        10.0, gt=0, le=600, description="A request's headers come within this time"
    )
    upload_timeout_seconds: float = Field(
        900.0, gt=0, le=86_400, description="A request's body comes within this time"
    )
    upload_min_kb_per_second: float = Field(
        1.0, ge=0, le=10_000, description="A request's body comes no slower than this, in KiB/s"
    )
    max_uploads_on_disk_mb: float = Field(
        4096.0,
        gt=0,
        description="Disk that all uploads of one web process may take together, in MiB; each "
        "takes twice its size",
    )
    webhook_secret: SecretStr | None = Field(
        None, description="Signs webhooks; made and kept under VAR_DIR when empty"
    )
    webhook_private_addresses: bool | None = Field(
        None,
        description="Webhooks may go to machines that are not on the internet, and by plain http, "
        "and pictures come from there; when empty: where no API key is asked for",
    )
    picture_buckets: str = Field(
        "", description="Buckets that requests may name pictures of, comma separated; empty: none"
    )
    max_batch_mb: float = Field(
        50.0, gt=0, le=2000, description="Largest request of several pictures in MiB"
    )
    retention_days_pictures: int = Field(
        90, ge=0, description="Pictures and videos are deleted after this number of days; 0: never"
    )
    retention_days_history: int = Field(
        0, ge=0, description="Days after which jobs and their pictures are deleted; 0: never"
    )
    retention_days_audit: int = Field(
        365,
        ge=0,
        description="Audit log and admin's log are deleted after this number of days; 0: never",
    )
    result_timeout_seconds: float = Field(
        60.0, gt=0, le=900, description="How long POST / waits for its answer before 504"
    )
    reply_filename: Literal["full", "stem"] = Field(
        "full", description="The name before the colon: test_00.jpg (full) or test_00 (stem)"
    )
    max_upload_mb: float = Field(10.0, gt=0, le=500, description="Largest picture in MiB")
    max_megapixels: float = Field(
        200.0,
        gt=0,
        le=500,
        description="Largest picture in megapixels; the memory to decode it is bounded as well",
    )
    resend_after_seconds: float = Field(
        120.0,
        ge=1,
        description="An unanswered job is sent again after this time, if no longer queued",
    )
    max_sends: int = Field(3, ge=1, le=20, description="Sends of one job before it is failed")

    # Queues
    visibility_timeout_seconds: int = Field(
        30, ge=2, le=43200, description="How long a picture in work is hidden from other workers"
    )
    max_message_bytes: int = Field(
        262_144,
        ge=1024,
        le=1_048_576,
        description="Largest message of the queues; a larger reply goes through S3",
    )
    max_receive_count: int = Field(
        3, ge=2, le=100, description="Deliveries of one picture before the dead-letter queue"
    )
    receive_wait_seconds: int = Field(
        20, ge=1, le=20, description="Length of one long poll of a queue"
    )

    # App tier
    recognition_model: str | None = Field(
        None,
        description="Embedding model, one that `python -m recognition models` lists; when empty "
        "the gallery's, or the best at hand",
    )
    strangers_named: float = Field(
        1.0,
        gt=0,
        le=100,
        description="Share of strangers who may get a name, in percent; the threshold follows from "
        "it, from the model and from the number of examples in the gallery",
    )
    recognition_threshold: float | None = Field(
        None,
        gt=0,
        description="Distance above which a face is unknown, in place of what STRANGERS_NAMED asks",
    )
    min_probability: float = Field(
        0.9, ge=0, le=1, description="A face that the detector is less sure of gets no name"
    )
    try_turned: bool = Field(
        True, description="Try a picture without a face turned by 90, 180 and 270 degrees, too"
    )
    same_person_twice: bool = Field(
        False, description="A person may be found more than once in one picture"
    )
    recognition_runtime: Literal["auto", "native", "onnx"] = Field(
        "auto",
        description="What runs the nets: kernels of our own (native; AVX-512, AVX2, ARM), ONNX "
        "Runtime (onnx), or the first of these that can (auto)",
    )
    recognition_precision: Literal["float32", "int8"] = Field(
        "float32", description="int8 is faster and a little less exact"
    )
    recognition_min_face_size: int = Field(
        20, ge=12, le=1000, description="Smallest face that is looked for, in pixels"
    )
    recognition_min_face_share: float = Field(
        0.0, ge=0, le=1, description="The same as a share of the picture's shorter side"
    )
    recognition_quality: Literal["none", "auto", "strict"] = Field(
        "none", description="Faces that are small, blurred or turned away get no name"
    )
    enrolment_quality: Literal["none", "auto", "strict"] = Field(
        "auto", description="Such faces are not taken into the gallery"
    )
    weights_dir: Path | None = Field(
        None, description="Where model weights are kept; VAR_DIR/weights when empty"
    )
    gallery_check_seconds: float = Field(
        2.0, ge=0, le=3600, description="How often a worker asks whether the gallery changed"
    )
    worker_collections: int = Field(
        32,
        ge=1,
        le=10_000,
        description="Collections whose galleries a worker process keeps in memory, by last use",
    )
    worker_processes: int = Field(
        os.cpu_count() or 1, ge=1, le=256, description="Recogniser processes of one app instance"
    )
    task_time_limit_seconds: float = Field(
        25.0,
        gt=0,
        description="A picture that takes longer is given up; under the visibility timeout",
    )
    instance_id: str = Field("", description="EC2 instance id of this app instance")
    ready_file: Path | None = Field(
        None, description="A file that the worker writes once it takes messages"
    )
    first_answer_file: Path | None = Field(
        None, description="A file that /readyz waits for; `make run` writes it once all works"
    )

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

    # Video
    frames_per_video: int | None = Field(
        None, ge=1, le=1000, description="Frames of a video to look at; the first alone when empty"
    )
    frame_interval_seconds: float | None = Field(
        None, gt=0, le=86400, description="Seconds between two frames of a video that are looked at"
    )
    video_backend: Literal["lambda", "celery"] = Field(
        "lambda",
        description="Who works on videos that are sent to POST /videos: the Lambda functions, or "
        "the app tier (celery)",
    )
    max_video_mb: float = Field(500.0, gt=0, le=5000, description="Largest video in MiB")
    video_time_limit_seconds: float = Field(
        600.0, gt=5, description="How long a worker may split one video (VIDEO_BACKEND=celery)"
    )
    lambda_timeout_seconds: int = Field(
        60, ge=1, le=900, description="How long a Lambda function may take for one event"
    )
    lambda_memory_mb: int = Field(
        1024, ge=128, le=10240, description="How much memory a Lambda function may take"
    )
    lambda_concurrency: int = Field(
        2, ge=1, le=1000, description="How many of each Lambda function run at once"
    )

    # Logs
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO")
    log_format: Literal["text", "json"] = Field("text", description="json for machines")

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: dict[str, object]) -> dict[str, object]:
        return {**PRESETS.get(str(given.get("preset")), {}), **given}

    @model_validator(mode="after")
    def _scaler_bounds_in_order(self) -> Settings:
        if self.scaler_min > self.scaler_max:
            raise ValueError(
                f"SCALER_MIN ({self.scaler_min}) must not be over SCALER_MAX ({self.scaler_max})"
            )
        return self

    @model_validator(mode="after")
    def _largest_upload_fits(self) -> Settings:
        largest = max(self.max_video_mb, self.max_batch_mb, self.max_upload_mb)
        if self.max_uploads_on_disk_mb < 2 * largest + 1:
            raise ValueError(
                f"MAX_UPLOADS_ON_DISK_MB ({self.max_uploads_on_disk_mb:g}) must be over twice the "
                f"largest upload ({largest:g} MiB)"
            )
        return self

    @field_validator("scaler_schedule")
    @classmethod
    def _schedule_can_be_read(cls, value: str) -> str:
        parse_schedule(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses_or_networks(cls, value: str) -> str:
        for name in filter(None, (one.strip() for one in value.split(","))):
            try:
                ip_network(name, strict=False)
            except ValueError:
                raise ValueError(f"{name} is no address or network such as 10.0.0.0/16") from None
        return value

    @field_validator("csrf_trusted_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for name in filter(None, (one.strip() for one in value.split(","))):
            parts = urlsplit(name)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
                raise ValueError(f"{name} is no origin such as https://portal.example")
        return value

    @model_validator(mode="after")
    def _time_limit_under_visibility(self) -> Settings:
        if self.task_time_limit_seconds >= self.visibility_timeout_seconds:
            raise ValueError(
                f"TASK_TIME_LIMIT_SECONDS ({self.task_time_limit_seconds:g}) must be under "
                f"VISIBILITY_TIMEOUT_SECONDS ({self.visibility_timeout_seconds}), "
                "or a slow picture is handed to two workers"
            )
        return self

    @model_validator(mode="after")
    def _model_is_known(self) -> Settings:
        """The user's own models become known here, because every process reads its settings."""
        if self.recognition_model or any(self.weights_directory.glob("*.toml")):
            from recognition.errors import ModelError
            from recognition.registry.models import model_named
            from recognition.registry.own_models import know_own_models

            try:
                know_own_models(self.weights_directory)
                if self.recognition_model:
                    model_named(self.recognition_model)
            except ModelError as error:
                value = self.recognition_model or ""
                raise ValueError(f"RECOGNITION_MODEL={value!r}: {error}") from None
        return self

    @property
    def has_functions(self) -> bool:
        """Whether functions answer pictures. A step of a video, which the app tier's queue may
        hold, can take longer than a function lives."""
        return self.burst == "on" and self.video_backend == "lambda"

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

    @property
    def max_upload_bytes(self) -> int:
        return int(self.max_upload_mb * 2**20)

    @property
    def max_batch_bytes(self) -> int:
        return max(int(self.max_batch_mb * 2**20), 2 * self.max_upload_bytes)

    @property
    def max_video_bytes(self) -> int:
        return int(self.max_video_mb * 2**20)

    @property
    def serves_this_machine_alone(self) -> bool:
        """Whether nobody beyond this machine reaches the web tier, directly or by a proxy."""
        published = self.https or bool(self.trusted_proxies.strip())
        return not published and self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def api_key_required(self) -> bool:
        if self.require_api_key is not None:
            return self.require_api_key
        return not self.serves_this_machine_alone

    @property
    def contract_is_open(self) -> bool:
        """Whether POST / and its jobs answer clients without a key."""
        if self.open_contract is not None:
            return self.open_contract or not self.api_key_required
        return self.serves_this_machine_alone or not self.api_key_required

    @property
    def private_webhooks_allowed(self) -> bool:
        if self.webhook_private_addresses is not None:
            return self.webhook_private_addresses
        return not self.api_key_required

    @property
    def allowed_picture_buckets(self) -> frozenset[str]:
        """The buckets that a request may name a picture of."""
        return frozenset(filter(None, map(str.strip, self.picture_buckets.split(","))))

    @property
    def max_pixels(self) -> int:
        return int(self.max_megapixels * 1_000_000)

    @property
    def weights_directory(self) -> Path:
        return self.weights_dir or self.var_dir / "weights"

    @property
    def gallery_pack_directory(self) -> Path:
        """Where this machine's workers keep the gallery's embeddings in one file."""
        return self.var_dir / "gallery-pack" / self.gallery_bucket

    def environment(self) -> dict[str, str]:
        """Every setting under its environment name, secrets in clear: for child processes."""
        return {
            name.upper(): _as_text(value)
            for name, value in self.model_dump().items()
            if value is not None
        }


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """This process's settings, read on first use.

    Raises ConfigurationError with one line per wrong value.
    """
    adopt_running_system(os.environ)
    return load_settings()


def load_settings() -> Settings:
    """Read the environment again. Raises ConfigurationError."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("\n".join(_problems(error))) from None


def _problems(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"]).upper()
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name}={problem['input']!r}: {message}" if name else message)
    return lines
