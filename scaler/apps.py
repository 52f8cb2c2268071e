"""The scaler as a Django app: its history, its lease, its commands."""

from django.apps import AppConfig


class ScalerConfig(AppConfig):
    name = "scaler"
    verbose_name = "Fleet"
