#!/bin/sh
# Debian's compiler for ARM, and qemu: the engine's kernels for ARM run in it. Without them that
# test says so and skips.
set -eu
if command -v qemu-aarch64 >/dev/null 2>&1 && command -v aarch64-linux-gnu-gcc >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user >/dev/null
else
  echo "qemu is not installed (sudo apt-get install gcc-aarch64-linux-gnu qemu-user): the kernels for ARM are not tested."
fi
