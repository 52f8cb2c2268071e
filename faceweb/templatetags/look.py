"""The style and scripts of every page: icons, tabs, moments."""

from datetime import datetime

from django import template
from django.template import Context
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of Lucide's icons, beside words: screen readers pass over it."""
    source = static("faceweb/vendor/lucide.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', source, name
    )


@register.simple_tag(takes_context=True)
def tab(context: Context, page: str, label: str, icon_name: str) -> SafeString:
    """A link of the navigation, marked on its page and those below it."""
    url, path = reverse(page), context["request"].path
    is_here = path == url or (url != "/" and path.startswith(f"{url}/"))
    current = format_html(' aria-current="{}"', "page" if path == url else "true")
    return format_html(
        '<a href="{}"{}>{}<span>{}</span></a>', url, current if is_here else "", icon(icon_name),
        label,
    )  # fmt: skip


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A moment in UTC; the pages' script says it in the visitor's own time."""
    if at is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{} UTC">{} UTC</time>',
        at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M:%S}", f"{at:%Y-%m-%d %H:%M}",
    )  # fmt: skip
