#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# llama.cpp, which knows nothing of this project, loads what tinylm and mkmodel write and says what
# tinylm says. Needs `npm ci --ignore-scripts --omit=optional` in this folder; skipped without it.

setup_file() {
    [ -d "$BATS_TEST_DIRNAME/node_modules/node-llama-cpp" ] || return 0
    "$TINYLM" train "$BATS_FILE_TMPDIR/model" --size quarter --gguf "$BATS_FILE_TMPDIR/model.gguf" \
        2>/dev/null
}

setup() {
    if [ ! -d "$BATS_TEST_DIRNAME/node_modules/node-llama-cpp" ]; then
        [ -z "${CI:-}" ] || return 1 # in CI it must be there
        skip "llama.cpp is not installed here; run tests/services/llama/setup.sh"
    fi
}

generate() {
    "$BATS_TEST_DIRNAME/node.sh" "$BATS_TEST_DIRNAME/generate.mjs" "$@"
}

@test "llama.cpp continues a prompt with the tokens of tinylm" {
    generate "$BATS_FILE_TMPDIR/model.gguf" 'The license (c) é ' 60 >"$BATS_TEST_TMPDIR/json"
    cat "$BATS_TEST_TMPDIR/json"
    ours=$("$TINYLM" run "$BATS_FILE_TMPDIR/model" --prompt 'The license (c) é ' --tokens 60 --ids)
    [ "$(jq -c .tokens "$BATS_TEST_TMPDIR/json")" = "[$ours]" ]
}

@test "llama.cpp gives the same tokens with and without mmap" {
    with=$(generate "$BATS_FILE_TMPDIR/model.gguf" 'You may ' 20 | jq -c .tokens)
    without=$(generate "$BATS_FILE_TMPDIR/model.gguf" 'You may ' 20 --no-mmap | jq -c .tokens)
    [ -n "$with" ] && [ "$with" = "$without" ]
}

@test "llama.cpp loads and runs a GGUF of mkmodel" {
    "$MKMODEL" --gib 0.02 --gguf "$BATS_TEST_TMPDIR/m.gguf"
    [ "$(generate "$BATS_TEST_TMPDIR/m.gguf" 'x' 3 | jq '.tokens | length')" -gt 0 ]
}

@test "generate.mjs refuses a truncated model and wrong usage" {
    head -c 300000 "$BATS_FILE_TMPDIR/model.gguf" >"$BATS_TEST_TMPDIR/short.gguf"
    run generate "$BATS_TEST_TMPDIR/short.gguf" x 3
    [ "$status" -ne 0 ]
    run generate "$BATS_FILE_TMPDIR/model.gguf" x
    [ "$status" -eq 2 ]
}
