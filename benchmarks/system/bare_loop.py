"""The recogniser alone, in as many processes as a worker has: what the system is measured against.

`python -m benchmarks.system.bare_loop` is one of these processes. It uses the worker's
own runtime, so model, gallery and limits are the same; only the path around it is missing. A line
on its standard input names a folder, and it recognises its share of the pictures there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation.config import PROJECT_DIRECTORY, get_settings


class BareLoopEnded(Exception):
    """One of the processes ended; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BareTurn:
    """What all processes took for a folder of pictures, and what each picture's answer is."""

    seconds: float
    cpu_seconds: float
    answers: dict[str, str]

    @property
    def pictures(self) -> int:
        return len(self.answers)


class BareLoop:
    """The processes. They load the model once, and wait between the turns; use as a context."""

    def __init__(self, processes: int, environment: Mapping[str, str]) -> None:
        self._processes = [
            subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", __name__],
                cwd=PROJECT_DIRECTORY, env=dict(environment), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,
            )
            for _ in range(processes)
        ]  # fmt: skip

    def __enter__(self) -> BareLoop:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def enrol(self, pictures: Mapping[str, Path]) -> None:
        """Make some people's faces known to readers of the gallery from now on."""
        people = {person: str(path) for person, path in pictures.items()}
        self._ask(self._processes[0], {"enrol": people})
        self._answer(self._processes[0])

    def take_turn(self, folder: Path) -> BareTurn:
        """Recognise every picture of a folder. Raises BareLoopEnded."""
        began = time.perf_counter()
        for number, process in enumerate(self._processes):
            share = [number, len(self._processes)]
            self._ask(process, {"folder": str(folder), "share": share})
        answers = [self._answer(process) for process in self._processes]
        return BareTurn(
            seconds=time.perf_counter() - began,
            cpu_seconds=sum(one["cpu_seconds"] for one in answers),
            answers={name: text for one in answers for name, text in one["answers"].items()},
        )

    def _ask(self, process: subprocess.Popen[str], order: dict[str, object]) -> None:
        assert process.stdin is not None  # noqa: S101 - a pipe
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()

    def _answer(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None  # noqa: S101 - a pipe
        if line := process.stdout.readline():
            answer: dict[str, Any] = json.loads(line)
            return answer
        assert process.stderr is not None  # noqa: S101 - a pipe
        lines = process.stderr.read().strip().splitlines()
        raise BareLoopEnded(f"The recogniser alone ended: {lines[-1] if lines else 'no reason'}")


def _enrol(people: Mapping[str, str]) -> dict[str, Any]:
    from foundation.aws.storage import gallery_files
    from recognition.gallery.gallery_changes import add_examples
    from workers import runtime

    settings = get_settings()
    seen = {
        person: runtime.current(settings).embed(Path(path).read_bytes())
        for person, path in people.items()
    }
    model = next(iter(seen.values())).model
    examples = {person: [one.faces[0].embedding] for person, one in seen.items()}
    add_examples(gallery_files(settings), model, examples)
    return {}


def _recognise(folder: Path, first: int, step: int) -> dict[str, Any]:
    from workers import runtime

    recogniser = runtime.current(get_settings())
    pictures = {path.name: path.read_bytes() for path in sorted(folder.iterdir())[first::step]}
    began = time.process_time()
    answers = {name: recogniser.recognise(content).answer for name, content in pictures.items()}
    return {"answers": answers, "cpu_seconds": time.process_time() - began}


def main() -> None:
    from foundation import logs

    logs.configure(get_settings().model_copy(update={"log_level": "WARNING"}))
    for line in sys.stdin:
        order = json.loads(line)
        if "enrol" in order:
            answer = _enrol(order["enrol"])
        else:
            answer = _recognise(Path(order["folder"]), *order["share"])
        print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
