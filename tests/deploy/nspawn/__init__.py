"""The machine image, baked and booted under systemd and cloud-init: `make machine`."""
