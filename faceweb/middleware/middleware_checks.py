"""Django's security checks, asked about middleware of ours that is a subclass of Django's.

They look for Django's own names in MIDDLEWARE, and without them complain (security.W001 to W003,
which the settings silence) and leave out what depends on them. So they are asked here as if each
subclass were what it is made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import isclass
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.checks.security import base, csrf, sessions
from django.test.utils import override_settings
from django.utils.module_loading import import_string

CHECKS = (
    base.check_security_middleware,
    base.check_xframe_options_middleware,
    base.check_sts,
    base.check_sts_include_subdomains,
    base.check_sts_preload,
    base.check_content_type_nosniff,
    base.check_ssl_redirect,
    base.check_xframe_deny,
    base.check_referrer_policy,
    base.check_cross_origin_opener_policy,
    csrf.check_csrf_middleware,
    csrf.check_csrf_cookie_secure,
    sessions.check_session_cookie_secure,
    sessions.check_session_cookie_httponly,
)


@register(Tags.security, deploy=True)
def check_security_of_subclasses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whatever Django would say, under names of ours, which nobody silences."""
    with override_settings(MIDDLEWARE=django_names(settings.MIDDLEWARE)):
        found = [message for check in CHECKS for message in check(app_configs)]
    return [
        CheckMessage(one.level, one.msg, hint=one.hint, id=f"faceweb.{one.id}") for one in found
    ]


def django_names(middleware: Sequence[str]) -> list[str]:
    """Each name, or that of the middleware of Django's that it is a subclass of."""
    return [_django_name(name) for name in middleware]


def _django_name(name: str) -> str:
    found = import_string(name)
    for ancestor in found.__mro__ if isclass(found) else ():
        if ancestor.__module__.startswith("django.") and "middleware" in ancestor.__module__:
            return f"{ancestor.__module__}.{ancestor.__qualname__}"
    return name
