#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Looking after a room: scrub, keys rotate, doctor.

load helpers

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    room="$BATS_TEST_TMPDIR/room"
    make_room "$room"
    make_model model
    sr deposit model --name llama --kind base
}

@test "scrub of a clean room, with keys and without" {
    run -0 --separate-stderr sr scrub
    [ -z "$stderr" ]
    [[ "$output" == "3 bodies: 0 damaged, 0 missing; in the store: 0 orphans, 0 strays"*"clean: all "*" pieces were checked" ]]
    run -0 "$STRONGROOM" scrub --without-keys --room "$room" --no-input --json
    [ "$(jq -c '[.ok, .with_keys, .bodies, .damaged, .detectable_ppm]' <<<"$output")" = '[true,false,3,0,0]' ]
    [ "$(jq '.pieces == .pieces_checked and .pieces >= 3' <<<"$output")" = true ]
    check_documented scrub "$output"
    run -20 "$STRONGROOM" scrub --room "$room" --no-input
}

@test "scrub says in words what a sample is worth" {
    mkdir big
    make_tensors big/weights.safetensors 40000000 zero
    sr deposit big --name big
    run -0 sr scrub big --sample 8
    [[ "$output" =~ "a clean sample of "[0-9]+" of "[0-9]+" pieces: had "[0-9.]+" % or more of any file been damaged, this would have been missed with probability 1 % at most" ]]
    run -0 sr scrub big --sample 8 --json
    [ "$(jq '.pieces_checked < .pieces and .detectable_ppm > 0 and .detectable_ppm < 1000000' <<<"$output")" = true ]
    run -2 sr scrub --sample none
    run -2 sr scrub --sample 0
    run -2 sr scrub llama --all
}

@test "scrub finds what is damaged, missing and too much" {
    damage "$room"
    for keys in '' --without-keys; do
        # shellcheck disable=SC2086
        run -30 --separate-stderr sr scrub $keys
        [[ "$output" == *"damaged  llama@1:config.json: "*"3 bodies: 3 damaged"* ]]
        [[ "$output" != *clean* ]]
        [[ "$stderr" == "strongroom: corrupt: "* ]]
    done
    run -30 --separate-stderr sr scrub llama --json
    [ "$(jq -c '[.ok, .damaged, ([.findings[].kind] | unique)]' <<<"$output")" = '[false,3,["damaged"]]' ]
    check_documented scrub "$output"
    find "$room/blobs" -type f -delete
    run -30 sr scrub
    [[ "$output" == *"missing  llama@1:config.json"*"3 missing"* ]]
}

@test "scrub names a stray" {
    touch "$room/blobs/what-is-this"
    run -0 sr scrub --json
    [ "$(jq -c '[.ok, .strays, .findings[0].kind, .findings[0].ref]' <<<"$output")" = '[true,1,"stray",null]' ]
    [[ "$(jq -r '.findings[0].what' <<<"$output")" == *what-is-this* ]]
    check_documented scrub "$output"
}

@test "keys rotate wraps anew and touches no body" {
    before=$(find "$room/blobs" -type f -exec sha256sum {} + | sort)
    run -2 sr keys rotate
    [[ "$output" == *"--confirm room"* ]]
    run -2 sr keys rotate --confirm other
    run -0 sr keys rotate --confirm room
    [[ "${lines[0]}" == "rotated to epoch 2: 3 keys wrapped anew, no sealed file touched" ]]
    [ "$(find "$room/blobs" -type f -exec sha256sum {} + | sort)" = "$before" ]
    run -0 sr verify --all
    run -0 sr keys rotate --confirm room --json
    [ "$(jq -c . <<<"$output")" = '{"epoch":3,"slots":3,"new_passphrase":false}' ]
    check_documented 'keys rotate' "$output"
}

@test "keys rotate changes the passphrase" {
    printf 'a new and better passphrase\n' >new
    chmod 600 new
    run -0 sr keys rotate --confirm room --new-passphrase-file new
    [[ "$output" == *"the new passphrase is in force"* ]]
    run -20 sr verify llama
    run -0 "$STRONGROOM" verify llama --room "$room" --passphrase-file new
}

@test "keys rotate takes both passphrases from one descriptor" {
    { cat "$room.key"; echo 'the second line'; } >both
    run -0 bash -c '"$STRONGROOM" keys rotate --room "$1" --confirm room --passphrase-fd 6 --new-passphrase-fd 6 6<both' - "$room"
    run -0 bash -c '"$STRONGROOM" verify llama --room "$1" --passphrase-fd 6 6< <(echo "the second line")' - "$room"
}

@test "keys rotate: its refusals" {
    run -20 "$STRONGROOM" keys rotate --room "$room" --confirm room --no-input
    printf 'wrong\n' >wrong
    chmod 600 wrong
    run -20 "$STRONGROOM" keys rotate --room "$room" --confirm room --passphrase-file wrong
    run -2 sr keys rotate --confirm room --ask-new-passphrase
    run -2 sr keys rotate --confirm room --new-passphrase-file wrong --new-passphrase-fd 0
    run -0 sr verify llama
}

