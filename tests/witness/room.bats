#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A room's ledger from the command line: its key, receipts that others check, and what happens on a machine that has no pin.
# Rules that wait for witnesses: also src/custody/ledger_test.c.

load ../cli/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
    room=$BATS_TEST_TMPDIR/room
    make_room "$room"
    make_model model
    sr deposit model --name tiny >/dev/null
}

@test "ledger show tells the key, the size and the witnesses" {
    run -0 sr ledger show --json
    check_documented "ledger show" "$output"
    [ "$(jq -c '[.pinned, .cosigned, .witnesses]' <<<"$output")" = '[true,0,[]]' ]
    [ "$(jq .size <<<"$output")" -ge 2 ]
    vkey=$(jq -r .vkey <<<"$output")
    [[ "$vkey" == "$(jq -r .origin <<<"$output")+"* ]]
    run -0 sr ledger show
    [ "${lines[0]}" = "$vkey" ]
    run -13 --separate-stderr sr ledger cosign
    [ "$stderr" = "strongroom: not-found: the policy in force has no witnesses" ]
    # That has published what was not yet, because the room was unlocked.
    [ "$(sr ledger show --json | jq '.size == .published')" = true ]
}

@test "a receipt of an act is checked without the room" {
    sr ledger cosign 2>/dev/null || true
    vkey=$(sr ledger show --json | jq -r .vkey)
    run -0 sr ledger receipt 1 ./first --json
    [ "$(jq -r '.receipt + " " + .entry' <<<"$output")" = "./first.tlog-proof ./first.entry" ]
    sr ledger receipt 2 ./second
    run -0 env -u STRONGROOM_ROOM "$STRONGROOM" ledger verify-receipt first.tlog-proof first.entry --key "$vkey"
    [[ "$output" == "good: entry 0 of "* ]]
    run -23 "$STRONGROOM" ledger verify-receipt first.tlog-proof second.entry --key "$vkey"
    run -13 sr ledger receipt 1000 ./none
    run -2 sr ledger receipt 0 ./none
    [ ! -e none.entry ]
    # It is a tree of tiles that others read: the root is that of all entries.
    [ "$(head -1 room/ledger/checkpoint)" = "${vkey%%+*}" ]
}

@test "on another machine nothing is signed before somebody trusts the room" {
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/elsewhere
    size=$(sr ledger show --json | jq -r .size)
    [ "$(sr ledger show --json | jq .pinned)" = false ]
    make_model other 2
    run -14 --separate-stderr sr deposit other --name other
    [[ "$stderr" == *"strongroom ledger trust"* ]]
    run -2 sr ledger trust --no-input
    run -2 sr ledger trust --confirm $((size + 1))
    run -0 sr ledger trust --confirm "$size"
    run -14 sr ledger trust --confirm "$size"
    run -0 sr deposit other --name other
}

@test "a rule that wants a witness waits for it, and a witness contradicts an old copy" {
    "$STRONGROOM" witness init w --name w.example >/dev/null
    "$STRONGROOM" witness serve w --listen 127.0.0.1:0 --json >said 3>&- &
    witness=$!
    for _ in $(seq 600); do
        [ -s said ] && break
        sleep 0.05
    done
    cat >witnessed.policy <<END
policy "witnessed"
witness auditor $(jq -r '.vkey + " " + .url' said)
rule reading
    verbs read
    class any
    by unlocked
    witnesses 1 within 10m
rule everything
    verbs deposit export use rotate enrol roles add-key attribute leave policy offer accept reject return dispose
    class any
    by unlocked
END
    room=$BATS_TEST_TMPDIR/governed
    "$STRONGROOM" init "$room" --policy witnessed.policy --generate-passphrase "$room.key" >/dev/null
    sr deposit model --name tiny >/dev/null
    run -21 sr cat tiny:config.json
    run -41 sr ledger cosign --json
    [ "$(jq -r '.witnesses[0].status' <<<"${lines[0]}")" = not-found ]
    "$STRONGROOM" witness add w "$(sr ledger show --json | jq -r .vkey)" >/dev/null
    run -0 sr ledger cosign --json
    check_documented "ledger cosign" "$output"
    [ "$(jq -c '.witnesses[0] | [.name, .status, .cosigned_at != null]' <<<"$output")" = '["auditor","ok",true]' ]
    cp -a "$room" copy
    run -0 sr cat tiny:config.json
    run -0 sr ledger cosign
    # The copy, on a machine that has no pin of it, is believed by its user, but not by the witness.
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/elsewhere
    cp "$room.key" copy.key
    room=$BATS_TEST_TMPDIR/copy
    sr ledger trust --confirm "$(sr ledger show --json | jq -r .size)" >/dev/null
    run -14 --separate-stderr sr ledger cosign
    [[ "$stderr" == "strongroom: conflict: witness 'auditor': it has seen "*"is this an old copy?" ]]
    kill "$witness"
    wait "$witness"
}
