"""The app tier's work as Celery tasks. The result backend sends what they return."""

from celery import Task
from celery.signals import worker_init, worker_ready

from foundation.config import get_settings
from foundation.fleet.identity import worker_name
from workers import runtime, work
from workers.app import app


@worker_init.connect
def _prepare(**_: object) -> None:
    """Load and warm the model before the first message, and before the pool forks.

    The pool's processes then share the model's memory, and a process that replaces a dead one
    is ready at once.
    """
    runtime.prepare(get_settings())


@worker_ready.connect
def _say_ready(**_: object) -> None:
    """Tell this worker's starter that it takes messages now."""
    if ready_file := get_settings().ready_file:
        ready_file.write_text(worker_name())


def _register(name: str) -> None:
    @app.task(bind=True, name=name)
    def run(self: Task, *arguments: object, **named: object) -> str:
        return work.TASKS[name](self.request.id, *arguments, **named)


for _name in work.TASKS:
    _register(_name)
