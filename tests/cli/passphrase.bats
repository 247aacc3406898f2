#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A passphrase comes from a file, a descriptor or the terminal, and shows nowhere.

load helpers

@test "a passphrase in an argument is refused and not repeated" {
    for spelling in '--passphrase hunter2' --passphrase=hunter2 --password=hunter2 --pass=hunter2; do
        # shellcheck disable=SC2086
        run -2 "$STRONGROOM" list $spelling
        [[ "$output" == *"never taken from the command line"*"--passphrase-file"* ]]
        [[ "$output" != *hunter2* ]]
    done
    run -2 "$STRONGROOM" list --passphrase-fd hunter2
    [[ "$output" != *hunter2* ]]
    [[ "$output" == *"no file descriptor"* ]]
}

@test "a passphrase in the environment is refused and not repeated" {
    STRONGROOM_PASSPHRASE=hunter2 run -2 "$STRONGROOM" version
    [[ "$output" == *"'STRONGROOM_PASSPHRASE' is set"*"--passphrase-file"* ]]
    [[ "$output" != *hunter2* ]]
}

@test "the two sources of a passphrase exclude each other" {
    run -2 "$STRONGROOM" version --passphrase-file x --passphrase-fd 0
    [[ "$output" == *"exclude each other"* ]]
    run -2 bash -c '"$STRONGROOM" version --passphrase-fd 9 9<&-'
    [[ "$output" == *"file descriptor 9 is not open"* ]]
}

@test "the process leaves no core, and its memory belongs to root" {
    make_room "$BATS_TEST_TMPDIR/room"
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    exec 9<>"$BATS_TEST_TMPDIR/pipe" # nothing comes: the program waits for its passphrase
    "$STRONGROOM" verify --all --room "$BATS_TEST_TMPDIR/room" --passphrase-fd 9 3>&- >/dev/null 2>&1 &
    local child=$! limits=''
    for _ in $(seq 200); do
        limits=$(cat "/proc/$child/limits")
        grep -qE '^Max core file size +0 +0' <<<"$limits" && break
        sleep 0.02
    done
    owner=$(stat -c %u "/proc/$child/mem")
    kill "$child"
    grep -qE '^Max core file size +0 +0' <<<"$limits"
    [ "$owner" = 0 ]
}

@test "a generated passphrase is in its file and nowhere else" {
    cd "$BATS_TEST_TMPDIR"
    run -0 "$STRONGROOM" init ./room --generate-passphrase ./key --json
    [[ "$output" != *srk1-* ]]
    [ "$(stat -c %a key)" = 600 ]
    run -1 grep -rF "$(cat key)" ./room
}

@test "a file that others may read is refused" {
    cd "$BATS_TEST_TMPDIR"
    "$STRONGROOM" init ./room --generate-passphrase ./key
    chmod 640 key
    run -21 "$STRONGROOM" verify --all --room ./room --passphrase-file ./key
    [[ "$output" == "strongroom: denied: "*key* ]]
    chmod 400 key
    run -0 "$STRONGROOM" verify --all --room ./room --passphrase-file ./key
    run -0 bash -c '"$STRONGROOM" verify --all --room ./room --passphrase-file <(cat key)'
}
