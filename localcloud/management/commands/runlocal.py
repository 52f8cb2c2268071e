"""`manage.py runlocal`: the whole system on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from foundation import logs
from foundation.config import Settings, get_settings
from foundation.local_state.state_problems import full_disk
from localcloud.system.first_answer import FirstAnswer, Question
from localcloud.system.first_start import (
    ADMINISTRATOR,
    create_administrator,
    enrol_samples,
    is_anybody_enrolled,
)
from localcloud.system.local_system import LocalSystem, first_answer_file
from localcloud.system.models_at_hand import StartRefused
from localcloud.system.progress import Progress
from localcloud.system.samples import write_samples
from localcloud.system.supervisor import ChildGivenUp
from localcloud.system.web_server import local_url

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGINT, too, is set by hand: a shell that starts us in the background makes us ignore it."""

INTERRUPTIONS = (*STOP_SIGNALS, signal.SIGALRM)
HEARD_SECONDS = 2.0
"""How long an interruption has, to reach the code that stops the system."""

WhenReady = Callable[[str, list[Path]], None]
"""Told the address and the sample pictures once the system answers."""


class Command(BaseCommand):
    help = (
        "Run the whole system on this machine: AWS emulator, web tier, scaler and, as soon as "
        "pictures come, app instances. "
        "Ctrl-C stops all of it. State is kept under var/ (VAR_DIR)."
    )
    requires_system_checks: list[str] = []
    stealth_options = ("when_ready",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="port of the web tier (default: PORT, 8000)")
        parser.add_argument(
            "--min-instances", type=int, metavar="N",
            help="app instances that are kept also when idle (default: SCALER_MIN, 0)",
        )  # fmt: skip

    def handle(
        self,
        *args: object,
        port: int | None,
        min_instances: int | None,
        when_ready: WhenReady | None = None,
        **options: object,
    ) -> None:
        for value, variable in ((port, "PORT"), (min_instances, "SCALER_MIN")):
            if value is not None:
                os.environ[variable] = str(value)
                get_settings.cache_clear()
        sys.unraisablehook = _say_dropped
        for number in INTERRUPTIONS:
            signal.signal(number, _interrupt)
        progress = Progress(Console(highlight=False, soft_wrap=True))
        _log_to_file(get_settings())
        system = LocalSystem(get_settings(), progress)
        try:
            self._run(system, progress, when_ready)
        except KeyboardInterrupt:
            progress.report("Stopping")
        except (StartRefused, ChildGivenUp) as error:
            progress.end()
            raise CommandError(full_disk(get_settings().var_dir) or str(error)) from None
        finally:
            _stop(system)
            progress.end()
        self.stdout.write("Stopped.")

    def _run(self, system: LocalSystem, progress: Progress, when_ready: WhenReady | None) -> None:
        settings = system.start()
        password = create_administrator()
        with ExitStack() as until_answered:
            answer = self._first_answer(system, settings, progress, until_answered)
        if answer.is_right:
            first_answer_file(settings).touch()
        system.send_unanswered(settings)
        progress.end()
        self.stdout.write(welcome(settings, answer, password))
        self.stdout.flush()
        if when_ready:
            when_ready(local_url(settings), list(write_samples(settings.var_dir / "samples")))
        system.watch()

    def _first_answer(
        self, system: LocalSystem, settings: Settings, progress: Progress, forgets: ExitStack
    ) -> FirstAnswer:
        """Where people are enrolled, the question waits in the queue for what is started."""
        picture, person = list(write_samples(settings.var_dir / "samples").items())[-1]
        question = None
        if is_anybody_enrolled(settings):
            question = forgets.enter_context(Question(picture, settings))
        system.start_processes(settings)
        if question is None:
            enrol_samples(settings, progress.report)
            question = forgets.enter_context(Question(picture, settings))
        progress.report("Asking who is on a sample picture")
        return question.answer(person, system.keep_running)


def welcome(settings: Settings, answer: FirstAnswer, password: str | None) -> str:
    """What a person needs to know once everything runs."""
    url = local_url(settings)
    faces = command_line()
    picture = shlex.quote(_short(answer.picture))
    folder = shlex.quote(_short(answer.picture.parent))
    login = f"  (user {ADMINISTRATOR}, password {password}: shown only now)" if password else ""
    lines = [
        "",
        _state(url, answer, settings),
        "",
        f"  a picture in   curl -F inputFile=@{picture} {url}",
        f"  the answer     {answer.picture.name}:{answer.result}",
        f"  a burst        {faces} load {folder} --requests 200",
        f"  job history    {url}admin/{login}",
        f"  enrol people   {faces} enrol FOLDER",
        f"  app instances  {faces} status --watch",
        f"  logs           {_short(settings.var_dir / 'log')}/",
        f"  kept           pictures and videos {_retention(settings)}",
        "  stop           Ctrl-C",
        "",
    ]
    return "\n".join(lines)


def command_line() -> str:
    """How `faces` is called here."""
    script = Path(sys.executable).with_name("faces")
    if script.exists():
        return shlex.quote(_short(script))
    return f"{shlex.quote(_short(Path(sys.executable)))} -m faces"


def _retention(settings: Settings) -> str:
    days = settings.retention_days_pictures
    if not days:
        return "for ever (RETENTION_DAYS_PICTURES=0)"
    return f"for {days} days (RETENTION_DAYS_PICTURES; 0 keeps them for ever)"


def _state(url: str, answer: FirstAnswer, settings: Settings) -> str:
    if answer.is_right:
        return f"Ready: {url}"
    wanted = f", not {answer.expected}" if answer.expected else ""
    return (
        f"Running, but not ready: {url} says {answer.result!r} to {answer.picture.name}{wanted}. "
        f"The logs in {_short(settings.var_dir / 'log')} say why."
    )


def _log_to_file(settings: Settings) -> None:
    """This process's own logs. On the terminal there are only lines for people."""
    path = settings.var_dir / "log" / "runlocal.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    logs.configure(settings, path.open("a", buffering=1))


def _short(path: Path) -> str:
    """The path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _interrupt(*_: object) -> None:
    """Python drops what is raised within a destructor, or while it forks. It is raised again until
    the stop begins."""
    signal.setitimer(signal.ITIMER_REAL, HEARD_SECONDS)
    raise KeyboardInterrupt


def _say_dropped(dropped: sys.UnraisableHookArgs) -> None:
    """Show the errors that Python dropped, except an interruption: that is raised again."""
    if not isinstance(dropped.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)


def _stop(system: LocalSystem) -> None:
    """Stop all; a second Ctrl-C meanwhile would leave processes behind, so it is not heard."""
    for number in INTERRUPTIONS:
        signal.signal(number, signal.SIG_IGN)
    system.stop()
