#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What is generated from the descriptors: man pages, docs/, completion. $STRONGROOM_PAGES has the built ones.

load helpers

commands() {
    "$STRONGROOM" help --markdown | sed -nE 's/^\| \[`([^`]+)`\].*/\1/p'
}

@test "docs/cli and docs/errors.md are what the program generates" {
    "$STRONGROOM" version --json | jq -e .fuse >/dev/null || skip "a build without FUSE has fewer commands"
    mkdir -p "$BATS_TEST_TMPDIR/docs"
    "$STRONGROOM_SOURCE/tools/regen-docs" "$STRONGROOM" "$BATS_TEST_TMPDIR/docs"
    diff -ru "$STRONGROOM_SOURCE/docs/cli" "$BATS_TEST_TMPDIR/docs/cli"
    diff -u "$STRONGROOM_SOURCE/docs/errors.md" "$BATS_TEST_TMPDIR/docs/errors.md"
    [ "$(find "$BATS_TEST_TMPDIR/docs/cli" -name '*.md' | wc -l)" -eq $(($(commands | wc -l) + 1)) ]
}

@test "every error a page names has a place in errors.md" {
    grep -ohE 'errors\.md#[a-z-]+' -r "$STRONGROOM_SOURCE/docs/cli" | sort -u | cut -d'#' -f2 | while IFS= read -r slug; do
        grep -qx "### $slug" "$STRONGROOM_SOURCE/docs/errors.md"
    done
}

@test "man pages are well-formed" {
    local count=0
    for page in "$STRONGROOM_PAGES"/strongroom*.1; do
        run -0 mandoc -T lint -W warning "$page"
        count=$((count + 1))
    done
    [ "$count" -eq $(($(commands | wc -l) + 1)) ]
}

@test "man pages show options as they are typed" {
    run -0 bash -c 'mandoc -T ascii "$STRONGROOM_PAGES/strongroom-keys-rotate.1" | col -bx'
    [[ "$output" == *"strongroom-keys-rotate - replace the room's keys"* ]]
    [[ "$output" == *"--new-passphrase-file FILE"* ]]
    [[ "$output" == *"EXIT STATUS"* ]]
}

# complete_bash WORD...: what bash offers for the last word.
complete_bash() {
    bash --norc -c '
        source "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _strongroom
        printf "%s\n" "${COMPREPLY[@]}"
    ' - "$STRONGROOM_PAGES/strongroom.bash" "$@"
}

@test "bash completes commands and their second words" {
    run -0 complete_bash strongroom dep
    [ "$output" = deposit ]
    run -0 complete_bash strongroom keys ''
    [ "$output" = $'rotate\npublic' ]
    run -0 complete_bash strongroom --room here ver
    [ "$output" = $'verify\nverify-signature\nversion' ]
}

@test "bash completes options of the command only" {
    run -0 complete_bash strongroom deposit x --pa
    [ "$output" = $'--passphrase-file\n--passphrase-fd\n--parent' ]
    run -0 complete_bash strongroom list --pa
    [ "$output" = $'--passphrase-file\n--passphrase-fd' ]
    run -0 complete_bash strongroom keys rotate --new-passphrase-fi
    [ "$output" = --new-passphrase-file ]
}

@test "bash completes files, folders and shells" {
    cd "$BATS_TEST_TMPDIR"
    mkdir models
    touch model.gguf
    run -0 complete_bash strongroom deposit mo
    [ "$(sort <<<"$output")" = $'model.gguf\nmodels' ]
    run -0 complete_bash strongroom list --room mo
    [ "$output" = models ]
    run -0 complete_bash strongroom list --room = mo
    [ "$output" = models ]
    run -0 complete_bash strongroom completion ''
    [ "$output" = $'bash\nzsh\nfish' ]
}

@test "bash completes names from the room, and kinds" {
    room="$BATS_TEST_TMPDIR/room"
    make_room "$room"
    make_model "$BATS_TEST_TMPDIR/m"
    sr deposit "$BATS_TEST_TMPDIR/m" --name llama
    run -0 complete_bash "$STRONGROOM" show --room "$room" ll
    [ "$output" = $'llama\nllama@1' ]
    STRONGROOM_ROOM="$room" run -0 complete_bash "$STRONGROOM" deposit x --name y --parent llama@
    [ "$output" = llama@1 ]
    run -0 complete_bash "$STRONGROOM" deposit x --kind ad
    [ "$output" = adapter ]
    # Without a room nothing is offered and nothing is said.
    run -0 complete_bash "$STRONGROOM" show ll
    [ -z "$output" ]
}

@test "fish completes commands, options and second words" {
    complete_fish() {
        fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$STRONGROOM_PAGES/strongroom.fish" "$1" | cut -f1
    }
    run -0 complete_fish 'strongroom depo'
    [ "$output" = deposit ]
    run -0 complete_fish 'strongroom keys '
    [ "$(sort <<<"$output")" = $'public\nrotate' ]
    run -0 complete_fish 'strongroom deposit x --par'
    [ "$output" = --parent ]
    run -0 complete_fish 'strongroom --room here keys rotate --new-passphrase-f'
    [ "$(sort <<<"$output")" = $'--new-passphrase-fd\n--new-passphrase-file' ]
    run -0 complete_fish 'strongroom list --par'
    [ -z "$output" ]
}

@test "zsh accepts its script, and completes a command" {
    run -0 zsh -n "$STRONGROOM_PAGES/_strongroom"
    run -0 fish --no-execute "$STRONGROOM_PAGES/strongroom.fish"
    # A real line in a real zsh: type "strongroom depo", TAB, and see what is on the line.
    run -0 on_terminal 'go> ' "fpath=($STRONGROOM_PAGES \$fpath); autoload -U compinit; compinit -u -D; echo rea''dy" \
        ready $'strongroom depo\t' 'strongroom: usage' 'exit 0' -- env "PATH=$(dirname "$STRONGROOM"):$PATH" PS1='go> ' zsh -f
    [[ "$output" == *"'deposit' needs '--name NAME'"* ]]
}

@test "every example parses" {
    "$STRONGROOM" version --json | jq -e .fuse >/dev/null || skip "a build without FUSE has fewer commands"
    local count=0 line
    while IFS= read -r line; do
        # Up to the shell's own part; --help checks the options and stops there.
        eval "\"\$STRONGROOM\" ${line#strongroom } --help" >/dev/null
        count=$((count + 1))
    done < <(for command in '' $(commands | tr ' ' +); do
        # shellcheck disable=SC2086
        "$STRONGROOM" help ${command/+/ } --markdown | sed -nE 's/^- `(strongroom [^`]*)`.*/\1/p' | sed -E 's/ [|>] .*//'
    done | grep -v -- --man)
    [ "$count" -gt 20 ]
}
