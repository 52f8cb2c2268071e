"""The pages as an app on a phone: how it is called, its icons, where it begins.

No service worker: it would keep pictures of people on the phone.
"""

from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

NAME, SHORT_NAME = "Elastic Faces", "Faces"
ICON_SIZES = (192, 512)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """The web app manifest. Asked before anybody has logged in, so it says nothing else."""
    icons = [
        {
            "src": static(f"faceweb/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in ICON_SIZES
    ]
    content = {
        "name": NAME,
        "short_name": SHORT_NAME,
        "description": "Photograph people, and get their names.",
        "id": "/",
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#12151a",
        "theme_color": "#2f56d9",
        "icons": icons,
    }
    return JsonResponse(content, content_type="application/manifest+json")
