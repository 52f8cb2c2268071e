"""The settings that app instances and functions share with the rest of the system.

They are told at the start: by user data, or in the invocation. No secret is among them: describing
an instance shows its user data.
"""

from foundation.config import Settings

TOLD = (
    "faceweb_id",
    "aws_region",
    "recognition_model",
    "recognition_threshold",
    "strangers_named",
    "min_probability",
    "same_person_twice",
    "try_turned",
    "max_upload_mb",
    "max_megapixels",
    "gallery_check_seconds",
    "task_time_limit_seconds",
    "visibility_timeout_seconds",
    "receive_wait_seconds",
    "log_level",
    "log_format",
)
TOLD_TO_FUNCTIONS = frozenset(name.upper() for name in (*TOLD[2:], "burst_run_seconds"))
"""What an invocation may set: never which system the function belongs to."""


def told_to_workers(settings: Settings) -> dict[str, str]:
    """The settings that an app instance is told, by their environment names."""
    values = settings.environment()
    return {name.upper(): values[name.upper()] for name in TOLD if name.upper() in values}


def told_to_functions(settings: Settings) -> dict[str, str]:
    """The settings that a run of a function is told."""
    values = settings.environment()
    return {name: values[name] for name in sorted(TOLD_TO_FUNCTIONS) if name in values}
