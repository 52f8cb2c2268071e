"""Secrets of this installation: the configured ones, or made once and kept on this machine."""

import os
from collections.abc import Callable
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from foundation.config import Settings


def secret_key(settings: Settings) -> str:
    """SECRET_KEY, or the content of VAR_DIR/secret_key, which is made when it is not there."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return read_or_make(settings.var_dir / "secret_key", get_random_secret_key)


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """The file's content, made where there is none.

    Two processes that start at once agree: the file appears whole, and only once.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
