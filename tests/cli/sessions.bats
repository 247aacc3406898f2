#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What is handed out under a grant ends with the grant, and is never more than it allows.

load helpers
load agents

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
    room="$BATS_TEST_TMPDIR/room"
    dir="$BATS_TEST_TMPDIR/mnt"
    mkdir -p "$dir" "$dir.2"
    local who
    for who in ann erin; do
        make_agent "$who"
    done
    write_policy >lab.policy
    "$STRONGROOM" init "$room" --generate-passphrase "$room.key" --policy lab.policy \
        --officer ann=keys/ann.pub:officer --officer erin=keys/erin.pub:engineer >/dev/null
    make_model model
    weights=$(stat -c %s model/model.safetensors)
    as_unlocked erin deposit model --name llama --kind base --tier 3 >/dev/null
}

teardown() {
    cd "$BATS_TEST_TMPDIR" || return 1
    local at
    for at in "$dir" "$dir.2"; do
        ! mountpoint -q "$at" || fusermount3 -uz "$at" || umount -l "$at"
    done
    stop_agents
}

write_policy() {
    cat <<'POLICY'
policy "lab"
role officer
role engineer

class weights
    tier 1..5

rule take-in
    verbs deposit
    class weights
    by engineer

rule use-weights
    verbs use read
    class weights
    by engineer
    needs 1 of officer
    for at most 8h

rule export-weights
    verbs export
    class weights
    by engineer
    needs 1 of officer
    for at most 1h
    copies at most 1

rule people
    verbs leave rotate policy enrol
    class any
    by officer
POLICY
}

# grant VERB REF...: what erin asks for and ann approves; sets $request.
grant() {
    run -22 --separate-stderr as erin request "$@" --why launch --json
    request=$(jq -r .request <<<"$output")
    run -0 as ann approve "$request"
}

need_fuse() {
    if [ ! -c /dev/fuse ] || ! command -v fusermount3 >/dev/null; then
        [ -z "${CI:-}" ] || return 1
        skip 'FUSE is needed'
    fi
}

# begin_mount DIR ARGUMENT...: in the background, as erin; the log is DIR.log.
begin_mount() {
    local at=$1
    shift
    as_unlocked erin mount llama@1 "$at" --log "$at.log" "$@" 3>&- >/dev/null
}

# Wait until it is on record that so many bytes were served under $request.
wait_until_served() {
    local i
    for i in $(seq 100); do
        [ "$(as ann grants --all --json | jq --arg r "$request" '.requests[] | select(.request == $r) | .bytes_served')" -ge "$1" ] && return 0
        sleep 0.1
    done
    return 1
}

# Wait until nothing is mounted; a mount that goes on fails the test.
wait_until_ended() {
    local i
    for i in $(seq 300); do
        mountpoint -q "$1" || return 0
        sleep 0.2
    done
    echo "still mounted; the log: $(cat "$1.log")"
    return 1
}

# Wait for COUNT records of what was handed out: they come a moment after the mount's end.
wait_for_record() {
    local i
    for i in $(seq 100); do
        run -0 as ann show llama@1 --history --json
        [ "$(jq '[.. | objects | select(.verb? == "served")] | length' <<<"$output")" -ge "$1" ] && return 0
        sleep 0.2
    done
    echo "$output"
    return 1
}

@test "who revokes a grant ends the mount under it" {
    need_fuse
    grant use llama@1 --for 1h
    begin_mount "$dir"
    cmp "$dir/model.safetensors" model/model.safetensors
    exec 9<"$dir/model.safetensors"
    run -0 as ann revoke "$request" --why lost
    wait_until_ended "$dir"
    run ! cat <&9
    [ -z "$(cat <&9 2>/dev/null)" ]
    exec 9<&-
    [ ! -e "$dir/model.safetensors" ]
    grep -F 'the mount ends: the grant was revoked' "$dir.log"
    run -21 as_unlocked erin mount llama@1 "$dir"
    wait_for_record 1
}

@test "who leaves takes their mounts with them" {
    need_fuse
    grant use llama@1 --for 1h
    begin_mount "$dir"
    cmp "$dir/config.json" model/config.json
    run -0 as_unlocked ann principal leave erin --why 'last day'
    wait_until_ended "$dir"
    grep -F 'the mount ends: the actor has left' "$dir.log"
}

