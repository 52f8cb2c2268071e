"""A whole system for system tests: `manage.py runlocal` as a user starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from foundation.config import PROJECT_DIRECTORY
from localcloud.system.ports import free_port
from localcloud.system.processes import MARK
from recognition.registry.models import MODELS
from tests.support.prepared_weights import put_weights

QUICK = {"VISIBILITY_TIMEOUT_SECONDS": 10, "TASK_TIME_LIMIT_SECONDS": 9}
"""Short, so that what is delivered again comes again soon."""
START_SECONDS = 150
ANSWER_SECONDS = 300
BUSY = 4
"""How many times as long everything may take where a busy machine runs the tests: a deadline only
ends a test that has failed."""


def clean_environment(var_dir: Path, **settings: object) -> dict[str, str]:
    """The environment of somebody who has set nothing but these settings."""
    kept = (
        "PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "OPENBLAS_CORETYPE", "RECORD_CALLS",
        "EMULATOR_MIDDLEWARE", "COVERAGE_PROCESS_CONFIG",
    )  # fmt: skip
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return {**environment, "VAR_DIR": str(var_dir), **{k: str(v) for k, v in settings.items()}}


def wait_for(condition: Callable[[], Any], seconds: float = 60, what: str = "it") -> Any:
    """The condition's first true value; fails after `seconds` of a machine that is not busy."""
    deadline = time.monotonic() + BUSY * seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {BUSY * seconds} s"
        time.sleep(0.1)
    return value


class RunningSystem:
    """One `runlocal`, its output, and ways to look at it. Instances alone answer in it, so that a
    test can stop who answers; `BURST="on"` lets functions help. Where it is not `prepared`, its
    first start makes the model's files."""

    def __init__(self, var_dir: Path, *, prepared: bool = True, **settings: object) -> None:
        self.var_dir = var_dir
        self._prepared = prepared
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        waiting = {"RESULT_TIMEOUT_SECONDS": ANSWER_SECONDS}  # a busy machine is no reason for 504
        chosen = {"BURST": "off", "PORT": self.port, **waiting, **settings}
        self.environment = clean_environment(var_dir, **chosen)
        self._output = var_dir.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        self._exported: dict[str, str] = {}
        self._clients: dict[str, Any] = {}

    def start(self) -> RunningSystem:
        if self._prepared:
            put_weights(self.var_dir / "weights")
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runlocal"],
                cwd=PROJECT_DIRECTORY, env=self.environment, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        wait_for(lambda: "Ready:" in self.output or self.has_ended, START_SECONDS, "the start")
        assert not self.has_ended, self.output
        self._exported, self._clients = {}, {}
        return self

    @property
    def default_model(self) -> str:
        """What a new gallery gets: SFace where this machine could fetch it, else dlib."""
        fetched = self.var_dir / "weights" / MODELS["sface"].files[0].filename
        return "sface" if fetched.exists() else "dlib"

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end. Returns the exit status."""
        assert self.process is not None
        if not self.has_ended:
            self.process.send_signal(number)
        try:
            return self.process.wait(BUSY * 60)
        finally:
            for process in self.left_processes():
                process.kill()

    def left_processes(self) -> list[psutil.Process]:
        """All living processes that belong to this state, found by their mark."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(MARK) == str(self.var_dir)
        except psutil.Error:
            return False

    def processes(self, word: str) -> list[psutil.Process]:
        """Processes of the system with a word in their command line, parents first."""
        found: list[psutil.Process] = []
        for process in self.left_processes():
            with suppress(psutil.NoSuchProcess):  # it has just ended
                if word in " ".join(process.cmdline()):
                    found.append(process)
        return sorted(found, key=lambda process: process.create_time())

    def manage(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside the system, which it has to find by itself."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=PROJECT_DIRECTORY, text=True,
            env=clean_environment(self.var_dir, **settings), capture_output=True,
            timeout=ANSWER_SECONDS,
        )  # fmt: skip

    def key(self, *may: str) -> str:
        """A new API key that may do these things."""
        scopes = [word for scope in may for word in ("--may", scope)]
        made = subprocess.run(
            [sys.executable, "-m", "faces", "keys", "make", "-".join(may), *scopes, "--json"],
            cwd=PROJECT_DIRECTORY, text=True, env=clean_environment(self.var_dir),
            capture_output=True, timeout=ANSWER_SECONDS,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        return str(json.loads(made.stdout)["key"])

    def exported(self) -> dict[str, str]:
        """What `showconfig --export` says. Asked once a start: it stays the same until the next,
        and each command costs a second of processor time, which a loop that waits has not."""
        if not self._exported:
            lines = self.manage("showconfig", "--export").stdout.splitlines()
            pairs = (line.removeprefix("export ").partition("=") for line in lines)
            self._exported = {name: value.strip("'") for name, _, value in pairs}
        return self._exported

    def aws(self, service: str) -> Any:
        """A boto3 client as somebody makes it from what is exported."""
        if service not in self._clients:
            self._clients[service] = self._client(service, self.exported())
        return self._clients[service]

    def _client(self, service: str, values: Mapping[str, str]) -> Any:
        import boto3

        return boto3.client(
            service, endpoint_url=values["AWS_ENDPOINT_URL"], region_name=values["AWS_REGION"],
            aws_access_key_id=values["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=values["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip

    def post(self, name: str, content: bytes, url: str | None = None) -> httpx.Response:
        files = {"inputFile": (name, content)}
        return httpx.post(url or self.url, files=files, timeout=ANSWER_SECONDS)

    def get(self, path: str = "", **options: Any) -> httpx.Response:
        """What is at a path of the system, or at a whole address."""
        address = path if "://" in path else self.url + path
        return httpx.get(address, timeout=ANSWER_SECONDS, **options)

    def post_all(
        self, pictures: Mapping[str, bytes], concurrency: int, urls: Iterable[str] = ()
    ) -> dict[str, httpx.Response]:
        """Post pictures, a few at a time, to the addresses in turn."""
        addresses = list(urls) or [self.url]
        with ThreadPoolExecutor(concurrency) as posters:
            futures = {
                name: posters.submit(self.post, name, content, addresses[n % len(addresses)])
                for n, (name, content) in enumerate(pictures.items())
            }
            return {name: future.result() for name, future in futures.items()}


@contextmanager
def started(var_dir: Path, **settings: object) -> Iterator[RunningSystem]:
    """A system that runs until the end of the block."""
    running = RunningSystem(var_dir, **settings)
    try:
        yield running.start()
    finally:
        running.stop()
