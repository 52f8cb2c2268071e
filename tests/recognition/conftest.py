"""The exported nets, made once a run. InceptionResnetV1 has random weights here: what a net has
learned changes neither speed nor parity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognition.registry.exported import nets_of
from tests.recognition import pictures
from tests.recognition.engines import put_engine


@pytest.fixture(scope="session")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with the nets of the models dlib and casia-webface."""
    import torch

    from benchmarks.recogniser.random_weights import MODEL, write_random_weights
    from recognition.export.writing import export_nets

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("weights")
    write_random_weights(folder, varied_crops())
    nets = [*nets_of("dlib"), nets_of(MODEL)[-1], *nets_of(MODEL, runtime="native")]
    export_nets(nets, folder, lambda _: None, lambda *_: None)
    put_engine(folder)
    return folder


def varied_crops() -> np.ndarray:
    """Eight different crops, small because only their statistics count."""
    sources = [pictures.astronaut()[50:230, 130:310], pictures.hopper()[50:260, 180:390]]
    sources += [np.ascontiguousarray(face[:, ::-1]) for face in sources]
    sources += [pictures.noise(80, 80, seed) // 2 + 60 for seed in range(4)]
    return np.stack([pictures.scaled(source, 80, 80) for source in sources])
