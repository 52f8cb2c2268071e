"""An AWS on this machine: emulator, app instances, supervisor. Only `manage.py runlocal` and tests import it."""
