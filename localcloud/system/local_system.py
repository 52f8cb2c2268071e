"""The whole system on this machine: what is started, in which order, and how it stops."""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.management import call_command

from faceweb.replies.sweep import send_open_jobs_now
from faceweb.videos.following import send_open_videos_now
from faceweb.videos.storing import sender
from faceweb.watch.metrics import MULTIPROCESS_FOLDER
from foundation import aws
from foundation.aws.provisioning import provision
from foundation.config import Settings, get_settings
from foundation.fleet import lifecycle
from foundation.local_state.running_system import RUNNING_SYSTEM_FILE
from localcloud.emulator.emulator_process import (
    KEPT_FOLDER,
    answers,
    emulator,
    emulator_with_process,
    use_aws,
    wait_until,
)
from localcloud.lambda_host.event_source import EventSource
from localcloud.lambda_host.functions import contract_functions
from localcloud.system.environment import (
    as_role,
    children_environment,
    emulated_aws,
    record_running_system,
)
from localcloud.system.models_at_hand import StartRefused, prepare_models
from localcloud.system.ports import free_port, is_free
from localcloud.system.processes import Child, end_leftovers
from localcloud.system.progress import Progress
from localcloud.system.supervisor import ChildGivenUp, Supervisor
from localcloud.system.web_server import local_url, web_server

EMULATOR_START_SECONDS = 60.0
WEB_START_SECONDS = 60.0
WORKER_START_SECONDS = 900.0  # it may have to download a model first
CHECK_SECONDS = 0.2

STOP_SECONDS = 7.0
"""All of it must be gone 10 s after Ctrl-C; the emulator goes last, because the others need it."""
EMULATOR_STOP_SECONDS = 2.0

BOOT_SECONDS = 1.0
"""How long the emulator's instances take to boot, before their worker starts."""


