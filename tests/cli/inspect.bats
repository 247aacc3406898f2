#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `inspect`: the three ways to end, the report in its three forms, and what is refused before it is looked at.
bats_require_minimum_version 1.5.0
load helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    # The smallest safetensors file: an empty header.
    printf '\x02\0\0\0\0\0\0\0{}' >good.safetensors
    # A pickle that would call os.system("true"): posix is what CPython writes for os.
    printf "cposix\nsystem\n(S'true'\ntR." >bad.pkl
    printf '\x01\x02\x03' >unknown.xyz
}

@test "what is understood passes, with 0" {
    run -0 "$STRONGROOM" inspect good.safetensors
    [[ $output == "PASS       good.safetensors (safetensors, 10 B)" ]]
}

@test "what would run is blocked, with 1, and the report says what would happen and what to do" {
    run -1 "$STRONGROOM" inspect bad.pkl
    [[ $output == *"BLOCK      bad.pkl (pickle"* ]]
    [[ $output == *"posix"*"system"* ]]
    [[ $output == *"instead: "* ]]
}

@test "what nobody knows, and what cannot be looked at, ends with 2" {
    run -2 "$STRONGROOM" inspect unknown.xyz
    [[ $output == *"unknown-format"* ]]
    run -2 "$STRONGROOM" inspect nothing-here
    [[ $output == *"nothing-here"* ]]
    mkfifo pipe
    run -2 "$STRONGROOM" inspect pipe
    mkdir empty
    run -2 "$STRONGROOM" inspect empty
}

@test "a folder is as good as its worst file, and no file is skipped" {
    mkdir -p model/.hidden
    cp good.safetensors model/
    cp bad.pkl model/.hidden/
    ln -s good.safetensors model/link
    run -1 --separate-stderr "$STRONGROOM" inspect model --json
    [ "$(jq -r .verdict <<<"$output")" = BLOCK ]
    [ "$(jq -r '.files[].path' <<<"$output")" = ".hidden/bad.pkl
good.safetensors
link" ]
    [ "$(jq -r '.files[1].verdict' <<<"$output")" = PASS ]
    [ "$(jq -r '.files[2].verdict' <<<"$output")" != PASS ]
    [ "$(jq -r '.files[1].sha256' <<<"$output")" = "$(sha256sum good.safetensors | cut -d' ' -f1)" ]
    [ "$(jq -r '.files[1].covered' <<<"$output")" = 10 ]
}

@test "the same bytes give the same report" {
    run -1 --separate-stderr "$STRONGROOM" inspect bad.pkl --json
    first=$output
    run -1 --separate-stderr "$STRONGROOM" inspect bad.pkl --json
    [ "$output" = "$first" ]
}

@test "several paths are one report" {
    mkdir a b
    cp good.safetensors a/
    cp good.safetensors b/
    run -0 --separate-stderr "$STRONGROOM" inspect a b --json
    [ "$(jq -r '.files[].path' <<<"$output")" = "a/good.safetensors
b/good.safetensors" ]
}

@test "findings are SARIF 2.1.0" {
    schema=$("$STRONGROOM_SOURCE/tests/services/sarif/setup.sh") || { [ -z "${CI:-}" ] && skip "no schema: npm cannot be reached"; }
    cp bad.pkl "bad name %.pkl"
    run -1 "$STRONGROOM" inspect . --sarif out.sarif
    "$STRONGROOM_SOURCE/tests/cli/schema.py" "$schema" out.sarif
    [ "$(jq -r '.runs[0].invocations[0].exitCode' out.sarif)" = 1 ]
    jq -e '.runs[0].results[] | select(.kind == "fail" and .level == "error")' out.sarif
    jq -e '.runs[0].results[] | select(.locations[0].physicalLocation.artifactLocation.uri == "bad%20name%20%25.pkl")' out.sarif
}

@test "a profile is one of two" {
    run -2 "$STRONGROOM" inspect good.safetensors --profile all
    [[ $output == *"neither 'tensors' nor 'sklearn'"* ]]
}

@test "names that a terminal would act on are shown, not obeyed" {
    mkdir odd
    cp good.safetensors "odd/$(printf 'a\033[31mb').safetensors"
    run "$STRONGROOM" inspect odd
    [[ $output != *$'\033'* ]]
}
