#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The ledger of a room, for people who run one: checkpoints on a clock, receipts, a first pin; copies, forks, second sequencers
# and wrong clocks, each refused with its own words; rooms that witness each other. Witnesses: also tests/witness/.

load helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
    started=()
    make_model model
    room=$BATS_TEST_TMPDIR/room
}

teardown() {
    for pid in "${started[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    wait
}

# lab: the room, with one model in it.
lab() {
    make_room "$room"
    deposit one
}
deposit() { sr deposit model --name "$1" >/dev/null; }
show() { sr ledger show --json | jq -r "$1"; }

# until_lines FILE N: wait until there are so many.
until_lines() {
    for _ in $(seq 1200); do
        [ "$(wc -l <"$1")" -ge "$2" ] && return 0
        sleep 0.05
    done
    return 1
}

# have_ledger LOCK: another process has the ledger, until it is killed; sets holder.
have_ledger() {
    python3 -c 'import fcntl, sys, time
f = open(sys.argv[1], "r+"); fcntl.lockf(f, fcntl.LOCK_EX); print("ready", flush=True); time.sleep(600)' "$1" >ready 3>&- &
    holder=$!
    started+=("$holder")
    until_lines ready 1
}

# witness NAME: start the witness NAME.example in the folder NAME; sets ${NAME}_vkey, _url, _pid.
witness() {
    [ -d "$1" ] || "$STRONGROOM" witness init "$1" --name "$1.example" >/dev/null
    "$STRONGROOM" witness serve "$1" --listen 127.0.0.1:0 --json >"$1.said" 2>"$1.err" 3>&- &
    printf -v "$1_pid" %s $!
    started+=($!)
    until_lines "$1.said" 1
    printf -v "$1_url" %s "$(jq -r .url "$1.said")"
    printf -v "$1_vkey" %s "$(jq -r .vkey "$1.said")"
}

# governed WITNESS: a room whose policy wants that witness before anything is read; with one model.
governed() {
    local vkey=$1_vkey url=$1_url
    cat >"$room.policy" <<END
policy "witnessed"
witness other ${!vkey} ${!url}
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
    "$STRONGROOM" init "$room" --policy "$room.policy" --generate-passphrase "$room.key" >/dev/null
    "$STRONGROOM" witness add "$1" "$(show .vkey)" >/dev/null
    deposit one
}

@test "a checkpoint covers all acts, and is renewed when nothing happened" {
    lab
    [ "$(show '.published < .size')" = true ]
    run -0 sr ledger checkpoint --json
    check_documented "ledger checkpoint" "$output"
    [ "$(jq -c '[.published == .size, .pinned, .witnesses]' <<<"$output")" = '[true,true,[]]' ]
    before=$(jq -r .published_at <<<"$output")
    cp room/ledger/checkpoint first
    sleep 0.01
    run -0 sr ledger checkpoint --json
    cmp first room/ledger/checkpoint
    [[ "$(jq -r .published_at <<<"$output")" > "$before" ]]
    run -0 sr ledger show
    [[ "${lines[1]}" == "$(sed -n 2p first) acts, root "* ]]
    [[ "${lines[2]}" == *" ago; pinned here" ]]
    # Only who has the room's key signs.
    run -20 "$STRONGROOM" ledger checkpoint --room "$room" --no-input
    run -2 sr ledger checkpoint --every 10ms
    run -2 sr ledger checkpoint --every often
}

@test "checkpoints on a clock, until somebody stops it" {
    lab
    "$STRONGROOM" ledger checkpoint --every 1s --room "$room" --passphrase-file "$room.key" >said 2>err 3>&- &
    pid=$!
    started+=("$pid")
    until_lines said 1
    deposit two # somebody else acts in between
    until_lines said 3
    kill -TERM "$pid"
    wait "$pid"
    [ ! -s err ]
    grep -q ' [0-9]* acts, cosigned by 0 of 0$' said
    [ "$(show '.published == .size')" = true ]
}

@test "who has the ledger just then is passed over, and so is a witness without a URL" {
    "$STRONGROOM" witness init dan --name dan.example >/dev/null
    dan_vkey=$("$STRONGROOM" witness show dan --json | jq -r .vkey)
    dan_url=
    governed dan
    run -0 sr ledger checkpoint --json
    [ "$(jq -c '[.published == .size, .cosigned, .witnesses[0].status]' <<<"$output")" = '[true,0,"malformed"]' ]
    have_ledger room/ledger/lock
    "$STRONGROOM" ledger checkpoint --every 1s --room "$room" --passphrase-file "$room.key" >said 2>err 3>&- &
    pid=$!
    started+=("$pid")
    until_lines said 1
    grep -q ' busy: another process writes acts in this room; try again$' said
    kill -KILL "$holder"
    for _ in $(seq 600); do
        grep -q ' acts, cosigned by 0 of 1$' said && break
        sleep 0.05
    done
    grep -q ' acts, cosigned by 0 of 1$' said
    kill -TERM "$pid"
    wait "$pid"
    [ ! -s err ]
}

