"""`faces run`, `faces demo`, `faces status`, `faces open`: the system as a whole."""

import os
import tempfile
from pathlib import Path
from typing import TypedDict

import click

from faces.django_side import manage
from faces.group import Command
from faces.output import as_json, show
from faces.system import System, picture, system_at, system_options


@click.command(cls=Command, example="faces run")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web tier (8000).")
@click.option("--min-instances", type=click.IntRange(0), help="App instances kept when idle (0).")
def run(port: int | None, min_instances: int | None) -> None:
    """Start the whole system on this machine."""
    manage("runlocal", port=port, min_instances=min_instances)


@click.command(cls=Command, example="faces demo")
def demo() -> None:
    """Start one that forgets all, and try it out."""
    from localcloud.system.ports import free_port, is_free

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with tempfile.TemporaryDirectory(prefix="faces-demo-") as folder:
        os.environ["VAR_DIR"] = folder
        os.environ.setdefault("WEIGHTS_DIR", str(cache / "elastic-face-recognition"))
        if "PORT" not in os.environ and not is_free("127.0.0.1", 8000):
            os.environ["PORT"] = str(free_port())
        manage("runlocal", when_ready=_try_out)


def _try_out(url: str, samples: list[Path]) -> None:
    """Send the sample pictures, and say what to do next."""
    system = System(url=url)
    click.echo("What it does:\n")
    for path in samples:
        click.echo(
            f"  faces send {path.name:<20} {system.post('', inputFile=picture(path)).text.strip()}"
        )
    click.echo(f"\nNow you: drop a picture on {url}. Ctrl-C ends it, and forgets all.\n")


@click.command(cls=Command, example="faces status")
@click.option("--watch", is_flag=True, help="The app instances, live, until Ctrl-C.")
@as_json
@system_options
def status(watch: bool, as_json: bool, url: str | None, key: str | None) -> None:
    """Tell whether it is ready, and what it does."""
    if watch:
        manage("fleet")
        return
    system = system_at(url, key)
    health = system.get("readyz", statuses=(200, 503))
    fleet, gallery = system.get("api/v1/fleet"), system.get("api/v1/gallery")
    found: Status = {
        "url": system.url,
        "status": health["status"],
        "problems": {name: state for name, state in health["parts"].items() if state != "ok"},
        "people": gallery["people"],
        "model": gallery["model"],
        "queues": fleet["queues"],
        "instances": fleet["states"],
    }
    show(_in_words(found), found, as_json)
    if found["problems"]:
        raise SystemExit(1)


class Status(TypedDict):
    """How a system is. `queues` has each one's messages that wait, and those that are in work."""

    url: str
    status: str
    problems: dict[str, str]
    people: int
    model: str | None
    queues: dict[str, dict[str, int]]
    instances: dict[str, int]


def _in_words(found: Status) -> str:
    waiting, dead = found["queues"]["request"], found["queues"]["dead_letter"]
    instances = ", ".join(f"{count} {state}" for state, count in found["instances"].items())
    lines = [
        f"{found['url']} is {found['status']}",
        *(f"  {name}: {state}" for name, state in found["problems"].items()),
        f"people     {found['people']}" + (f" (model {found['model']})" if found["model"] else ""),
        f"pictures   {waiting['visible']} waiting, {waiting['in_flight']} in work",
        f"instances  {instances or 'none: the next picture starts a worker'}",
    ]
    if given_up := dead["visible"] + dead["in_flight"]:
        lines.append(f"given up   {given_up} pictures: {found['url']}admin/ says why")
    return "\n".join(lines)


@click.command("open", cls=Command, example="faces open")
@as_json
@system_options
def open_page(as_json: bool, url: str | None, key: str | None) -> None:
    """Show the system's page in the browser."""
    import webbrowser

    system = system_at(url, key)
    system.get("healthz", statuses=(200, 503))
    is_shown = webbrowser.open(system.url)
    show(system.url, {"url": system.url, "opened": is_shown}, as_json)


COMMANDS = (run, demo, status, open_page)
