"""Webhooks: whoever gave an address with a picture is told, signed, when its job has ended."""
