"""`manage.py check`: what is wrong with the configuration, before anything starts."""

import sqlite3
from collections.abc import Mapping

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from foundation.config import Settings, get_settings

WARNINGS = {
    "W001": (
        "SECRET_KEY is not set; a key made on this machine is used.",
        "Set SECRET_KEY, or sessions end when the machine is replaced.",
    ),
    "W002": (
        "DATABASE_URL is not set; SQLite on this machine is used.",
        "Use PostgreSQL when more than one web machine serves.",
    ),
    "W003": (
        "REQUIRE_API_KEY is off: anybody on the port may see and change everything.",
        "Unset it, and give programs keys.",
    ),
    "W004": (
        "OPEN_CONTRACT is on: POST / and GET /jobs/<id> answer without a key.",
        "Unset it, or let only those reach the port who may send pictures.",
    ),
    "W006": (
        "HTTPS is off: passwords, keys and pictures can be read on their way.",
        "Put a proxy with a certificate before the web tier, and set HTTPS=1.",
    ),
    "W005": (
        "HTTPS is on and TRUSTED_PROXIES is empty: no proxy is believed that a request "
        "came by HTTPS, so each is redirected for ever.",
        "Name the addresses or networks of the proxy that ends TLS.",
    ),
}
"""What is wrong, and what helps."""


@register(Tags.security, deploy=True)
def check_deployment(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """What is fine on this machine, but not on the internet."""
    return deployment_problems(get_settings())


def deployment_problems(settings: Settings) -> list[CheckMessage]:
    """Warnings about settings that are not safe on a site that others reach."""
    here = {"W001": settings.secret_key is None, "W002": not settings.database_url}
    problems = [*_messages(here), *open_doors(settings)]
    if settings.aws_endpoint_url:
        says = f"AWS_ENDPOINT_URL is {settings.aws_endpoint_url}: that is not AWS itself."
        problems.append(Error(says, hint="Unset it in production.", id="faceweb.E001"))
    return problems


def open_doors(settings: Settings) -> list[CheckMessage]:
    """Warnings about what anybody may do on a web tier that other machines reach."""
    if settings.serves_this_machine_alone:
        return []
    keys = settings.api_key_required
    return _messages(
        {
            "W003": not keys,
            "W004": keys and settings.contract_is_open,
            "W006": not settings.https,
            "W005": settings.https and not settings.trusted_proxies.strip(),
        }
    )


def _messages(wrong: Mapping[str, bool]) -> list[CheckMessage]:
    return [
        Warning(WARNINGS[name][0], hint=WARNINGS[name][1], id=f"faceweb.{name}")
        for name, is_wrong in wrong.items()
        if is_wrong
    ]


OLDEST_SQLITE = (3, 35, 0)
"""The first that has INSERT ... RETURNING (`faceweb.intake.submission`)."""


@register(Tags.compatibility)
def check_database(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Whether the database can do what is asked of it."""
    return database_problems(get_settings(), sqlite3.sqlite_version_info)


def database_problems(settings: Settings, sqlite: tuple[int, ...]) -> list[CheckMessage]:
    """The error of a SQLite that is too old; none with another database."""
    if settings.database_url or sqlite >= OLDEST_SQLITE:
        return []
    found, wanted = (".".join(map(str, version)) for version in (sqlite, OLDEST_SQLITE))
    return [
        Error(
            f"SQLite is {found}; {wanted} or newer is needed.",
            hint="Use a newer Python or system, or PostgreSQL (DATABASE_URL).",
            id="faceweb.E002",
        )
    ]
