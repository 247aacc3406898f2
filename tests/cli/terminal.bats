#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What a person at a terminal sees: questions, colour, progress, the next command; and what only they see.

load helpers

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export TERM=xterm
    room="$BATS_TEST_TMPDIR/room"
}

with_model() {
    make_room "$room"
    make_model model
    sr deposit model --name llama
}

@test "init asks twice and shows nothing of the passphrase" {
    run -0 on_terminal 'New passphrase' 'a good long passphrase' ': ' 'a good long passphrase' -- "$STRONGROOM" init room
    [[ "$output" == *"made room $PWD/room"* ]]
    [[ "$output" != *"good long"* ]]
    [[ "$output" == *"next: strongroom deposit PATH --name NAME --room room"* ]]
    make_model model
    run -0 on_terminal 'Passphrase' 'a good long passphrase' -- "$STRONGROOM" deposit model --name llama --room room
    [[ "$output" == *"deposited llama@1"* ]]
}

@test "a short passphrase is taken with a warning" {
    run -0 on_terminal 'New passphrase' 'short' ': ' 'short' -- "$STRONGROOM" init room
    [[ "$output" == *"That is short"* ]]
}

@test "^C at a question leaves nothing" {
    run on_terminal 'New passphrase' ^C -- "$STRONGROOM" init room
    [ "$status" -ne 0 ]
    [ ! -e room ]
}

@test "a wrong passphrase is asked for again, twice" {
    with_model
    run -20 on_terminal 'Passphrase' wrong 'That is not' wrong 'That is not' wrong -- \
        "$STRONGROOM" verify llama --room "$room"
    [[ "$output" == *"strongroom: unauthenticated: "* ]]
    run -0 on_terminal 'Passphrase' wrong 'That is not' "$(cat "$room.key")" -- "$STRONGROOM" verify llama --room "$room"
    [[ "$output" == *"ok    llama@1"* ]]
}

@test "--no-input asks nothing on a terminal either" {
    with_model
    # Were it to ask, nobody would answer.
    run -20 on_terminal -- timeout --foreground 30 "$STRONGROOM" verify llama --room "$room" --no-input
    [[ "$output" != *Passphrase* ]]
    run -2 on_terminal -- timeout --foreground 30 \
        "$STRONGROOM" export llama out --room "$room" --passphrase-file "$room.key" --no-input
    [[ "$output" != *"Type '"* ]]
}

@test "export asks for the name again" {
    with_model
    run -43 on_terminal "Type 'llama' to go on: " yes -- \
        "$STRONGROOM" export llama out --room "$room" --passphrase-file "$room.key"
    [[ "$output" == *"'yes' is not 'llama'; nothing was done"* ]]
    [ ! -e out ]
    run -43 on_terminal "Type 'llama' to go on: " ^D -- \
        "$STRONGROOM" export llama out --room "$room" --passphrase-file "$room.key"
    run -0 on_terminal "Type 'llama' to go on: " llama -- \
        "$STRONGROOM" export llama out --room "$room" --passphrase-file "$room.key"
    diff -r out model
}

@test "keys rotate asks for the room's name, and for a new passphrase when told to" {
    with_model
    run -0 on_terminal "Type 'room' to go on: " room 'New passphrase' 'brand new words' ': ' 'brand new words' -- \
        "$STRONGROOM" keys rotate --room "$room" --passphrase-file "$room.key" --ask-new-passphrase
    [[ "$output" == *"the new passphrase is in force"* ]]
    run -20 sr verify llama
}

@test "show --tensors asks; show does not" {
    with_model
    run -0 on_terminal -- "$STRONGROOM" show llama --room "$room"
    [[ "$output" != *Passphrase* ]]
    run -0 on_terminal 'Passphrase' "$(cat "$room.key")" -- "$STRONGROOM" show llama --room "$room" --tensors
    [[ "$output" == *lm_head.weight* ]]
}

@test "headings are bold on a terminal, but not with NO_COLOR or a dumb one" {
    run -0 on_terminal -- "$STRONGROOM" help
    [[ "$output" == *$'\e[1mExamples\e[0m'* ]]
    NO_COLOR=1 run -0 on_terminal -- "$STRONGROOM" help
    [[ "$output" != *$'\e'* ]]
    NO_COLOR='' run -0 on_terminal -- "$STRONGROOM" help
    [[ "$output" == *$'\e[1m'* ]]
    TERM=dumb run -0 on_terminal -- "$STRONGROOM" help
    [[ "$output" != *$'\e'* ]]
}

@test "the next command is suggested on a terminal only, and not with --json" {
    with_model
    run -0 on_terminal -- "$STRONGROOM" show llama --room "$room"
    [[ "$output" == *"next: strongroom verify llama@1"* ]]
    run -0 on_terminal -- "$STRONGROOM" show llama --room "$room" --json
    [[ "$output" != *"next: "* ]]
    run -0 --separate-stderr "$STRONGROOM" show llama --room "$room"
    [ -z "$stderr" ]
    [[ "$output" != *"next: "* ]]
}

@test "a long operation shows progress on a terminal, and nothing elsewhere" {
    make_room "$room"
    mkdir big
    make_tensors big/weights.safetensors 1073741824 zero
    run -0 on_terminal -- "$STRONGROOM" deposit big --name big --room "$room" --passphrase-file "$room.key"
    [[ "$output" =~ "sealing  "[0-9.]+" "[KMG]?i?B" of 1.0 GiB  "[0-9]+"%  "[0-9.]+" "[KMG]iB/s ]]
    # Nothing of it is left on the line of the result.
    [[ "$output" == *$'\r\e[Kdeposited big@1'* ]]
    run -0 --separate-stderr sr verify big
    [ -z "$stderr" ]
    run -0 on_terminal -- "$STRONGROOM" verify big --room "$room" --passphrase-file "$room.key" --json
    [[ "$output" != *"GiB"* ]]
}

@test "cat writes text to a terminal, and nothing else without --force" {
    with_model
    run -0 on_terminal -- "$STRONGROOM" cat llama:config.json --room "$room" --passphrase-file "$room.key"
    [[ "$output" == *'{"model_type": "tiny"}'* ]]
    run -2 on_terminal -- "$STRONGROOM" cat llama:model.safetensors --room "$room" --passphrase-file "$room.key"
    [[ "$output" == *"this is not text"*"--force"* ]]
    [[ "$output" != *lm_head* ]]
    run -0 on_terminal -- "$STRONGROOM" cat llama:model.safetensors --force --room "$room" --passphrase-file "$room.key"
}
