"""What `runlocal` says while it starts and stops: a line for each step, with its time."""

import time

from rich.console import Console


class Progress:
    """Prints each step once it is done; a person who looks on sees the one in hand, too."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("Starting") if console.is_terminal else None
        self._step = ""
        self._began = time.monotonic()
        self._has_ended = False
        if self._status:
            self._status.start()

    def report(self, step: str) -> None:
        """Say what is done now; the step before it is done."""
        if self._has_ended:
            self.say(step)
            return
        self._finish_step()
        self._step, self._began = step, time.monotonic()
        if self._status:
            self._status.update(step)

    def say(self, line: str) -> None:
        """A line that is no step."""
        self._console.print(line, markup=False)

    def _finish_step(self) -> None:
        if self._step:
            seconds = time.monotonic() - self._began
            self._console.print(f"  {self._step:<46} {seconds:5.1f} s", markup=False)
        self._step = ""

    def end(self) -> None:
        """The last step is done, or was given up; what is reported now is a line each."""
        self._finish_step()
        self._has_ended = True
        if self._status:
            self._status.stop()
            self._status = None
