"""One exported net in ONNX Runtime: loaded, checked, run by one thread."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.errors import ModelFileCorrupt, RuntimeUnavailable
from recognition.native.building import abilities
from recognition.registry.exported import checked_file

Pixels = npt.NDArray[np.float32]
EXACT_SUMS = "session.x64quantprecision"
"""Without VNNI, ONNX Runtime adds products of 8-bit integers in 16 bits, which overflow: embeddings
kept a cosine of 0.41 to the exact ones. With this they keep 0.93, for 28 % more time. A processor
with VNNI adds in 32 bits, and would take three times as long with this."""
VNNI = frozenset({"avx512_vnni", "avx_vnni"})


class OnnxNet:
    """Calls a net with pixels of 0 to 255.

    With one thread ONNX Runtime has no thread pool, so that a process may load a net and fork.
    """

    def __init__(self, name: str, weights_dir: Path) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise RuntimeUnavailable(
                "onnxruntime is not installed: pip install -r requirements-worker.txt"
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        if VNNI.isdisjoint(abilities()):
            options.add_session_config_entry(EXACT_SUMS, "1")
        path = checked_file(name, weights_dir)
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001 - ONNX Runtime raises many kinds over a bad file
            raise ModelFileCorrupt(
                f"{path} can't be loaded ({type(error).__name__}): delete it, and it is made again"
            ) from None
        self._input = self._session.get_inputs()[0].name

    def __call__(self, pixels: Pixels) -> list[Pixels]:
        """The net's outputs, in the order in which it was exported."""
        outputs: list[Pixels] = self._session.run(None, {self._input: pixels})
        return outputs