class LocalSystem:
    """Emulator, web tier, Lambda host, scaler and instances, as supervised local processes."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._report = progress.report
        self._supervisor = Supervisor(progress.report)
        self._lock: IO[str] | None = None
        self._emulator: Child | None = None
        self._environment: dict[str, str] = {}

    def start(self) -> Settings:
        """Start what the processes need: emulator, database, model. Returns the settings that reach
        it.

        Raises StartRefused, ChildGivenUp.
        """
        self._lock = lock_state(self._settings)
        if not is_free(self._settings.host, self._settings.port):
            raise StartRefused(
                f"Port {self._settings.port} is taken: choose another, "
                f"such as PORT={self._settings.port + 1000} make run"
            )
        if killed := end_leftovers(str(self._settings.var_dir)):
            self._report(f"Ended {killed} processes that an earlier start had left")
        settings = self._start_emulator()
        self._report("Preparing the model")
        if meaning := prepare_models(settings, self._environment, self._log_file("models")):
            self._progress.say(meaning)
        return settings

    def start_processes(self, settings: Settings) -> None:
        """Start the system's own processes, all at once. Raises ChildGivenUp."""
        self._report("Starting web tier, scaler and functions")
        for function in contract_functions(settings):
            EventSource(function, settings).prepare()
        self._start_fleet()
        self._start_web(settings)
        self._start_lambda_host()
        if settings.scaler_min > 0:
            self._wait_for_instances(settings)

    def _start_emulator(self) -> Settings:
        """The database is prepared meanwhile."""
        self._report("Starting the AWS emulator")
        port = free_port()
        aws = emulated_aws(f"http://127.0.0.1:{port}", self._settings)
        self._environment = children_environment(self._settings, aws)
        self._emulator = emulator(
            port,
            self._environment,
            self._log_file("emulator"),
            keep=self._settings.var_dir / KEPT_FOLDER,
        )
        self._supervisor.start(self._emulator, self._after_emulator_restart)
        call_command("migrate", verbosity=0, interactive=False)
        wait_until(self._emulator, lambda: answers(aws["AWS_ENDPOINT_URL"]), EMULATOR_START_SECONDS)
        settings = use_aws(aws)
        provision(settings)
        record_running_system(settings, aws)
        return settings

    def _after_emulator_restart(self) -> None:
        """Its buckets are on disk, but its queues are gone: send every open job again."""
        settings = get_settings()
        endpoint = settings.aws_endpoint_url or ""
        if self._emulator:
            wait_until(self._emulator, lambda: answers(endpoint), EMULATOR_START_SECONDS)
        provision(settings)
        self.send_unanswered(settings)

    def send_unanswered(self, settings: Settings) -> None:
        """Send every open picture and video again, and say so."""
        if sent := send_open_jobs_now() + send_open_videos_now(sender(settings)):
            self._report(f"Sent {sent} unanswered pictures and videos again")

    def _start_web(self, settings: Settings) -> None:
        web = self._supervisor.start(
            web_server(settings, self._web_environment(settings), self._log_file("web"))
        )
        wait_until(web, lambda: answers(f"{local_url(settings)}healthz"), WEB_START_SECONDS)

    def _web_environment(self, settings: Settings) -> dict[str, str]:
        """Several web processes count for /metrics in files that all of them read."""
        marker = first_answer_file(self._settings)
        marker.unlink(missing_ok=True)
        environment = {**as_role(self._environment, "web"), "FIRST_ANSWER_FILE": str(marker)}
        if settings.web_processes == 1:
            return environment
        folder = settings.var_dir / "metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return {**environment, MULTIPROCESS_FOLDER: str(folder)}

    def _start_lambda_host(self) -> None:
        """What runs the video functions. It makes their queues again itself, should they go."""
        command = [sys.executable, "-m", "localcloud.lambda_host"]
        log_file = self._log_file("lambda-host")
        self._supervisor.start(Child("Lambda host", command, self._environment, log_file))

    def _start_fleet(self) -> None:
        """The host of app instances, and the scaler that launches them when they are needed."""
        host = ["-m", "localcloud.instances.instance_host", "--boot-seconds", str(BOOT_SECONDS)]
        scaler = ["-m", "faceweb", "runscaler"]
        for name, command, role in (("instance host", host, "host"), ("scaler", scaler, "web")):
            log_file = self._log_file(name.replace(" ", "-"))
            environment = as_role(self._environment, role)
            child = Child(name, [sys.executable, *command], environment, log_file)
            self._supervisor.start(child)

    def _wait_for_instances(self, settings: Settings) -> None:
        """With instances from the start, the first picture is to be quick."""
        self._report(f"Booting {settings.scaler_min} app instances")
        deadline = time.monotonic() + WORKER_START_SECONDS
        while ready_instances(settings) < settings.scaler_min:
            self._supervisor.check()
            if time.monotonic() > deadline:
                raise ChildGivenUp(
                    f"No app instance got ready in {WORKER_START_SECONDS:.0f} s: "
                    f"see {self._settings.var_dir / 'log'}"
                )
            time.sleep(CHECK_SECONDS)

    def _log_file(self, name: str) -> Path:
        return self._settings.var_dir / "log" / f"{name}.log"

    def keep_running(self) -> None:
        """Start again what has ended. Raises ChildGivenUp."""
        self._supervisor.check()

    def watch(self) -> None:
        """Keep everything running until interrupted. Raises ChildGivenUp."""
        while True:
            self.keep_running()
            time.sleep(CHECK_SECONDS)

    def stop(self) -> None:
        """Stop everything within 10 s; what is still running then is killed."""
        if self._lock is None:
            return
        self._supervisor.stop(STOP_SECONDS, self._emulator, EMULATOR_STOP_SECONDS)
        end_leftovers(str(self._settings.var_dir))  # Ctrl-C may come while a child is being started
        (self._settings.var_dir / RUNNING_SYSTEM_FILE).unlink(missing_ok=True)
        self._lock.close()


def first_answer_file(settings: Settings) -> Path:
    """There once the system has named a sample picture rightly; /readyz looks for it."""
    return settings.var_dir / "first-answer"


def ready_instances(settings: Settings) -> int:
    """App instances that take messages."""
    ec2 = aws.client("ec2", settings)
    described = lifecycle.describe_fleet(ec2, settings.faceweb_id, ("running",))
    states = [lifecycle.tags_of(one).get(lifecycle.STATE_TAG) for one in described]
    return states.count(lifecycle.READY)


def lock_state(settings: Settings) -> IO[str]:
    """One system to a state folder. The kernel lets go of the lock when its holder dies."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    lock = (settings.var_dir / "runlocal.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        raise StartRefused(
            f"It is running already with the state in {settings.var_dir} (process {holder}): "
            "stop that one first, or set VAR_DIR to another folder"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


@contextmanager
def storage_at_rest(settings: Settings) -> Iterator[Settings]:
    """Settings that reach what is kept under VAR_DIR. No system can start there meanwhile.

    Raises StartRefused where one runs, ChildGivenUp.
    """
    log, kept = settings.var_dir / "log", settings.var_dir / KEPT_FOLDER
    with lock_state(settings), emulator_with_process(settings, log, kept):
        provision(get_settings())
        yield get_settings()
