"""What must answer: the port, the running system, its queues and its storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from faces.doctor.finding import Finding, fine, problem, warning
from faces.errors import Problem
from faces.system import System, url_of

if TYPE_CHECKING:
    from foundation.config import Settings


def port(settings: Settings, recorded: Mapping[str, str]) -> Finding:
    """Whether our system answers there, or could."""
    if not recorded and not settings.aws_endpoint_url:
        from localcloud.system.ports import is_free

        if is_free(settings.host, settings.port):
            return fine("port", f"{settings.port} is free; nothing runs here: faces run")
        return problem(
            "port", f"{settings.port} is taken by another program",
            f"choose another: PORT={settings.port + 1000} make run",
        )  # fmt: skip
    url = url_of(None, {"HOST": settings.host, "PORT": str(settings.port), **recorded})
    try:
        state = System(url=url).get("readyz", statuses=(200, 503))
    except Problem as silent:
        advice = f"look into {settings.var_dir / 'log' / 'web.log'}, or start it again"
        return problem("port", silent.message, advice)
    wrong = [f"{name}: {each}" for name, each in state["parts"].items() if each != "ok"]
    if wrong:
        advice = "wait for the start to end, or look into var/log"
        return problem("port", f"{url} is not ready ({'; '.join(wrong)})", advice)
    return fine("port", f"{url} is ready")


def parts(settings: Settings) -> Iterator[Finding]:
    """Queues and storage, asked from here."""
    from botocore.exceptions import BotoCoreError, ClientError

    from faceweb.replies import queues
    from faceweb.watch.health import check_health

    for name, state in check_health(settings).items():
        if name == "database":
            continue
        if state == "ok":
            yield fine(name, "answers")
        else:
            yield problem(name, state, "start the system (faces run), or see AWS_ENDPOINT_URL")
    try:
        depth = queues.dead_letter_queue(settings).depth()
    except (BotoCoreError, ClientError):
        return
    if given_up := depth.total:
        advice = "the admin's page of dead letters says why, and sends them again"
        yield warning("given up", f"{given_up} pictures", advice)
