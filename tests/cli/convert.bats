#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Tensors of PyTorch and NumPy files come out as safetensors, bit by bit; what does not pass does not.

load helpers

setup_file() {
    export made="$BATS_FILE_TMPDIR/made"
    mkdir "$made"
    if /usr/bin/python3 -c 'import torch, numpy' 2>/dev/null; then
        export has_torch=1
        /usr/bin/python3 "$BATS_TEST_DIRNAME/convert_compare.py" make "$made"
    fi
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    small
}

# small: a.npy, an array of two numbers.
small() {
    python3 - <<'PY'
header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
open("a.npy", "wb").write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"12345678")
PY
}

# evil FILE: a pickle that would run something.
evil() {
    printf 'cposix\nsystem\n(S"id"\ntR.' >"$1"
}

@test "what PyTorch and NumPy write is converted bit by bit" {
    [ -n "${has_torch:-}" ] || skip "needs python3-torch and python3-numpy"
    local file
    for file in "$made"/*.pt "$made"/*.pth "$made"/arrays.npz "$made"/packed.npz "$made"/one.npy; do
        run -0 "$STRONGROOM" convert "$file" "${file%.*}.safetensors"
    done
    run -0 /usr/bin/python3 "$BATS_TEST_DIRNAME/convert_compare.py" check "$made"
    [ "$output" = "12 files, 114 tensors" ]
}

@test "convert says what it wrote" {
    run -0 --separate-stderr "$STRONGROOM" convert a.npy a.safetensors
    [ "$output" = "converted a.npy to a.safetensors: 1 tensor, $(stat -c %s a.safetensors) B" ]
    [ -z "$stderr" ]
    [ "$(tensor a.safetensors tensor)" = 12345678 ]
    [ "$(stat -c %a a.safetensors)" = 600 ]
    [ "$(find . -name '.*partial*')" = "" ]
}

@test "convert --json says from what to what" {
    run -0 --separate-stderr "$STRONGROOM" convert a.npy a.safetensors --json
    [ "$(jq -r .from_sha256 <<<"$output")" = "$(sha256sum a.npy | cut -d' ' -f1)" ]
    [ "$(jq -r .tensors <<<"$output")" = 1 ]
    [ "$(jq -r .bytes <<<"$output")" = "$(stat -c %s a.safetensors)" ]
    grep -qa "$(sha256sum a.npy | cut -d' ' -f1)" a.safetensors
    check_documented convert "$output"
}

@test "convert refuses what does not pass, and says why" {
    evil model.pkl
    run -1 --separate-stderr "$STRONGROOM" convert model.pkl out.safetensors
    [[ "$stderr" == "strongroom: refused: 'model.pkl': its verdict is BLOCK: pickle-"* ]]
    [ ! -e out.safetensors ]
    head -c 70 a.npy >cut.npy
    run -2 --separate-stderr "$STRONGROOM" convert cut.npy out.safetensors
    [[ "$stderr" == "strongroom: uninspected: 'cut.npy': its verdict is UNPARSABLE: truncated at byte 0: npy: data"* ]]
    [ "$(find . -name '*out*')" = "" ]
}

@test "convert takes PyTorch and NumPy files only" {
    make_model .
    run -42 --separate-stderr "$STRONGROOM" convert model.safetensors out.safetensors
    [[ "$stderr" == *"its format is safetensors: only PyTorch and NumPy are converted" ]]
}

@test "convert never writes over a file" {
    printf 'mine' >out.safetensors
    run -14 "$STRONGROOM" convert a.npy out.safetensors
    [ "$(cat out.safetensors)" = mine ]
    ln -s nowhere link.safetensors
    run -14 "$STRONGROOM" convert a.npy link.safetensors
    [ ! -e nowhere ]
}

@test "convert says which file or folder is not there" {
    run -13 --separate-stderr "$STRONGROOM" convert none.npy out.safetensors
    [[ "$stderr" == *"none.npy"* ]]
    run -13 "$STRONGROOM" convert a.npy none/out.safetensors
    run -42 "$STRONGROOM" convert . out.safetensors
    [ "$(find . -name '*out*')" = "" ]
}
