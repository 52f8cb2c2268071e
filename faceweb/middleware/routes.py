"""Whether an address is one of ours: nothing is read or kept for one that is made up."""

from django.http import HttpRequest
from django.urls import Resolver404, resolve


def is_routed(request: HttpRequest) -> bool:
    """True for an address that has a view. The root, where pictures come, is not looked up."""
    if request.path_info == "/":
        return True
    try:
        resolve(request.path_info)
    except Resolver404:
        return False
    return True
