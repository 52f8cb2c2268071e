"""Middleware: what every request passes before its view."""

from collections.abc import Awaitable, Callable

from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
"""The next middleware, or the view."""
