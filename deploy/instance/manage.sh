#!/bin/sh
# Runs manage.py, or faces, on a web instance as its units do: same user, same settings.
#   sudo /opt/faceweb/release/deploy/instance/manage.sh movedatabase
set -eu
[ "$1" = faces ] && program=-m || program=manage.py
cd /opt/faceweb/release
exec systemd-run --quiet --pipe --wait --collect --uid=faceweb --working-directory="$PWD" \
  -p EnvironmentFile=/etc/faceweb/environment -p EnvironmentFile=-/run/faceweb/environment \
  -E VAR_DIR=/var/lib/faceweb -E WEIGHTS_DIR=/opt/faceweb/weights \
  /opt/faceweb/venv/bin/python "$program" "$@"
