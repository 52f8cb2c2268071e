"""The AWS on this machine, as a Django app: it brings `manage.py runlocal`."""

from django.apps import AppConfig


class LocalcloudConfig(AppConfig):
    name = "localcloud"
