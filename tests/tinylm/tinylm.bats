#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
bats_require_minimum_version 1.5.0

# tinylm and mkmodel from outside. TINYLM and MKMODEL are the programs, CHECKS is this folder.
# The checks in Python share no code with the programs: they know only the formats.

setup_file() {
    export PYTHONDONTWRITEBYTECODE=1
    export MODEL=$BATS_FILE_TMPDIR/model
    "$TINYLM" train "$MODEL" --size quarter --gguf "$BATS_FILE_TMPDIR/model.gguf" \
        >"$BATS_FILE_TMPDIR/train.txt" 2>"$BATS_FILE_TMPDIR/train.log"
}

check() {
    /usr/bin/python3 "$CHECKS/$1" "${@:2}"
}

# The model in a folder of the test's own, to be damaged.
copy() {
    cp -r "$MODEL" "$BATS_TEST_TMPDIR/copy"
    cd "$BATS_TEST_TMPDIR/copy"
}

# Loading the damaged model fails with this text and not by a signal.
refused() {
    run "$TINYLM" loss "$BATS_TEST_TMPDIR/copy"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"$1"* ]]
}

@test "training learns more than the frequencies of letters" {
    awk '/^held-out loss/ { found = 1; ok = $3 < 2.4 } END { exit !(found && ok) }' \
        "$BATS_FILE_TMPDIR/train.txt"
}

@test "training twice gives the same bytes, with any number of threads" {
    for threads in 1 3; do
        "$TINYLM" train "$BATS_TEST_TMPDIR/a$threads" --size quarter --steps 20 \
            --threads "$threads" --gguf "$BATS_TEST_TMPDIR/a$threads/gguf" 2>/dev/null
    done
    diff -r "$BATS_TEST_TMPDIR/a1" "$BATS_TEST_TMPDIR/a3"
}

@test "another seed gives another model" {
    for seed in 1 2; do
        "$TINYLM" train "$BATS_TEST_TMPDIR/s$seed" --size quarter --steps 2 --seed "$seed" \
            2>/dev/null
    done
    run ! cmp "$BATS_TEST_TMPDIR"/s[12]/model-00001-of-00002.safetensors
}

@test "the folder has the loss of the model that was trained, to the last digit" {
    [ "held-out loss $("$TINYLM" loss "$MODEL")" = "$(grep held-out "$BATS_FILE_TMPDIR/train.txt")" ]
}

@test "loss of other text is another number" {
    yes 'all work and no play makes jack a dull boy' | head -c 100000 >"$BATS_TEST_TMPDIR/text"
    [ "$("$TINYLM" loss "$MODEL")" != "$("$TINYLM" loss "$MODEL" --text "$BATS_TEST_TMPDIR/text")" ]
}

@test "the folder's safetensors pass an independent strict check" {
    check check_safetensors.py "$MODEL"
}

@test "the GGUF passes an independent strict check" {
    check check_gguf.py "$BATS_FILE_TMPDIR/model.gguf"
}

@test "converting the folder gives the GGUF that training wrote" {
    "$TINYLM" gguf "$MODEL" "$BATS_TEST_TMPDIR/again.gguf"
    cmp "$BATS_FILE_TMPDIR/model.gguf" "$BATS_TEST_TMPDIR/again.gguf"
}

@test "an independent forward pass in NumPy gives the same continuation" {
    /usr/bin/python3 -c 'import numpy' || skip "no NumPy"
    ours=$("$TINYLM" run "$MODEL" --prompt 'The license (c) é' --tokens 24 --ids)
    theirs=$(check forward.py "$MODEL" 'The license (c) é' 24)
    echo "$ours"
    [ "$ours" = "$theirs" ]
}

@test "run prints the prompt and its continuation" {
    run "$TINYLM" run "$MODEL" --prompt 'The ' --tokens 8
    [ "$status" -eq 0 ]
    [[ "$output" == 'The '* ]]
    [ "$("$TINYLM" run "$MODEL" --prompt 'The ' --tokens 8 | wc -c)" -eq 13 ]
}

@test "every text file of the folder is what its name says" {
    for name in config generation_config tokenizer tokenizer_config model.safetensors.index; do
        /usr/bin/python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$MODEL/$name.json"
    done
    head -1 "$MODEL/README.md" | grep -qx -e '---'
}

@test "a shard that ends early is refused at every length" {
    copy
    size=$(stat -c %s model-00002-of-00002.safetensors)
    for length in 0 7 8 100 1000 $((size / 2)) $((size - 1)); do
        head -c "$length" "$MODEL/model-00002-of-00002.safetensors" >model-00002-of-00002.safetensors
        refused 00002-of-00002
    done
}

@test "a byte too many is refused" {
    copy
    printf x >>model-00001-of-00002.safetensors
    refused 'truncated or padded'
}

@test "a header length over the file is refused" {
    copy
    printf '\xff\xff\xff\xff\xff\xff\xff\xff' |
        dd of=model-00001-of-00002.safetensors conv=notrunc status=none
    refused 'does not fit'
}

@test "wrong shapes, offsets and types in a header are refused" {
    for change in 's/\[259,64\]/[259,65]/' 's/\[259,64\]/[64,259]/' 's/\[0,66304\]/[0,66308]/' \
        's/\[0,66304\]/[66304,0]/' 's/"dtype":"F32"/"dtype":"F33"/' 's/"shape"/"shapf"/' \
        's/\[259,64\]/[2e2,64]/' 's/layers.1/layers.0/g' 's/{/[/'; do
        rm -rf "$BATS_TEST_TMPDIR/copy"
        copy
        LC_ALL=C sed -i "1{$change}" model-00001-of-00002.safetensors
        run ! cmp -s model-00001-of-00002.safetensors "$MODEL/model-00001-of-00002.safetensors"
        refused 00001-of-00002
    done
}

