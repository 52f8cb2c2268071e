"""Pictures in the lists of the admin."""

from django.utils.html import format_html
from django.utils.safestring import SafeString


def shown(source: str, of: str) -> SafeString:
    """A small picture, and what those hear who do not see it: it may be all that a link has."""
    return format_html('<img src="{}" alt="{}" width="64" height="64" loading="lazy">', source, of)
