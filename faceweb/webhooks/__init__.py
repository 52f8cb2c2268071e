"""Webhooks: an address that came with a picture is told, signed, when its job has ended."""
