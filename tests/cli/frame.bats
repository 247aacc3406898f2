#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What every command has in common: results on stdout, one line on stderr when it fails, the exit status of the list.

load helpers

@test "help names every command, by group" {
    run -0 --separate-stderr "$STRONGROOM" help
    [ -z "$stderr" ]
    for command in init deposit list show verify cat export scrub 'keys rotate' errors version help; do
        grep -qE "^  $command +[a-z]" <<<"$output"
    done
    [[ "$output" == *"Models"* ]]
}

@test "help of a command begins with its examples" {
    run -0 "$STRONGROOM" help deposit
    [ "${lines[1]}" = "Examples" ]
    [[ "$output" == *"--parent REF"*"may be given more than once"* ]]
    [[ "$output" == *"  20  unauthenticated"* ]]
}

@test "help --json is the same as data" {
    run -0 "$STRONGROOM" help --json
    [ "$(jq -r '.commands[].name' <<<"$output")" = "$("$STRONGROOM" help | sed -nE 's/^  ([a-z-]+( [a-z-]+)?)  +.*/\1/p')" ]
    [ "$(jq -c '.commands[] | select(.name == "deposit") | .options[] | select(.name == "parent") | [.value, .repeatable]' \
        <<<"$output")" = '["REF",true]' ]
    check_documented help "$output"
    run -0 "$STRONGROOM" help keys rotate --json
    [ "$(jq -c '[.commands[].name]' <<<"$output")" = '["keys rotate"]' ]
}

@test "COMMAND --help, help COMMAND and --help COMMAND are the same" {
    expected=$("$STRONGROOM" help keys rotate)
    [[ "$expected" == "strongroom keys rotate - "* ]]
    [ "$("$STRONGROOM" keys rotate --help)" = "$expected" ]
    [ "$("$STRONGROOM" --help keys rotate)" = "$expected" ]
    [ "$("$STRONGROOM" keys rotate -h)" = "$expected" ]
}

@test "no command is a usage error that says what to do" {
    run -2 --separate-stderr "$STRONGROOM"
    [ -z "$output" ]
    [ "$stderr" = "strongroom: usage: no command; try 'strongroom help'" ]
}

@test "an unknown command is a usage error, on stderr only, with the nearest" {
    run -2 --separate-stderr "$STRONGROOM" deposti
    [ -z "$output" ]
    [ "$stderr" = "strongroom: usage: no command 'deposti'; did you mean 'deposit'?" ]
    run -2 "$STRONGROOM" keys
    [ "$output" = "strongroom: usage: 'keys' needs a second word; 'strongroom help keys' lists them" ]
    run -2 "$STRONGROOM" keys --json
    [[ "$output" == *"'keys' needs a second word"* ]]
    run -2 "$STRONGROOM" keys xrotate
    [ "$output" = "strongroom: usage: no command 'keys xrotate'; did you mean 'keys rotate'?" ]
    run -2 "$STRONGROOM" keys zzzzzzzz
    [ "$output" = "strongroom: usage: no command 'keys zzzzzzzz'; 'strongroom help keys' lists them" ]
}

@test "help with the first word of several commands lists them" {
    run -0 "$STRONGROOM" help keys
    [[ "$output" == *"  keys rotate "* && "$output" == *"  keys public "* && "$output" != *deposit* ]]
    run -2 "$STRONGROOM" help keys --man
}

@test "commands with the same first word stand side by side, which completion relies on" {
    run -0 bash -c '"$STRONGROOM" help --json | jq -r ".commands[].name | split(\" \")[0]" | uniq | sort | uniq -d'
    [ -z "$output" ]
}

@test "an unknown option names the nearest" {
    run -2 "$STRONGROOM" deposit x --nmae y
    [ "$output" = "strongroom: usage: no option '--nmae'; did you mean '--name'?" ]
}

@test "hostile text in an argument does not reach the terminal" {
    run -2 "$STRONGROOM" $'x\e[2Jy\nz\u009b1m\u202e'
    [ "$output" = "strongroom: usage: no command 'x?[2Jy?z\\xc2\\x9b1m\\xe2\\x80\\xae'; try 'strongroom help'" ]
}

@test "a surplus argument is refused by name" {
    run -2 "$STRONGROOM" version floppy
    [[ "$output" == *"'floppy'"* ]]
}

@test "with --json a failure is an RFC 9457 object on stderr" {
    run -2 --separate-stderr "$STRONGROOM" --json frobnicate
    [ -z "$output" ]
    [ "$(jq -r '[.type, .code, .exit, .status, .title] | join("|")' <<<"$stderr")" = \
        "urn:strongroom:error:usage|usage|2|400|the request is not understood" ]
    [[ "$(jq -r .detail <<<"$stderr")" == "no command 'frobnicate'"* ]]
}

@test "also when what failed is not UTF-8" {
    run -2 --separate-stderr "$STRONGROOM" --json $'bad\xff'
    [ "$(jq -r .detail <<<"$stderr")" = $'no command \'bad\ufffd\'; try \'strongroom help\'' ]
}

@test "errors is the contract: corrupt is 30 and 500" {
    run -0 bash -c '"$STRONGROOM" errors | grep ^corrupt'
    [[ "$output" =~ ^corrupt\ +30\ +500\ +stored ]]
    run -0 "$STRONGROOM" errors --json
    [ "$(jq -c '.errors[] | select(.code == "denied") | [.exit, .status]' <<<"$output")" = '[21,403]' ]
    check_documented errors "$output"
}

@test "version, for people and for scripts" {
    run -0 "$STRONGROOM" version
    [[ "$output" =~ ^strongroom\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    run -0 "$STRONGROOM" version --json
    [ "$(jq -r .version <<<"$output")" = "$("$STRONGROOM" version | cut -d' ' -f2)" ]
    check_documented version "$output"
}

@test "a result that cannot be written is a failure" {
    [ -e /dev/full ] || skip "no /dev/full"
    for command in errors help version 'help --man' 'completion bash' 'version --json'; do
        # shellcheck disable=SC2016
        run -51 bash -c '"$STRONGROOM" $1 2>&1 >/dev/full' - "$command"
        [[ "$output" == *"write the result: No space left on device"* ]]
    done
}

@test "so is one whose reader is gone" {
    # shellcheck disable=SC2016
    run -0 bash -c '{ sleep 0.3; "$STRONGROOM" errors; echo "status $?" >&2; } 2>"$1" | true; cat "$1"' - \
        "$BATS_TEST_TMPDIR/said"
    [[ "$output" == "strongroom: io: write the result: Broken pipe"*"status 51" ]]
}

@test "so is a standard output that is closed" {
    run -51 bash -c '"$STRONGROOM" version >&-'
    [[ "$output" == *"strongroom: io: write the result: "* ]]
    # With all three closed nothing hangs, crashes or prints into another file.
    run -51 bash -c '"$STRONGROOM" version <&- >&- 2>&-'
}

@test "no room is a usage error that says how to name one" {
    run -2 "$STRONGROOM" list
    [ "$output" = "strongroom: usage: no room to work in; give '--room DIR' or set 'STRONGROOM_ROOM'" ]
    run -13 "$STRONGROOM" list --room "$BATS_TEST_TMPDIR/none"
    [[ "$output" == "strongroom: not-found: "* ]]
    STRONGROOM_ROOM="$BATS_TEST_TMPDIR/none" run -13 "$STRONGROOM" list
}

@test "nobody colours what is no terminal" {
    run -0 "$STRONGROOM" help
    [[ "$output" != *$'\e'* ]]
}
