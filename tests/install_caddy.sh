#!/bin/sh
# Debian's Caddy, for the test of HTTPS on the web instance. Without it that test says so and skips.
set -eu
if command -v caddy >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends caddy >/dev/null
else
  echo "Caddy is not installed (sudo apt-get install caddy): the test of HTTPS will be skipped."
fi
