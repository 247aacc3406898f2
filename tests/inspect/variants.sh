#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: variants.sh INSPECT_VARIANTS
# Variants of the malicious samples, each inspected. Skipped, visibly, without the samples.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
corpus=${STRONGROOM_TESTDATA:-$STRONGROOM_TESTDATA_DEFAULT}/corpus
if [ -d "$corpus" ]; then
    python3 "$here/variants.py" "$corpus" | "$1"
else
    "$1" </dev/null
fi
