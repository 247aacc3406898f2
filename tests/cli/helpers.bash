# SPDX-License-Identifier: Apache-2.0
# What the files beside this one share. $STRONGROOM is the program under test.

bats_require_minimum_version 1.5.0

# A tester's own settings must not decide what is tested.
unset STRONGROOM_ROOM STRONGROOM_PASSPHRASE STRONGROOM_PASSWORD NO_COLOR
export LC_ALL=C.UTF-8
export XDG_STATE_HOME=$BATS_RUN_TMPDIR/state # where rooms have their pins

# make_tensors FILE BYTES [zero]: a safetensors file of so many bytes, with one tensor that is random, or a hole in the file.
make_tensors() {
    python3 - "$@" <<'PY'
import json, os, struct, sys
path, size, is_zero = sys.argv[1], int(sys.argv[2]), len(sys.argv) > 3
data = size - 8 - 120
header = json.dumps({"w": {"dtype": "U8", "shape": [data], "data_offsets": [0, data]}}).encode().ljust(120)
with open(path, "wb") as f:
    f.write(struct.pack("<Q", len(header)) + header)
    if not is_zero:
        f.write(os.urandom(data))
    f.truncate(size)
PY
}

# make_model DIR [SEED]: a folder as model hubs have them: settings and a safetensors file with three tensors.
make_model() {
    mkdir -p "$1/sub"
    printf '{"model_type": "tiny"}\n' >"$1/config.json"
    printf '{"bos_token": "<s>"}\n' >"$1/sub/tokenizer_config.json"
    python3 - "$1/model.safetensors" "${2:-1}" <<'PY'
import json, struct, sys
path, seed = sys.argv[1], int(sys.argv[2])
tensors = [("embed.weight", "F32", [4, 8], 128), ("lm_head.weight", "BF16", [8, 4], 64), ("scale", "F32", [], 4)]
header, at = {}, 0
for name, dtype, shape, size in tensors:
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
    at += size
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
data = bytes((seed * 7 + i * 13) % 256 for i in range(at))
open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)
PY
}

# tensor FILE NAME: the bytes of one tensor, read without the program under test.
tensor() {
    python3 - "$1" "$2" <<'PY'
import json, struct, sys
raw = open(sys.argv[1], "rb").read()
length = struct.unpack("<Q", raw[:8])[0]
begin, end = json.loads(raw[8:8 + length])[sys.argv[2]]["data_offsets"]
sys.stdout.buffer.write(raw[8 + length + begin:8 + length + end])
PY
}

# make_room DIR: a room with its passphrase in DIR.key.
make_room() {
    "$STRONGROOM" init "$1" --generate-passphrase "$1.key" >/dev/null
}

# In $room with its passphrase.
sr() {
    "$STRONGROOM" "$@" --room "$room" --passphrase-file "$room.key" --no-input
}

# on_terminal [EXPECT ANSWER]... -- COMMAND...: run it on a terminal of its own, answer what it asks.
on_terminal() {
    /usr/bin/python3 "$BATS_TEST_DIRNAME/on_terminal.py" "$@"
}

# json_paths: the members of the JSON on stdin as the descriptors write them: versions[].name
json_paths() {
    jq -r '[paths] | map(map(if type == "number" then "[]" else "." + . end) | join("") | ltrimstr(".")) | unique[]' |
        grep -v '\[\]$'
}

# check_documented COMMAND JSON: what the result has is in the command's page.
check_documented() {
    local path pages
    # shellcheck disable=SC2086
    pages=$("$STRONGROOM" help $1 --markdown)
    while IFS= read -r path; do
        grep -qF "| \`$path\` |" <<<"$pages" || {
            echo "'$1' prints '$path', which its page does not have"
            return 1
        }
    done < <(json_paths <<<"$2")
}

# damage ROOM: overwrite 16 bytes in the middle of each sealed body, at the same length.
damage() {
    local body size found=1
    while IFS= read -r body; do
        size=$(stat -c %s "$body")
        chmod u+w "$body" # the store makes them read-only
        printf 'XXXXXXXXXXXXXXXX' | dd of="$body" bs=1 seek=$((size / 2)) conv=notrunc status=none
        found=0
    done < <(find "$1/blobs" -type f -size +4k)
    return "$found"
}