@test "doctor looks at everything, with a room and without" {
    run -0 --separate-stderr "$STRONGROOM" doctor
    [ -z "$stderr" ]
    for name in 'locked memory' swap 'core dumps' aes fuse 'free space' clock room; do
        grep -qE "^(ok  |warn)  $name " <<<"$output"
    done
    run -0 "$STRONGROOM" doctor --room "$room"
    [[ "$output" == *"'$room' opens; made 20"* ]]
    run -0 "$STRONGROOM" doctor --room "$room" --json
    [ "$(jq -c '[.ok, (.checks | length), ([.checks[].result] | index("fail"))]' <<<"$output")" = '[true,8,null]' ]
    [[ "$(jq -r '.checks[] | select(.name == "aes") | .detail' <<<"$output")" =~ ^(ipsec-mb|openssl) ]]
    check_documented doctor "$output"
}

@test "doctor fails, says what to do, and still shows all" {
    run -13 --separate-stderr "$STRONGROOM" doctor --room "$BATS_TEST_TMPDIR/none" --json
    [ "$(jq -c '[.ok, (.checks | length), (.checks[-1] | [.name, .result])]' <<<"$output")" = '[false,8,["room","fail"]]' ]
    [ "$(jq -r .code <<<"$stderr")" = not-found ]
    ! ldd "$STRONGROOM" | grep -q libasan || skip "the address sanitizer locks nothing"
    setpriv --bounding-set=-ipc_lock true 2>/dev/null || skip "cannot give up the right to lock memory"
    run -50 setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock prlimit --memlock=1048576 "$STRONGROOM" doctor
    [[ "$output" == *"fail  locked memory  1.0 MiB; "*"-> raise it: 'ulimit -l unlimited'"*"ok    clock"* ]]
    [[ "$output" == *"strongroom: no-memory: locked memory: "* ]]
}

@test "a room begins with its people, and who only unlocks it may do nothing" {
    for name in ada ben cleo; do
        ssh-keygen -q -t ed25519 -N '' -C "$name@example" -f "$name"
    done
    openssl genpkey -algorithm ed25519 -out eve.pem
    openssl pkey -in eve.pem -pubout -out eve.pub
    mkdir keys:old
    cp ada.pub keys:old/
    run -0 "$STRONGROOM" init lab --generate-passphrase lab.key --officer ada=keys:old/ada.pub --officer ben=ben.pub:officer,security \
        --officer cleo=cleo.pub --officer eve=eve.pub:engineer
    run -0 sqlite3 lab/catalog.db "select leaf.body from leaf join act using (seq) where verb = 'init'"
    statement=$(jq -r '.payload | @base64d' <<<"$output")
    [ "$(jq -r '.predicate.fields.roster[] | split(" ")[0:3] | join(" ")' <<<"$statement")" = \
        $'ada officer ssh-ed25519\nben officer,security ssh-ed25519\ncleo officer ssh-ed25519\neve engineer spki' ]
    [[ "$(jq -r '.predicate.fields.policy' <<<"$statement")" == "$(sha256sum "$BATS_TEST_DIRNAME/../../src/policy/profiles/tier-3.policy" | cut -d' ' -f1)" ]]
    run -21 --separate-stderr "$STRONGROOM" deposit model --name llama --room lab --passphrase-file lab.key
    [[ "$stderr" == *"denied: deposit 'llama@1': "* ]]
    [ "$(sqlite3 lab/catalog.db "select verb, refused, reason from act where seq = 2")" = "deposit|1|not-by-actor" ]
    # Others clear up, and the refusal is on record once.
    run -0 "$STRONGROOM" show llama --room "$room"
    [ "$(sqlite3 lab/catalog.db "select count(*) from act")" = 2 ]
}

@test "init: people and policies that do not go together" {
    ssh-keygen -q -t ed25519 -N '' -C ada -f ada
    export STRONGROOM_ROOM=
    init() { "$STRONGROOM" init lab --generate-passphrase lab.key "$@"; }
    run -2 --separate-stderr init --officer ada.pub
    [[ "$stderr" == *"is not --officer NAME=KEYFILE"* ]]
    run -13 --separate-stderr init --policy nowhere
    [[ "$stderr" == *"neither a file nor a built-in policy"* ]]
    run -13 init --officer ada=nowhere.pub
    run -21 --separate-stderr init --officer ada=ada.pub:king
    [[ "$stderr" == *"no such role; king"* ]]
    printf 'policy "x"\nrule\n' >bad.policy
    run -10 --separate-stderr init --policy bad.policy
    [[ "$stderr" == *"line 2"* ]]
    [ ! -e lab.key ] && [ ! -e lab/room.json ]
    run -0 init --policy local
}

@test "a copy of a room from before is not taken for the room" {
    cp -r "$room" old
    sr cat llama:config.json >/dev/null
    sr keys rotate --confirm room
    rm -rf "$room"
    mv old "$room"
    run -14 --separate-stderr sr cat llama:config.json
    [[ "$stderr" == *"old copy"* ]]
}