@test "a receipt by number or digest says which act it was, and what became of it" {
    lab
    sr ledger checkpoint >/dev/null
    vkey=$(show .vkey)
    run -0 sr ledger receipt 2 ./two --json
    check_documented "ledger receipt" "$output"
    run -0 "$STRONGROOM" ledger verify-receipt two.tlog-proof --key "$vkey" --json
    check_documented "ledger verify-receipt" "$output"
    [ "$(jq -c '.act | [.seq, .outcome, .reason, .cosigned]' <<<"$output")" = '[2,"allowed","",null]' ]
    digest=$(jq -r .act.digest <<<"$output")
    run -0 sr ledger receipt "$digest" ./same
    cmp two.tlog-proof same.tlog-proof
    cmp two.entry same.entry
    # The entry beside it is what was found in the receipt.
    run -0 "$STRONGROOM" ledger verify-receipt two.tlog-proof two.entry --key "$vkey"
    run -0 "$STRONGROOM" ledger verify-receipt two.tlog-proof --key "$vkey"
    [[ "${lines[1]}" == "  act $digest, allowed at "* ]]
    run -13 sr ledger receipt "${digest//[0-7]/8}" ./none
    # Another salt, or another word on the act: no leaf of this ledger.
    python3 - <<'PY'
import base64
lines = open("two.tlog-proof").read().split("\n")
extra = bytearray(base64.b64decode(lines[1][6:]))
for name, at in ("salt", 0), ("entry", extra.index(b'"time_utc_ms":') + 16):
    other = bytearray(extra)
    other[at] = ord("3") if other[at] != ord("3") else ord("4")
    with open(name + ".tlog-proof", "w") as f:
        f.write("\n".join([lines[0], "extra " + base64.b64encode(other).decode()] + lines[2:]))
PY
    run -23 "$STRONGROOM" ledger verify-receipt salt.tlog-proof --key "$vkey"
    run -23 "$STRONGROOM" ledger verify-receipt entry.tlog-proof --key "$vkey"
    # A closed one shows only that the entry is there.
    run -0 sr ledger receipt 2 ./closed --closed
    run ! grep -q '^extra ' closed.tlog-proof
    run -0 "$STRONGROOM" ledger verify-receipt closed.tlog-proof closed.entry --key "$vkey"
    run -2 "$STRONGROOM" ledger verify-receipt closed.tlog-proof --key "$vkey"
}

@test "a receipt is not made of what somebody wrote into the database" {
    lab
    sr cat one:config.json >/dev/null
    seq=$(show .size)
    deposit two
    sr ledger checkpoint >/dev/null
    sr ledger receipt "$seq" ./true >/dev/null
    for trigger in $(sqlite3 room/catalog.db "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'leaf'"); do
        sqlite3 room/catalog.db "DROP TRIGGER $trigger"
    done
    sqlite3 room/catalog.db "UPDATE leaf SET salt = zeroblob(32) WHERE seq = $seq"
    run -30 --separate-stderr sr ledger receipt "$seq" ./false
    [ "$stderr" = "strongroom: corrupt: act $seq is not what its leaf commits to" ]
    [ ! -e false.tlog-proof ]
}

@test "the first pin is asked for with size and root" {
    lab
    sr ledger checkpoint >/dev/null
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/elsewhere
    size=$(show .size)
    run -14 --separate-stderr sr ledger checkpoint
    [[ "$stderr" == *"nothing is remembered here"*"ledger trust"* ]]
    run -0 sr ledger show
    [[ "${lines[2]}" == *"not pinned here"* ]]
    run -2 --separate-stderr sr ledger trust
    [[ "$stderr" == *"this copy has $size acts, root $(show .root)"*"--confirm $size"* ]]
    run -2 sr ledger trust --confirm $((size + 1))
    run -0 on_terminal 'to go on: ' "$size" -- "$STRONGROOM" ledger trust --room "$room" 2>&1
    [[ "$output" == *"$(sed -n 2p room/ledger/checkpoint) acts, with the root"* ]]
    run -0 sr ledger checkpoint
}