@test "a malformed index is refused" {
    for change in 's/weight_map/weight_mop/' 's/model.norm.weight/model.worm.weight/' \
        's/model-00002/..\/model-00002/' 's/00002-of/00003-of/' 's/}$/]/' 's/,$//' \
        's/: "model-00001[^"]*"/: 5/'; do
        rm -rf "$BATS_TEST_TMPDIR/copy"
        copy
        sed -i "$change" model.safetensors.index.json
        run ! cmp -s model.safetensors.index.json "$MODEL/model.safetensors.index.json"
        refused "$BATS_TEST_TMPDIR/copy"
    done
}

@test "a malformed or foreign config.json is refused" {
    for change in 's/"llama"/"gpt2"/' 's/"hidden_size": 64/"hidden_size": 0/' \
        's/"hidden_size": 64/"hidden_size": 4294967360/' 's/"num_attention_heads": 2/"num_attention_heads": 0/' \
        's/"hidden_size": 64/"hidden_size": -64/' 's/num_hidden_layers/layers/' \
        's/embeddings": true/embeddings": false/' 's/"num_key_value_heads": 2/"num_key_value_heads": 1/' \
        's/1e-05/0/' 's/{/{"hidden_size": 64,/'; do
        rm -rf "$BATS_TEST_TMPDIR/copy"
        copy
        sed -i "$change" config.json
        run ! cmp -s config.json "$MODEL/config.json"
        refused "$BATS_TEST_TMPDIR/copy"
    done
}

@test "a file that is missing is named" {
    for name in config.json model-00001-of-00002.safetensors; do
        rm -rf "$BATS_TEST_TMPDIR/copy"
        copy
        rm "$name"
        refused "$name"
    done
}

@test "usage errors exit with 2" {
    for line in '' train 'run' 'loss a b' 'train x --size' 'train x --seed -1' 'train x --seed 1x' \
        'train x --threads 9' 'train x --text' 'nothing' 'run x --speed 1'; do
        # shellcheck disable=SC2086
        run "$TINYLM" $line
        [ "$status" -eq 2 ]
    done
    for line in '' '--gib 1' '--gib 0 x' '--gib -1 x' '--gib nan x' '--gib 1x x' '--gib 1 x --shards 0' \
        '--gib 1 x --gguf y' '--gib 1 x y' '--gib 1 x --shards'; do
        # shellcheck disable=SC2086
        run "$MKMODEL" $line
        [ "$status" -eq 2 ]
    done
}

@test "mkmodel writes folders of the size asked for that pass the check" {
    "$MKMODEL" --gib 0.01 "$BATS_TEST_TMPDIR/one" --shards 1
    "$MKMODEL" --gib 0.02 "$BATS_TEST_TMPDIR/three" --shards 3
    check check_safetensors.py "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/three"
    size=$(stat -c %s "$BATS_TEST_TMPDIR/one/model.safetensors")
    echo "$size"
    [ "$size" -gt 10200000 ] && [ "$size" -lt 10900000 ]
    [ ! -e "$BATS_TEST_TMPDIR/one/model.safetensors.index.json" ]
}

@test "mkmodel gives the same bytes for the same seed and others for another" {
    for run in a b; do
        "$MKMODEL" --gib 0.005 "$BATS_TEST_TMPDIR/$run" --shards 2 --seed 5
    done
    "$MKMODEL" --gib 0.005 "$BATS_TEST_TMPDIR/c" --shards 2 --seed 6
    diff -r "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
    run ! cmp "$BATS_TEST_TMPDIR"/[ac]/model-00001-of-00002.safetensors
}

@test "mkmodel's weights are normal with deviation 0.02" {
    /usr/bin/python3 -c 'import numpy' || skip "no NumPy"
    "$MKMODEL" --gib 0.01 "$BATS_TEST_TMPDIR/m" --shards 1
    /usr/bin/python3 -c '
import sys, numpy as np
file = np.memmap(sys.argv[1], np.uint8, "r")
begin = 8 + int.from_bytes(bytes(file[:8]), "little")
x = (file[begin:begin + 65536].view("<u2").astype("<u4") << 16).view("<f4")
assert abs(x.mean()) < 0.0005 and abs(x.std() - 0.02) < 0.0005, (x.mean(), x.std())
' "$BATS_TEST_TMPDIR/m/model.safetensors"
}

@test "mkmodel writes a GGUF that passes the check" {
    "$MKMODEL" --gib 0.01 --gguf "$BATS_TEST_TMPDIR/m.gguf"
    check check_gguf.py "$BATS_TEST_TMPDIR/m.gguf"
    size=$(stat -c %s "$BATS_TEST_TMPDIR/m.gguf")
    [ "$size" -gt 10200000 ] && [ "$size" -lt 10900000 ]
}

@test "an output that cannot be written is an error" {
    run "$MKMODEL" --gib 0.01 --gguf /dev/full
    [ "$status" -eq 1 ]
    run "$TINYLM" gguf "$MODEL" /dev/full
    [ "$status" -eq 1 ]
    run "$TINYLM" gguf "$MODEL" "$BATS_TEST_TMPDIR/none/file"
    [ "$status" -eq 1 ]
    run bash -c "'$TINYLM' loss '$MODEL' >/dev/full"
    [ "$status" -eq 1 ]
}
