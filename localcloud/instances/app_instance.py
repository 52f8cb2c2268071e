"""One app instance on this machine: the Celery worker that an EC2 instance of the fleet runs."""

import sys
from collections.abc import Mapping
from pathlib import Path

from foundation.config import Settings
from localcloud.system.environment import as_role
from localcloud.system.processes import Child


def ready_file(settings: Settings, instance_id: str) -> Path:
    """The file that the instance's worker writes once it takes messages."""
    return settings.var_dir / "run" / f"{instance_id}.ready"


def app_instance(
    settings: Settings,
    instance_id: str,
    environment: Mapping[str, str],
    celery_app: str = "workers",
) -> Child:
    """The worker of one instance, not started yet."""
    ready = ready_file(settings, instance_id)
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.unlink(missing_ok=True)
    return Child(
        f"app instance {instance_id}",
        [sys.executable, "-m", "celery", "-A", celery_app, "worker", "-n", f"{instance_id}@%h"],
        {**as_role(environment, "app"), "INSTANCE_ID": instance_id, "READY_FILE": str(ready)},
        settings.var_dir / "log" / f"{instance_id}.log",
    )
