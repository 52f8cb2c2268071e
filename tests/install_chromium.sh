#!/bin/sh
# Debian's Chromium, for the tests of the pages. Without it they say so and skip.
set -eu
if command -v chromium >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
else
  echo "Chromium is not installed (sudo apt-get install chromium): the tests of the pages will be skipped."
fi
