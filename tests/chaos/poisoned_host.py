"""The real instance host, whose workers die of marked pictures, or never end over them.

`python -m tests.chaos.poisoned_host`
"""

from __future__ import annotations

from functools import partial

from localcloud.instances import instance_host
from localcloud.instances.instance_host import app_instance

if __name__ == "__main__":
    instance_host.app_instance = partial(  # type: ignore[assignment]
        app_instance, celery_app="tests.system.poisoned_worker"
    )
    instance_host.main()
