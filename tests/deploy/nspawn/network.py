"""A network for booted machines: a bridge, and a namespace with a metadata service for each."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.deploy.instance.metadata_server import MetadataServer, serving

BRIDGE = "facesmachine"
GATEWAY = "10.77.0.1"
LINK_LOCAL = "169.254.169.254"
CLONE_NEWNET = 0x40000000


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@contextmanager
def bridge() -> Iterator[str]:
    """A bridge that machines are joined to. Gives this machine's address on it."""
    _ip("link", "add", BRIDGE, "type", "bridge")
    try:
        _ip("addr", "add", f"{GATEWAY}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        yield GATEWAY
    finally:
        _ip("link", "del", BRIDGE)


@contextmanager
def namespace(name: str, address: str) -> Iterator[tuple[str, MetadataServer]]:
    """A machine's own network: its path, and the metadata service that only it can reach."""
    _ip("netns", "add", name)
    with ExitStack() as ending:
        ending.callback(_ip, "netns", "del", name)
        outside, inside = f"{name}-o"[:15], f"{name}-i"[:15]
        _ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name)
        _ip("link", "set", outside, "master", BRIDGE, "up")
        for command in (
            ["link", "set", "lo", "up"],
            ["addr", "add", f"{LINK_LOCAL}/32", "dev", "lo"],
            ["addr", "add", f"{address}/24", "dev", inside],
            ["link", "set", inside, "up"],
        ):
            _ip("-n", name, *command)
        path = f"/run/netns/{name}"
        yield path, ending.enter_context(serving(_metadata_in(path)))


def _metadata_in(path: str) -> MetadataServer:
    """A metadata service whose socket is in another network: a thread enters it and is left."""

    def made() -> MetadataServer:
        with Path(path).open() as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        server = MetadataServer((LINK_LOCAL, 80))
        # cloud-init asks for a token only where the hardware says that it is EC2's.
        server.needs_token = False
        return server

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(made).result()
