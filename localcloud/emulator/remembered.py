"""Has moto remember what it would find out again at every request, and always finds the same.

Which service answers a host, for which it looks through 175 directories, twice; the names of a
class's methods; and names in other spellings. A third of what a call cost.
Upstream: docs/upstream/moto-server-repeats-lookups.md.
"""

import sys
from collections.abc import Callable
from functools import lru_cache

from moto.core import utils
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

HOSTS = 1024
"""A bucket may be a host's first part; the one that was not asked for longest is forgotten."""

SAME_ALWAYS: tuple[Callable[..., object], ...] = (
    utils.camelcase_to_underscores,
    utils.method_names_from_class,
)


def remember() -> None:
    """From now on, in this process."""
    looked_up = lru_cache(HOSTS)(DomainDispatcherApplication.get_backend_for_host)
    setattr(DomainDispatcherApplication, "get_backend_for_host", looked_up)  # noqa: B010 - typed
    for function in SAME_ALWAYS:
        _replace(function, lru_cache(4096)(function))


def _replace(function: Callable[..., object], remembering: object) -> None:
    """Wherever a module of moto has imported it."""
    name = function.__name__
    for where, module in list(sys.modules.items()):
        if where.startswith("moto.") and getattr(module, name, None) is function:
            setattr(module, name, remembering)
