#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: flips.sh INSPECT_FLIPS
# Every byte of small files of each main format is changed. A second reader then says of the changes that pass what they mean.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$here/flips.py" >"$folder/files"
status=0
"$1" "$folder/passed" <"$folder/files" >"$folder/log" || status=$?
sed 's/^/# /' "$folder/log"
python3 "$here/flips_check.py" "$folder/files" "$folder/passed" "$status"
