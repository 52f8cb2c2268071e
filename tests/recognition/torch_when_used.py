"""torch and facenet-pytorch, loaded when a test first uses them.

They take three seconds, and only one of the two processes of `pytest -n 2` runs such tests.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class WhenUsed:
    """A module that is loaded when one of its names is asked for."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_mock_name":  # pytest asks it of all that it sees
            raise AttributeError(name)
        return getattr(import_module(self._module), name)


torch: Any = WhenUsed("torch")
nn: Any = WhenUsed("torch.nn")
mtcnn: Any = WhenUsed("facenet_pytorch.models.mtcnn")
facenet_pytorch: Any = WhenUsed("facenet_pytorch")
