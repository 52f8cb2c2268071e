"""The benchmarks as a Django app: it brings `manage.py benchmark`, `soak` and `loadtest`."""

from django.apps import AppConfig


class BenchmarksConfig(AppConfig):
    name = "benchmarks"
