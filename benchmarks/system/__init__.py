"""What the path around the recogniser costs, measured: `manage.py benchmark system`."""
