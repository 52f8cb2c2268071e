"""`manage.py check`: what is wrong with the configuration, before anything starts."""

from __future__ import annotations

import sqlite3

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from foundation.config import Settings, get_settings


@register(Tags.security, deploy=True)
def check_deployment(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """What is fine on this machine, but not on the internet."""
    return deployment_problems(get_settings())


def deployment_problems(settings: Settings) -> list[CheckMessage]:
    """What of the settings is no good on a site that others reach."""
    problems: list[CheckMessage] = []
    if settings.secret_key is None:
        problems.append(
            Warning(
                "SECRET_KEY is not set; a key made on this machine is used.",
                hint="Set SECRET_KEY, or sessions end when the machine is replaced.",
                id="faceweb.W001",
            )
        )
    if not settings.database_url:
        problems.append(
            Warning(
                "DATABASE_URL is not set; SQLite on this machine is used.",
                hint="Use PostgreSQL when more than one web machine serves.",
                id="faceweb.W002",
            )
        )
    problems += open_doors(settings)
    if settings.aws_endpoint_url:
        problems.append(
            Error(
                f"AWS_ENDPOINT_URL is {settings.aws_endpoint_url}: that is not AWS itself.",
                hint="Unset it in production.",
                id="faceweb.E001",
            )
        )
    return problems


def open_doors(settings: Settings) -> list[CheckMessage]:
    """What anybody may do who reaches a web tier that is not for this machine alone."""
    if settings.serves_this_machine_alone:
        return []
    problems: list[CheckMessage] = []
    if not settings.api_key_required:
        problems.append(
            Warning(
                "REQUIRE_API_KEY is off: anybody on the port may see and change everything.",
                hint="Unset it, and give programs keys.",
                id="faceweb.W003",
            )
        )
    elif settings.contract_is_open:
        problems.append(
            Warning(
                "OPEN_CONTRACT is on: POST / and GET /jobs/<id> answer without a key.",
                hint="Unset it, or let only those reach the port who may send pictures.",
                id="faceweb.W004",
            )
        )
    if not settings.https:
        problems.append(
            Warning(
                "HTTPS is off: passwords, keys and pictures can be read on their way.",
                hint="Put a proxy with a certificate before the web tier, and set HTTPS=1.",
                id="faceweb.W006",
            )
        )
    elif not settings.trusted_proxies.strip():
        problems.append(
            Warning(
                "HTTPS is on and TRUSTED_PROXIES is empty: no proxy is believed that a request "
                "came by HTTPS, so each is redirected for ever.",
                hint="Name the addresses or networks of the proxy that ends TLS.",
                id="faceweb.W005",
            )
        )
    return problems


OLDEST_SQLITE = (3, 35, 0)
"""The first that has INSERT ... RETURNING (`faceweb.jobs.submission`)."""


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
