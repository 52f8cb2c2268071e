"""One process of a contender: `python -m benchmarks.recogniser.process` and a JSON description.

It says when it is ready, then recognises the pictures of each folder that it is told on standard
input, and answers each time with how long it took. The parent keeps it waiting meanwhile, so that
contenders alternate without loading their models again.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import psutil

from benchmarks.recogniser.contenders import load
from benchmarks.recogniser.running import pin_to
from benchmarks.recogniser.stages import STAGES


def main() -> None:
    task = json.loads(sys.argv[1])
    pin_to(task["cores"])
    recognise = load(
        task["kind"], task["model"], Path(task["weights"]), task["threads"], task["min_face_size"]
    )
    me = psutil.Process()
    _say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        files = sorted(Path(order["folder"]).iterdir())
        pictures = [file.read_bytes() for file in files]
        began, cpu_began = time.perf_counter(), time.process_time()
        stages = dict.fromkeys(STAGES, 0.0)
        for number in range(order["pictures"]):
            # Processes begin at different pictures, as messages would come to them.
            took = recognise(pictures[(number + task["number"]) % len(pictures)])
            for stage in STAGES:
                stages[stage] += took.get(stage, 0.0)
        _say(
            {
                "seconds": time.perf_counter() - began,
                "cpu_seconds": time.process_time() - cpu_began,
                "pictures": order["pictures"],
                "stages": {stage: total / order["pictures"] for stage, total in stages.items()},
                "resident_mib": me.memory_info().rss / 2**20,
            }
        )


def _say(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
