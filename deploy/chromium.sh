#!/usr/bin/env bash
# Brings the Chromium that the browser tests use, where it is missing and can be installed. Exit 1: it is not there.
set -euo pipefail
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "adding Debian's chromium for the browser tests" >&2
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } >/dev/null 2>&1 &&
    exit 0
fi
echo "no Chromium: install one (apt install chromium) to run the browser tests" >&2
exit 1
