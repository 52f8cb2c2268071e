"""Load for a long time, and what grows meanwhile: `manage.py soak`."""
