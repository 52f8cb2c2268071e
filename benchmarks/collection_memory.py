"""What collections cost a worker's memory: `python -m benchmarks.collection_memory`.

A worker keeps the galleries that were used last (WORKER_COLLECTIONS), so its memory should be the
same after a thousand collections as after those few.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from foundation import logs
from foundation.config import Settings
from recognition.gallery.gallery import MemoryFiles, add_examples
from workers.galleries import Galleries

EXAMPLES, DIMENSION = 10, 128
MIB = 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=int, default=1000)
    parser.add_argument("--faces", type=int, default=1000, help="in each collection")
    asked = parser.parse_args()
    settings = Settings().model_copy(update={"log_level": "WARNING"})
    logs.configure(settings)
    kept = settings.worker_collections
    files = _gallery_of(asked.faces)
    with tempfile.TemporaryDirectory() as folder:
        galleries = Galleries(lambda _: files, Path(folder), time.monotonic, 1.0, kept)
        sys.stdout.write(f"{asked.faces} faces a collection; a worker keeps {kept} collections\n")
        sys.stdout.write("collections used   in memory   private memory, MiB\n")
        _print_row(0, galleries)
        looks = {kept, 10 * kept, asked.collections}
        for number in range(1, asked.collections + 1):
            gallery = galleries.get(f"{number:012x}")
            if gallery is not None:
                gallery.people_near(np.ones(DIMENSION, np.float32), 3)
            if number in looks:
                _print_row(number, galleries)


def _gallery_of(faces: int) -> MemoryFiles:
    random = np.random.default_rng(1)
    people = {
        f"person {number}": list(random.normal(size=(EXAMPLES, DIMENSION)).astype(np.float32))
        for number in range(faces // EXAMPLES)
    }
    files = MemoryFiles()
    add_examples(files, "dlib", people)
    return files


def _print_row(used: int, galleries: Galleries) -> None:
    private = psutil.Process().memory_full_info().uss / MIB
    sys.stdout.write(f"{used:>16}   {len(galleries):>9}   {private:>19.1f}\n")


if __name__ == "__main__":
    main()
