"""The function `face-burst`: answers pictures of the request queue until it is empty.

The scaler invokes it while no app instance is ready, or where one does not pay. It does the same
work as an app instance's Celery worker, and dies as harmlessly.
"""

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from foundation.config import Settings, get_settings
from foundation.errors import ComesAgain
from foundation.fleet import identity
from foundation.fleet.function_reports import FunctionReport, encode_report
from foundation.workers_settings import FUNCTION_VARIABLES
from workers import runtime
from workers.lambdas.running import LambdaContext, ready
from workers.queue.consuming import Consumer
from workers.queue.in_hand import Life
from workers.replying import send_reply

NAME = re.compile(r"[a-z0-9-]{1,64}")
"""A run is named by the scaler; one that somebody else invokes, by Lambda's request id."""


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Answer pictures. The event names this run, as the scaler counts it."""
    settings = settings_of(event)
    report = FunctionReport(function=_name(event, context), began_at=time.time())
    identity.be_known_as(report.function)
    warm = runtime.current(settings)
    warm.galleries.look_again()  # the clock may have stood still since the last run
    warm.prepare()  # first: who can't recognise takes no picture from those who can

    def give_up() -> None:
        _tell_end(report, consumer.answered)
        os._exit(1)

    life = Life(seconds_left=lambda: context.get_remaining_time_in_millis() / 1e3, give_up=give_up)
    consumer = Consumer(settings, life)
    _tell(report)
    try:
        consumer.run()
    finally:
        _tell_end(report, consumer.answered)
    return {"function": report.function, "answered": consumer.answered}


def settings_of(event: Mapping[str, object]) -> Settings:
    """The settings that the invocation tells, as user data tells an app instance's.

    Where they are others than the last run's, model and galleries are loaded again.
    """
    given = event.get("settings")
    variables = {
        name: value
        for name, value in (given.items() if isinstance(given, dict) else ())
        if name in FUNCTION_VARIABLES and isinstance(value, str)
    }
    if variables.items() - os.environ.items():
        os.environ.update(variables)
        get_settings.cache_clear()
        ready.cache_clear()
        runtime.forget()
    return ready()


def _name(event: Mapping[str, object], context: LambdaContext) -> str:
    given = event.get("function")
    return given if isinstance(given, str) and NAME.fullmatch(given) else context.aws_request_id


def _tell_end(report: FunctionReport, answered: int) -> None:
    _tell(replace(report, ended_at=time.time(), answered=answered))


def _tell(report: FunctionReport) -> None:
    """If this fails, the scaler stops counting the function after its time limit."""
    with suppress(ComesAgain):
        send_reply(report.function, encode_report(report))