@test "a mount ends when its time is up" {
    need_fuse
    grant use llama@1 --for 15s
    begin_mount "$dir"
    cat "$dir/config.json" >/dev/null
    wait_until_ended "$dir"
    grep -F 'the mount ends: the request or its approvals have expired' "$dir.log"
}

@test "a mount hands out no byte more than it may" {
    need_fuse
    grant use llama@1 --for 1h --bytes "${weights}B"
    begin_mount "$dir"
    cmp "$dir/model.safetensors" model/model.safetensors
    run -1 cat "$dir/config.json"
    [[ "$output" == *"quota exceeded"* ]]
    grep -F "0 of $weights bytes are left" "$dir.log"
    mountpoint -q "$dir" # what was handed out stays
    run -0 sr umount "$dir"
    wait_until_served "$weights" # the record follows the unmounting
    run -21 begin_mount "$dir"
}

@test "two mounts under one grant share what it allows" {
    need_fuse
    grant use llama@1 --for 1h --bytes "${weights}B"
    begin_mount "$dir"
    begin_mount "$dir.2"
    cmp "$dir/model.safetensors" model/model.safetensors
    run -1 cat "$dir.2/config.json"
    [[ "$output" == *"quota exceeded"* ]]
    run -0 sr umount "$dir"
    run -0 sr umount "$dir.2"
}

@test "a mount opens no file more than it may" {
    need_fuse
    grant use llama@1 --for 1h --files 1
    begin_mount "$dir"
    cat "$dir/config.json" "$dir/config.json" >/dev/null
    run -1 cat "$dir/model.safetensors"
    [[ "$output" == *"denied"* ]]
    grep -F '0 of 1 files are left' "$dir.log"
    run -0 sr umount "$dir"
}

@test "cat hands out no byte more than the grant allows" {
    local most=$((weights + 10)) # less than the two files have
    grant read llama@1 --for 1h --bytes "${most}B"
    run -0 as_unlocked erin cat llama@1:config.json
    run -21 --separate-stderr as_unlocked erin cat llama@1:model.safetensors
    [ -z "$output" ]
    [[ "$stderr" == *"bytes, files or count are used up"*"of $most bytes are left"* ]]
    # One tensor of it goes in.
    as_unlocked erin cat llama@1:model.safetensors@scale | cmp - <(tensor model/model.safetensors scale)
    run -0 as ann revoke "$request" --why over
    grant read llama@1 --for 1h --bytes 100B
    as_unlocked erin cat llama@1:model.safetensors@scale | cmp - <(tensor model/model.safetensors scale)
    run -21 --separate-stderr as_unlocked erin cat llama@1:model.safetensors@embed.weight
    [ -z "$output" ]
    [[ "$stderr" == *"96 of 100 bytes are left"* ]]
}

@test "an export that is larger than the grant does not begin, and costs no copy" {
    grant export llama@1 --for 1h --bytes 100B
    run -21 as_unlocked erin export llama@1 out --confirm llama
    [[ "$output" == *"100 of 100 bytes are left"* ]]
    [ ! -e out ]
    grant export llama@1 --for 1h --bytes 1MB
    run -0 as_unlocked erin export llama@1 out --confirm llama
    cmp out/model.safetensors model/model.safetensors
}

@test "a grant for another machine, or another workload, is none" {
    grant read llama@1 --for 1h --host elsewhere.example
    run -21 as_unlocked erin cat llama@1:config.json
    grant read llama@1 --for 1h --host "$(hostname)"
    run -0 as_unlocked erin cat llama@1:config.json
    run -0 as ann revoke "$request" --why over
    local name
    for name in chat search; do
        make_agent "$name"
        run -0 as ann principal enrol "$name" --type workload --owner ann --public-key "keys/$name.pub" --why new
    done
    grant read llama@1 --for 1h --workload chat
    run -21 as_unlocked erin cat llama@1:config.json
    run -21 as_unlocked erin cat llama@1:config.json --workload search
    run -0 as_unlocked erin cat llama@1:config.json --workload chat
}
