#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What `make install` puts on a machine is what a stranger can build against: the header and the pkg-config file agree with the
# library, the example compiles and reads a model in custody, and nothing but strongroom_* is visible. $BUILD is the build folder.

bats_require_minimum_version 1.5.0

setup_file() {
    export root="$BATS_FILE_TMPDIR/root"
    DESTDIR="$root" meson install -C "$BUILD" --no-rebuild --quiet
    pc=$(find "$root" -name strongroom.pc)
    export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$root"
    lib=$(find "$root" -name 'libstrongroom.so.0')
    export LD_LIBRARY_PATH="${lib%/*}"
    program=$(find "$root" -type f -name strongroom -perm -u+x)
    export PATH="${program%/*}:$PATH"

    cd "$BATS_FILE_TMPDIR" || return 1
    mkdir model
    python3 - <<'EOF'
import json, struct
header = json.dumps({"w": {"dtype": "U8", "shape": [5], "data_offsets": [0, 5]}}).encode()
open("model/m.safetensors", "wb").write(struct.pack("<Q", len(header)) + header + bytes([1, 2, 3, 4, 5]))
open("model/config.json", "w").write("{}")
EOF
    strongroom init room --generate-passphrase pass --no-input
    strongroom deposit model --name m --room room --passphrase-file pass --no-input
    # shellcheck disable=SC2046
    cc -std=c17 -Wall -Wextra -Werror "$SOURCE/examples/tensor_sum.c" $(pkg-config --cflags --libs strongroom) -o tensor_sum
}

@test "the example, built against the installed library, reads a tensor in custody" {
    cd "$BATS_FILE_TMPDIR"
    run -0 ./tensor_sum room pass m@1 w
    [ "${lines[0]}" = "config.json other 2 bytes, 0 tensors" ]
    [[ "${lines[1]}" == "m.safetensors safetensors "*" bytes, 1 tensors" ]]
    [ "${lines[2]}" = "w U8 5 bytes, sum 15" ]
}

@test "the library's use is on record" {
    cd "$BATS_FILE_TMPDIR"
    ./tensor_sum room pass m@1 >/dev/null
    run -0 sqlite3 room/catalog.db "select count(*) > 0 from act where verb = 'use'"
    [ "$output" = 1 ]
}

@test "failures are one line and the list's number" {
    cd "$BATS_FILE_TMPDIR"
    run -13 ./tensor_sum room pass nothing
    [ "${#lines[@]}" -eq 1 ]
    echo wrong-passphrase >wrong
    chmod 600 wrong
    run -20 ./tensor_sum room wrong m
    run -13 ./tensor_sum no-room pass m
}

@test "a damaged body is refused by the library" {
    cd "$BATS_FILE_TMPDIR"
    cp -r room damaged
    # shellcheck disable=SC2044
    for body in $(find damaged/blobs -type f); do
        chmod u+w "$body"
        python3 - "$body" <<'EOF'
import sys
f = open(sys.argv[1], "r+b")
f.seek(4200)
b = f.read(1)[0]
f.seek(4200)
f.write(bytes([b ^ 1]))
EOF
    done
    run -30 ./tensor_sum damaged pass m w
}

@test "only strongroom_* is visible, and each has its place in the manual" {
    symbols=$(nm -D --defined-only "$LD_LIBRARY_PATH/libstrongroom.so.0" | awk '$2 ~ /[TDBR]/ { print $3 }' | sed 's/@.*//' | sort)
    [ -n "$symbols" ]
    for symbol in $symbols; do
        [[ "$symbol" == strongroom_* ]]
        grep -q "$symbol" "$SOURCE/docs/man/strongroom.3"
        grep -q "$symbol" "$SOURCE/include/strongroom/strongroom.h"
    done
    declared=$(grep -oE 'strongroom_[a-z_]+\(' "$SOURCE/include/strongroom/strongroom.h" | tr -d '(' | sort -u)
    [ "$declared" = "$symbols" ]
}

@test "man pages and completions are installed" {
    [ -n "$(find "$root" -name strongroom.1)" ]
    [ -n "$(find "$root" -name strongroom-deposit.1)" ]
    [ -n "$(find "$root" -name strongroom.3)" ]
    [ -n "$(find "$root" -name strongroom.fish)" ]
    [ -n "$(find "$root" -name _strongroom)" ]
    run -0 mandoc -Tlint -W warning "$SOURCE/docs/man/strongroom.3"
}
