"""The settings of the queues and of who works: app tier and Lambda functions."""

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from foundation.settings.web import WebSettings


class WorkerSettings(WebSettings):
    """The settings of queues, app tier and videos."""

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

    @model_validator(mode="after")
    def _time_limit_under_visibility(self) -> Self:
        if self.task_time_limit_seconds >= self.visibility_timeout_seconds:
            raise ValueError(
                f"TASK_TIME_LIMIT_SECONDS ({self.task_time_limit_seconds:g}) must be under "
                f"VISIBILITY_TIMEOUT_SECONDS ({self.visibility_timeout_seconds}), "
                "or a slow picture is handed to two workers"
            )
        return self

    @model_validator(mode="after")
    def _model_is_known(self) -> Self:
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
    def max_video_bytes(self) -> int:
        """The largest video in bytes."""
        return int(self.max_video_mb * 2**20)

    @property
    def weights_directory(self) -> Path:
        """The folder of models and exported nets."""
        return self.weights_dir or self.var_dir / "weights"

    @property
    def gallery_pack_directory(self) -> Path:
        """Where this machine's workers keep the gallery's embeddings in one file."""
        return self.var_dir / "gallery-pack" / self.gallery_bucket
