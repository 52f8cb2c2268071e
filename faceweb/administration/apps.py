"""The admin with our site in place of Django's."""

from django.contrib.admin.apps import AdminConfig


class Administration(AdminConfig):
    default_site = "faceweb.administration.site.Site"
