#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install the JSON schema of SARIF 2.1.0 from the npm registry into node_modules/, and print its path. Does nothing more when it is there.
set -eu
cd "$(dirname "$0")"
schema=node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json
if [ ! -f "$schema" ]; then
    npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 || { tail -5 npm.log >&2; exit 1; }
    rm -f npm.log
fi
echo "$PWD/$schema"
