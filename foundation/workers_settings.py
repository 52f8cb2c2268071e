"""The settings that app instances and functions share with the rest of the system.

They come at the start: by user data, or in the invocation. No secret is among them: describing an
instance shows its user data.
"""

from foundation.config import Settings

WORKER_SETTINGS = (
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
FUNCTION_VARIABLES = frozenset(name.upper() for name in (*WORKER_SETTINGS[2:], "burst_run_seconds"))
"""What an invocation may set: never which system the function belongs to."""


def worker_variables(settings: Settings) -> dict[str, str]:
    """The settings of an app instance, by their environment names."""
    values = settings.environment()
    names = map(str.upper, WORKER_SETTINGS)
    return {name: values[name] for name in names if name in values}


def function_variables(settings: Settings) -> dict[str, str]:
    """The settings of a run of a function, by their environment names."""
    values = settings.environment()
    return {name: values[name] for name in sorted(FUNCTION_VARIABLES) if name in values}
