#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# An auditor in an empty folder: one file, no room, no network.

load helpers

setup_file() {
    export shared="$BATS_FILE_TMPDIR/shared"
    mkdir "$shared"
    make_room "$shared/room"
    room="$shared/room"
    make_model "$shared/model"
    sr deposit "$shared/model" --name model --kind base --tier 1 --step train
    sr export model "$shared/out" --confirm model
    sr audit pack "$shared/room.pack"
}

setup() {
    room="$shared/room"
    cd "$BATS_TEST_TMPDIR"
    pack="$shared/room.pack"
    key=$(head -1 "$pack" | jq -r .key)
}

@test "a pack is lines of JSON, the last of which is its digest" {
    run -0 jq -r .kind "$pack"
    [ "${lines[0]}" = strongroom-pack ]
    [ "${lines[-2]}" = checkpoint ]
    [ "${lines[-1]}" = end ]
    [ "$(head -n -1 "$pack" | sha256sum | cut -d' ' -f1)" = "$(tail -1 "$pack" | jq -r .digest)" ]
    [ "$(jq -Sc . "$pack" | sha256sum)" = "$(sha256sum <"$pack")" ]
}

@test "a history is consistent, without its room" {
    run -0 "$STRONGROOM" audit replay "$pack" --key "$key"
    [ "${lines[0]}" = consistent ]
    [[ "$output" != *NOBODY* ]]
    run -0 "$STRONGROOM" audit replay "$pack"
    [[ "$output" == *"NOBODY SAID WHICH KEY THE ROOM HAS"* ]]
    run -0 "$STRONGROOM" audit replay "$pack" --json
    [ "$(jq .consistent <<<"$output")" = true ]
    [ "$(jq .acts <<<"$output")" = "$(grep -c '"kind":"leaf"' "$pack")" ]
}

@test "what was changed is found, and where" {
    sed 's/"outcome":"allowed","seq":3/"outcome":"refused","reason":"clock","seq":3/' "$pack" >changed
    ! cmp -s changed "$pack"
    run -23 "$STRONGROOM" audit replay changed --key "$key"
    [[ "$output" == *"NOT CONSISTENT"* ]]
    [[ "$output" == *"act 3 of the ledger is the first that cannot be true"* ]]
    run -23 "$STRONGROOM" audit replay changed --json
    [ "$(head -1 <<<"$output" | jq .act)" = 3 ]
}

@test "a pack that was cut is none" {
    head -c -20 "$pack" >cut
    run "$STRONGROOM" audit replay cut
    [ "$status" -eq 11 ]
    head -n -1 "$pack" >endless
    run "$STRONGROOM" audit replay endless
    [ "$status" -eq 11 ]
    run -10 "$STRONGROOM" audit replay /etc/passwd
}

@test "the room of another key is another room" {
    make_room "$BATS_TEST_TMPDIR/other"
    room="$BATS_TEST_TMPDIR/other" sr audit pack other.pack
    run -23 "$STRONGROOM" audit replay other.pack --key "$key"
    [[ "$output" == *"another room"* ]]
}

@test "a ledger leads on from what was seen of it" {
    sr export model "$BATS_TEST_TMPDIR/again" --confirm model
    sr audit pack later.pack
    run -0 "$STRONGROOM" audit replay later.pack --key "$key" --seen "$pack"
    jq -r 'select(.kind == "checkpoint") | .note' "$pack" | head -c -1 >note
    run -0 "$STRONGROOM" audit replay later.pack --key "$key" --seen note
    run -23 "$STRONGROOM" audit replay "$pack" --key "$key" --seen later.pack
    [[ "$output" == *"does not lead on"* ]]
    run -23 "$STRONGROOM" audit replay later.pack --seen "1:$(printf '%064d' 0)"
    witness=$("$STRONGROOM" witness init w --name example.org/w | grep -o 'example.org/w+[^ ]*' | head -1)
    run -23 "$STRONGROOM" audit replay later.pack --witness "$witness"
    [[ "$output" == *"a witness has not signed"* ]]
}

@test "earlier acts may be left out" {
    last=$(grep -c '"kind":"leaf"' "$pack")
    sr audit pack --since "$last" part.pack
    run -0 "$STRONGROOM" audit replay part.pack --key "$key"
    [[ "$output" == *"NOT SHOWN"* ]]
    run -13 "$STRONGROOM" --room "$room" audit pack --since 999999 none.pack
    [ ! -e none.pack ]
}

@test "who touched what, who did what, who could have" {
    run -0 "$STRONGROOM" --room "$room" audit query who-touched model --json
    [ "$(jq -r '.acts[0].verb' <<<"$output")" = deposit ]
    [ "$(jq -r '.acts[0].version' <<<"$output")" = model@1 ]
    actor=$(jq -r '.acts[0].actor' <<<"$output")
    run -0 "$STRONGROOM" --room "$room" audit query did "$actor"
    [[ "$output" == *export* ]]
    run -0 "$STRONGROOM" --room "$room" audit query did nobody
    [ "$output" = "no acts" ]
    run -13 "$STRONGROOM" --room "$room" audit query reach nobody --from 2026-01-01
    run -2 "$STRONGROOM" --room "$room" audit query what nobody
    run -2 "$STRONGROOM" --room "$room" audit query did nobody --to 2026-01-01
}
