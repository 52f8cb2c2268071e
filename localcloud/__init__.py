"""An AWS on this machine: emulator, app instances, supervisor.

Nothing above imports it; it brings `manage.py runlocal` as a separate Django app.
"""