@test "a room restored from an old backup signs nothing and lets nothing out" {
    lab
    cp -a room backup
    deposit two
    sr ledger checkpoint >/dev/null
    rm -r room
    cp -a backup room
    old='restored from an old copy'
    run -14 --separate-stderr sr ledger checkpoint
    [[ "$stderr" == "strongroom: conflict: the ledger of the room: the log has "*"were signed: $old" ]]
    for words in "ledger show" "ledger receipt 1 ./one" "ledger trust --confirm 2" "deposit model --name three" "cat one:config.json"; do
        # shellcheck disable=SC2086
        run -14 --separate-stderr sr $words
        [[ "$stderr" == *"$old" ]]
    done
    [ ! -e one.tlog-proof ]
    # Only who takes the pin away on purpose, and says that this is the newest copy, goes on (docs/ledger.md).
    rm "$XDG_STATE_HOME"/strongroom/*.pin
    sr ledger trust --confirm "$(show .size)" >/dev/null
    run -0 sr cat one:config.json
}

@test "a fork of the same size is not the room that signed" {
    lab
    cp -a room fork
    deposit two
    sr ledger checkpoint >/dev/null
    size=$(show .size)
    # The copy, elsewhere, is trusted by somebody and goes as far.
    mv room original
    mv fork room
    here=$XDG_STATE_HOME
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/elsewhere
    sr ledger trust --confirm "$(show .size)" >/dev/null
    deposit other
    sr ledger checkpoint >/dev/null
    [ "$(show .size)" = "$size" ]
    run ! cmp -s room/ledger/checkpoint original/ledger/checkpoint
    # Back here, it is refused; and the original elsewhere, too.
    XDG_STATE_HOME=$here run -14 --separate-stderr sr ledger checkpoint
    [[ "$stderr" == *": the log is forked: it has another root than was signed" ]]
    XDG_STATE_HOME=$here run -14 sr deposit model --name three
    mv room fork
    mv original room
    run -14 --separate-stderr sr ledger show
    [[ "$stderr" == *": the log is forked: it has another root than was signed" ]]
    XDG_STATE_HOME=$here run -0 sr ledger checkpoint
}

@test "two sequencers: one at a time, and one of two copies" {
    lab
    # Somebody else has the ledger: whoever comes waits a while and is told.
    have_ledger room/ledger/lock
    run -40 --separate-stderr sr ledger checkpoint
    [[ "$stderr" == "strongroom: busy: another process writes acts in this room; try again" ]]
    kill -KILL "$holder"
    wait "$holder" || true
    # A copy has a lock of its own, but not a pin of its own: the first that signs is the room.
    cp -a room copy
    cp room.key copy.key
    deposit two
    (room=$BATS_TEST_TMPDIR/copy deposit other)
    sr ledger checkpoint >/dev/null
    room=$BATS_TEST_TMPDIR/copy run -14 --separate-stderr sr ledger checkpoint
    [[ "$stderr" == *"the log is forked"* ]]
    run -0 sr ledger checkpoint
}

@test "a clock that went back signs nothing" {
    [ -e "$CLOCK_SHIFT" ] || skip "no clock to shift"
    lab
    sr ledger checkpoint >/dev/null
    shifted() { LD_PRELOAD=$CLOCK_SHIFT ASAN_OPTIONS=verify_asan_link_order=0 CLOCK_SHIFT_S=$1 sr "${@:2}"; }
    run -14 --separate-stderr shifted -3600 ledger checkpoint
    [ "$stderr" = "strongroom: conflict: the clock is behind the last checkpoint" ]
    run -14 --separate-stderr shifted -3600 deposit model --name two
    [[ "$stderr" == *"the clock is "*" behind the last act; set it right" ]]
    run -0 shifted -3600 ledger show
    [[ "${lines[2]}" == *"which is to come: the clock went back; pinned here" ]]
    # With --every too, which ends then.
    run -14 shifted -3600 ledger checkpoint --every 1s
    # A second is what a clock is set right by.
    run -0 shifted 1 ledger checkpoint
    run -0 sr ledger checkpoint
    run -0 shifted 3600 ledger checkpoint
    run -14 sr ledger checkpoint
}

@test "two rooms witness each other, and a copy of one is told by the other" {
    witness alice
    witness bob
    room=$BATS_TEST_TMPDIR/alices
    governed bob
    room=$BATS_TEST_TMPDIR/bobs
    governed alice
    for room in "$BATS_TEST_TMPDIR/alices" "$BATS_TEST_TMPDIR/bobs"; do
        run -21 --separate-stderr sr cat one:config.json
        [[ "$stderr" == *witness* ]]
        run -0 sr ledger checkpoint --json
        [ "$(jq -c '[.cosigned == .size, (.witnesses[] | .name, .status)]' <<<"$output")" = '[true,"other","ok"]' ]
        run -0 sr cat one:config.json
    done
    room=$BATS_TEST_TMPDIR/alices
    "$STRONGROOM" witness show bob --json | jq -e --arg o "$(show .origin)" '.ledgers[] | select(.origin == $o) | .size > 0 and (.forked | not)'
    cp -a alices copies
    cp alices.key copies.key
    deposit two
    sr ledger checkpoint >/dev/null
    # The copy is trusted elsewhere: bob is not deceived.
    room=$BATS_TEST_TMPDIR/copies
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/elsewhere
    sr ledger trust --confirm "$(show .size)" >/dev/null
    run -14 --separate-stderr sr ledger checkpoint
    [[ "$stderr" == "strongroom: conflict: witness 'other': it has seen "*"is this an old copy?" ]]
    run -14 sr ledger checkpoint --every 1s
    # Nobody answers: that is told, and passes.
    kill "$bob_pid"
    wait "$bob_pid" || true
    run -41 --separate-stderr sr ledger checkpoint
    [ "$stderr" = "strongroom: unavailable: no witness has signed" ]
}

@test "what is let out names the checkpoint that witnesses had seen, and an auditor looks for it" {
    witness eve
    governed eve
    run -21 sr cat one:config.json
    sr ledger checkpoint >/dev/null
    cosigned=$(sha256sum room/ledger/cosigned | cut -d' ' -f1)
    head -4 room/ledger/cosigned | tail -1 | grep -q '^$'
    sr cat one:config.json >/dev/null
    sr audit pack room.pack >/dev/null
    vkey=$(show .vkey)
    seq=$(jq -r --arg d "$cosigned" 'select(.kind == "leaf" and .entry.cosigned == $d) | .seq' room.pack | head -1)
    [ -n "$seq" ]
    sr ledger receipt "$seq" ./read
    run -0 "$STRONGROOM" ledger verify-receipt read.tlog-proof --key "$vkey" --json
    [ "$(jq -r .act.cosigned <<<"$output")" = "$cosigned" ]
    run -0 "$STRONGROOM" audit replay room.pack --key "$vkey" --json
    [ "$(jq .consistent <<<"$output")" = true ]
    # Without the witness's line, or without the text, the decision could not have been made.
    python3 - "$cosigned" <<'PY'
import hashlib, json, sys
lines = [json.loads(line) for line in open("room.pack")][:-1]
def write(name, kept):
    body = "".join(json.dumps(l, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n" for l in kept)
    end = {"digest": hashlib.sha256(body.encode()).hexdigest(), "kind": "end"}
    open(name, "w").write(body + json.dumps(end, separators=(",", ":"), sort_keys=True) + "\n")
write("same.pack", lines)
write("gone.pack", [l for l in lines if l.get("digest") != sys.argv[1]])
for l in lines:
    if l.get("digest") == sys.argv[1]:
        l["text"] = "".join(x + "\n" for x in l["text"].split("\n")[:-1] if "eve.example" not in x)
        l["digest"] = hashlib.sha256(l["text"].encode()).hexdigest()
write("unsigned.pack", lines)
PY
    cmp room.pack same.pack
    run ! "$STRONGROOM" audit replay gone.pack --key "$vkey"
    [[ "$output" == *"NOT CONSISTENT"* ]]
    run ! "$STRONGROOM" audit replay unsigned.pack --key "$vkey"
    [[ "$output" == *"NOT CONSISTENT"* ]]
}

@test "the ledger folder, on a static file server, is a log for the program of another project" {
    command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || skip "no Go packages"
    witness carol
    governed carol
    for _ in $(seq 3); do
        sr cat one:config.json >/dev/null || true
        sr ledger checkpoint >/dev/null
    done
    vkey=$(show .vkey)
    # The replica of docs/ledger.md: the checkpoint is taken first, and shown last.
    mkdir replica
    cp room/ledger/checkpoint replica/checkpoint.new
    sr cat one:config.json >/dev/null
    cp -ru room/ledger/tile replica/
    mv replica/checkpoint.new replica/checkpoint
    python3 -u -m http.server --bind 127.0.0.1 --directory replica 0 >served 2>/dev/null 3>&- &
    started+=($!)
    until_lines served 1
    url=$(grep -o 'http://[0-9.:]*' served)
    go() { GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE=${GO_CACHE:-$BATS_TEST_TMPDIR/go} command go "$@"; }
    run -0 go run "$BATS_TEST_DIRNAME/verify_ledger.go" "$url" "$vkey"
    [ "$output" = "$(sed -n 2p replica/checkpoint) $(sed -n 3p replica/checkpoint)" ]
    size=${output%% *}
    [ "$size" -ge 5 ]
    # The witness's signature is under the log's.
    grep -q '^— carol.example ' replica/checkpoint
    run -0 go run "$BATS_TEST_DIRNAME/../witness/verify_checkpoint.go" replica/checkpoint "$vkey" "$carol_vkey"
    # One byte of an entry, and it is none.
    printf X | dd of="replica/tile/entries/000.p/$size" bs=1 seek=5 conv=notrunc status=none
    run ! go run "$BATS_TEST_DIRNAME/verify_ledger.go" "$url" "$vkey"
}
