"""Starts and stops what one web process runs beside its requests: the response path.

Collector, sweep, videos, webhooks and people have a thread each. Waiting clients, and what gathers,
live in the event loop.
"""

import asyncio
import threading
from contextlib import suppress

from faceweb.intake.arriving import take_messages
from faceweb.intake.writing import writing
from faceweb.jobs.departures import depart_by, departures, send_task
from faceweb.people.upkeep import Upkeep
from faceweb.replies import queues, responses
from faceweb.replies.collector import ResponseCollector
from faceweb.replies.sweep import Sweep
from faceweb.replies.threads import Start, background, run_in_thread
from faceweb.replies.waiters import Waiters
from faceweb.videos.deleting import video_buckets
from faceweb.videos.following import VideoWatch
from faceweb.videos.storing import sender
from faceweb.webhooks.delivery import Deliveries
from foundation.config import Settings

STOP_SECONDS = queues.RESPONSE_WAIT_SECONDS + 1.0


class ResponsePath:
    """Started and stopped with the process; `waiters` is what the views use.

    `start` runs a loop in a thread beside the event loop, and `stop` ends it. In the simulation of
    the protocol (tests/protocol) both live in virtual time.
    """

    def __init__(
        self, settings: Settings, start: Start = background, stop: threading.Event | None = None
    ) -> None:
        self.waiters = Waiters()
        self.entries = writing(self.waiters.count)
        self.departures = departures(self.waiters.count)
        self._settings = settings
        self._stop = stop or threading.Event()
        collector = ResponseCollector(
            queues.response_queue(settings),
            self.waiters.wake_from_thread,
            self.waiters.count,
            lambda texts: take_messages(texts, send_task, settings, self.waiters.wake_from_thread),
            asyncio.get_running_loop().time,
        )
        sweep = Sweep(
            settings,
            queues.request_queue(settings),
            queues.dead_letter_queue(settings),
            self.waiters.wake_from_thread,
        )
        videos = VideoWatch(
            settings, video_buckets(settings), queues.request_queue(settings), sender(settings)
        )
        self._threads = [
            start("collector", collector.run, self._stop),
            start("sweep", sweep.run, self._stop),
            start("videos", videos.run, self._stop),
            start("webhooks", Deliveries(settings).run, self._stop),
            start("people", Upkeep(settings).run, self._stop),
        ]
        watch = self.waiters.watch_other_processes(
            lambda ids: run_in_thread(responses.finished_among, ids)
        )
        loops = (watch, self.entries.run(), self.departures.run())
        self._tasks = [asyncio.create_task(each) for each in loops]

    @property
    def is_collecting(self) -> bool:
        """Whether all of its background threads are alive."""
        return all(thread.is_alive() for thread in self._threads)

    async def stop(self) -> None:
        """End the threads; a reply that is in hand is still written down."""
        self._stop.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self.entries.do_now()
                await self.departures.do_now()
        for thread in self._threads:
            await asyncio.to_thread(thread.join, STOP_SECONDS)


_running: ResponsePath | None = None


def start(settings: Settings) -> ResponsePath:
    """Start this process's response path. Called once, in its event loop."""
    global _running
    _running = ResponsePath(settings)
    depart_by(_running.departures)
    return _running


def running() -> ResponsePath:
    """This process's response path; the ASGI server's start-up has started it."""
    if _running is None:
        raise RuntimeError("the response path is not running: serve faceweb.asgi:application")
    return _running


def is_collecting() -> bool:
    """Whether this process takes replies, and looks for what was forgotten."""
    return _running is not None and _running.is_collecting
