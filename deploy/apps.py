"""What brings this system to AWS, as a Django app: it brings its commands."""

from django.apps import AppConfig


class DeployConfig(AppConfig):
    name = "deploy"
