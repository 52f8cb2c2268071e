"""Webhooks: an address that came with a picture gets a signed message when its job has ended."""
