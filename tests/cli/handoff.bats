#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Handing over, room to room, as people do it: cards, a bundle there, a chain back. What it must withstand in detail is in
# src/custody/handoff_test.c, src/custody/intake_test.c and src/audit/chain_test.c.

load helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    for name in north south west; do
        make_room "$BATS_TEST_TMPDIR/$name"
        in_room $name card >$name.card
    done
    make_model model
    in_room north deposit model --name tiny --tier 2 >/dev/null
}

# in_room ROOM COMMAND...
in_room() {
    local name=$1
    shift
    "$STRONGROOM" "$@" --room "$BATS_TEST_TMPDIR/$name" --passphrase-file "$BATS_TEST_TMPDIR/$name.key"
}

custodian() {
    jq -r .custodian <<<"$1" | sed 's|.*/||'
}

room_id() {
    in_room "$1" card --json | jq -r .origin | sed 's|.*/||'
}

@test "a version goes to another room, on to a third, and comes back" {
    run -0 in_room north handoff offer tiny tiny.bundle --to south.card --bundle --why launch
    run -0 in_room south handoff take tiny.bundle --from north.card
    run -13 in_room south show tiny
    run -0 in_room south handoff list
    [ "$output" = tiny@1 ]
    run -0 in_room south handoff accept tiny --out accept.chain
    run -0 in_room south verify tiny
    in_room south cat tiny:model.safetensors | cmp - model/model.safetensors
    run -0 in_room north chain show tiny --json
    [ "$(jq -r .state <<<"$output")" = "offered only" ]
    [ "$(custodian "$output")" = "$(room_id north)" ]
    run -0 in_room north handoff answer accept.chain
    run -0 in_room north chain show tiny --json
    [ "$(jq -r .state <<<"$output")" = complete ]
    [ "$(custodian "$output")" = "$(room_id south)" ]
    # Who does not have it any more cannot let it be used.
    run -21 in_room north cat tiny:model.safetensors

    # Without the bodies in the file: they are ciphertext, from a copy of the folder.
    run -0 in_room south handoff offer tiny tiny.offer --to west.card
    cp -r south/blobs bodies
    run -0 in_room west handoff take tiny.offer --from south.card --bodies bodies --name tiny-eval
    run -0 in_room west handoff accept tiny-eval --out second.chain
    run -0 in_room south handoff answer second.chain
    run -0 in_room west handoff return tiny-eval --why done --out return.chain
    run -0 in_room south handoff answer return.chain
    run -0 in_room south chain show tiny --json
    [ "$(jq -r .state <<<"$output")" = returned ]
    [ "$(custodian "$output")" = "$(room_id south)" ]

    # By somebody with no room at all.
    in_room west chain export tiny-eval west.chain
    run -0 "$STRONGROOM" chain verify west.chain --card north.card --json
    [ "$(jq -r .anchored <<<"$output")" = true ]
    run -23 --separate-stderr "$STRONGROOM" chain verify west.chain --card south.card
    [[ "$stderr" == *"begins in another room"* ]]
}

@test "a bundle is for one room, from one room, and whole" {
    in_room north handoff offer tiny tiny.bundle --to south.card --bundle >/dev/null
    run -23 --separate-stderr in_room west handoff take tiny.bundle --from north.card
    [[ "$stderr" == *"is for another room"* ]]
    run -23 --separate-stderr in_room south handoff take tiny.bundle --from west.card
    [[ "$stderr" == *"another room than the card"* ]]
    python3 - tiny.bundle <<'PY'
import sys
raw = bytearray(open(sys.argv[1], "rb").read())
raw[-5000] ^= 1
open("altered.bundle", "wb").write(raw)
open("cut.bundle", "wb").write(raw[:-1])
PY
    run -30 in_room south handoff take altered.bundle --from north.card
    run -11 in_room south handoff take cut.bundle --from north.card
    run -0 in_room south handoff list
    [ "$output" = "" ]
    [ -z "$(find south/blobs -name '*.body')" ]
    run -0 in_room south handoff take tiny.bundle --from north.card
    run -14 in_room south handoff take tiny.bundle --from north.card
}

@test "what is rejected leaves nothing, and the giver stays the custodian" {
    in_room north handoff offer tiny tiny.bundle --to south.card --bundle >/dev/null
    in_room south handoff take tiny.bundle --from north.card >/dev/null
    run -0 in_room south handoff reject tiny --why 'not what was agreed' --out reject.chain
    [ -z "$(find south/blobs -name '*.body')" ]
    run -0 "$STRONGROOM" chain verify reject.chain --card north.card
    [[ "$output" == *refused* ]]
    run -0 in_room north handoff answer reject.chain
    run -0 in_room north cat tiny:config.json
}

@test "two answers to one offer are a fork, whoever holds which" {
    in_room north handoff offer tiny one.bundle --to south.card --bundle >/dev/null
    cp -r south twin
    cp south.key twin.key
    for name in south twin; do
        in_room $name handoff take one.bundle --from north.card >/dev/null
        in_room $name handoff accept tiny --out $name.chain >/dev/null || true
    done
    [ -s twin.chain ] || skip "the copied room has refused to sign, which is better still"
    run -0 "$STRONGROOM" chain verify south.chain
    run -23 --separate-stderr "$STRONGROOM" chain verify south.chain twin.chain
    [[ "$stderr" == *fork* ]]
}

@test "killed while it takes a version in, a room goes on or clears away" {
    mkdir big
    make_tensors big/model.safetensors 60000000
    in_room north deposit big --name big >/dev/null
    in_room north handoff offer big big.bundle --to south.card --bundle >/dev/null
    for delay in 0.05 0.15 0.3 0.6; do
        "$STRONGROOM" handoff take big.bundle --from north.card --room south --passphrase-file south.key >/dev/null 2>&1 &
        pid=$!
        sleep $delay
        kill -9 $pid 2>/dev/null || true
        wait $pid 2>/dev/null || true
        run -13 in_room south show big
    done
    run in_room south handoff take big.bundle --from north.card
    [ "$status" -eq 0 ] || [[ "$output" == *"waiting here already"* ]]
    run -0 in_room south handoff accept big --out big.chain
    run -0 in_room south verify big
    run -0 in_room south scrub
}
