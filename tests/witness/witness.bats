#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Witnesses as processes of their own on loopback: two ledgers whose owners witness each other, and what happens when one is
# killed, copied or forked. $LOG_TOOL is a ledger without a room (log_tool.c).

bats_require_minimum_version 1.5.0
export LC_ALL=C.UTF-8

# witness NAME: make the witness NAME.example in the folder NAME, unless it is there, and start it; sets ${NAME}_pid, _url, _vkey.
witness() {
    [ -d "$1" ] || "$STRONGROOM" witness init "$1" --name "$1.example" >/dev/null
    "$STRONGROOM" witness serve "$1" --listen 127.0.0.1:0 --json >"$1.said" 2>"$1.err" 3>&- &
    printf -v "$1_pid" %s $!
    for _ in $(seq 600); do
        [ -s "$1.said" ] && break
        sleep 0.05
    done
    printf -v "$1_url" %s "$(jq -r .url "$1.said")"
    printf -v "$1_vkey" %s "$(jq -r .vkey "$1.said")"
}

# ledger NAME: make the ledger NAME.example/log in NAME.log; sets ${NAME}_log.
ledger() {
    printf -v "$1_log" %s "$("$LOG_TOOL" create "$1.log" "$1.example/log")"
}
append() { "$LOG_TOOL" append "$1.log" "$1.example/log" "${@:2}"; }
cosign() { "$LOG_TOOL" cosign "$1.log" "$1.example/log" "$2"; }
size() { sed -n 2p "$1.log/checkpoint"; }

# Alice and Bob have a ledger and a witness each; each asks the other's.
setup() {
    cd "$BATS_TEST_TMPDIR"
    ledger alice
    ledger bob
    witness alice
    witness bob
    "$STRONGROOM" witness add alice "$bob_log" >/dev/null
    "$STRONGROOM" witness add bob "$alice_log" >/dev/null
    printf 'log %s\nwitness bob %s %s\nquorum bob\n' "$alice_log" "$bob_vkey" "$bob_url" >alice.policy
    printf 'log %s\nwitness alice %s %s\nquorum alice\n' "$bob_log" "$alice_vkey" "$alice_url" >bob.policy
}

teardown() {
    kill -KILL "$alice_pid" "$bob_pid" 2>/dev/null || true
    wait
}

@test "two ledgers witness each other, and a receipt shows it to an outsider" {
    append alice one two three
    append bob uno
    run -0 cosign alice alice.policy
    [ "$output" = "bob ok: " ]
    run -0 cosign bob bob.policy
    append alice four
    run -0 cosign alice alice.policy
    "$LOG_TOOL" receipt alice.log alice.example/log 3 >four.tlog-proof
    printf four >four
    run -0 "$STRONGROOM" ledger verify-receipt four.tlog-proof four --policy alice.policy --within 3600 --json
    [ "$(jq -c '[.index, .size, .witnesses[].name]' <<<"$output")" = '[3,4,"bob"]' ]
    run -0 "$STRONGROOM" ledger verify-receipt four.tlog-proof four --key "$alice_log"
    [ "$output" = "good: entry 3 of 4" ]
    printf five >five
    run -23 "$STRONGROOM" ledger verify-receipt four.tlog-proof five --policy alice.policy
    run -23 "$STRONGROOM" ledger verify-receipt four.tlog-proof four --policy bob.policy
    run -2 "$STRONGROOM" ledger verify-receipt four.tlog-proof four --policy bob.policy --key "$alice_log"
    # Without the witness's line it is not enough.
    grep -v '^— bob' four.tlog-proof >alone.tlog-proof
    run -21 "$STRONGROOM" ledger verify-receipt alone.tlog-proof four --policy alice.policy
    run -0 "$STRONGROOM" witness show bob --json
    [ "$(jq -c '.ledgers[] | [.origin, .size, .forked]' <<<"$output")" = '["alice.example/log",4,false]' ]
    run -0 "$STRONGROOM" witness show bob
    [[ "$output" == *"alice.example/log"*" 4 "* && "$output" != *FORKED* ]]
}

@test "the program of another project reads what the witness signed" {
    command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || skip "no Go packages"
    append alice one two
    cosign alice alice.policy
    go() { GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE=${GO_CACHE:-$BATS_TEST_TMPDIR/go} command go "$@"; }
    run -0 go run "$BATS_TEST_DIRNAME/verify_checkpoint.go" alice.log/checkpoint "$alice_log" "$bob_vkey"
    [[ "$output" == "2 "* ]]
    hash=$(printf alice.example/log | sha256sum | cut -d' ' -f1)
    curl -sSf "$bob_url/$hash/checkpoint" >shown
    run -0 go run "$BATS_TEST_DIRNAME/verify_checkpoint.go" shown "$alice_log" "$bob_vkey"
    run -1 go run "$BATS_TEST_DIRNAME/verify_checkpoint.go" shown "$alice_log" "$alice_vkey"
}

@test "a witness that is killed knows what it has signed" {
    for i in 1 2 3; do
        append alice "entry $i"
        run -0 cosign alice alice.policy
        kill -KILL "$bob_pid"
        append alice "while it is away $i"
        run -21 cosign alice alice.policy
        [[ "$output" == "bob unavailable: "* ]]
        witness bob
        printf 'log %s\nwitness bob %s %s\nquorum bob\n' "$alice_log" "$bob_vkey" "$bob_url" >alice.policy
    done
    run -0 cosign alice alice.policy
    [ "$("$STRONGROOM" witness show bob --json | jq '.ledgers[].size')" = 6 ]
}

@test "it stops by a signal, and may be started again" {
    for signal in TERM HUP; do
        kill -$signal "$bob_pid"
        wait "$bob_pid" # its exit status is this line's
        [ ! -s bob.err ]
        witness bob
    done
}

@test "an old copy of a ledger gets no signature" {
    append alice one two
    cp -a alice.log copy.log
    append alice three
    run -0 cosign alice alice.policy
    run -21 "$LOG_TOOL" cosign copy.log alice.example/log alice.policy
    [[ "$output" == "bob conflict: it has seen 3 leaves of this log, which has 2: is this an old copy?" ]]
    run -0 cosign alice alice.policy
}

@test "of two histories of one ledger only one is signed, and the other is kept as proof" {
    append alice one two
    cp -a alice.log copy.log
    append alice three
    "$LOG_TOOL" append copy.log alice.example/log drei
    run -0 cosign alice alice.policy
    run -21 "$LOG_TOOL" cosign copy.log alice.example/log alice.policy
    [[ "$output" == "bob conflict: it has seen another tree of this log: a fork" ]]
    "$LOG_TOOL" append copy.log alice.example/log vier
    run -21 "$LOG_TOOL" cosign copy.log alice.example/log alice.policy
    [[ "$output" == "bob conflict: "* ]]
    run -0 "$STRONGROOM" witness show bob
    [[ "$output" == *FORKED* ]]
    grep -q '^3$' bob/logs/*/fork
    append alice four
    run -0 cosign alice alice.policy
}

@test "answers on the wire are those of the protocol" {
    ask() { curl -sS -o body -w '%{http_code} %{content_type}' --data-binary @- "$bob_url/add-checkpoint"; }
    append alice one two
    request() { printf 'old %s\n\n' "$1"; cat alice.log/checkpoint; }
    [ "$(request 1 | ask)" = "409 text/x.tlog.size" ]
    [ "$(cat body)" = 0 ]
    [ "$(request 3 | ask)" = "400 text/plain; charset=utf-8" ]
    [[ "$(request 0 | sed 's,^alice.example/log$,carol.example/log,' | ask)" == 404* ]]
    [[ "$(request 0 | sed 's,^2$,3,' | ask)" == 403* ]]
    [[ "$(request 0 | ask)" == 200* ]]
    [[ "$(cat body)" == "— bob.example "* ]]
    [[ "$(request 0 | ask)" == 409* ]]
    [ "$(cat body)" = 2 ]
    [[ "$(request 2 | ask)" == 200* ]]
    [[ "$(head -c 400000 /dev/zero | ask)" == 413* ]]
    [ "$(curl -sS -o /dev/null -w '%{http_code}' "$bob_url/add-checkpoint")" = 405 ]
    [ "$(curl -sS -o /dev/null -w '%{http_code}' --path-as-is "$bob_url/../../witness.key")" = 404 ]
}

@test "it cannot be asked for what it was not told, nor twice for the same" {
    ledger carol
    append carol one
    printf 'log %s\nwitness bob %s %s\nquorum bob\n' "$carol_log" "$bob_vkey" "$bob_url" >carol.policy
    run -21 cosign carol carol.policy
    [ "$output" = "bob not-found: it was not told to witness this log" ]
    run -0 "$STRONGROOM" witness add bob "$carol_log"
    run -0 cosign carol carol.policy
    run -14 "$STRONGROOM" witness add bob "$carol_log"
    run -42 "$STRONGROOM" witness add bob "$alice_vkey"
    run -14 "$STRONGROOM" witness add bob "$bob_vkey"
    run -10 "$STRONGROOM" witness add bob nonsense
    run -14 "$STRONGROOM" witness init bob --name bob.example
    run -10 "$STRONGROOM" witness init other --name 'with space'
    run -13 "$STRONGROOM" witness serve other
    run -14 "$STRONGROOM" witness serve bob --listen "${bob_url#http://}"
    run -10 "$STRONGROOM" witness serve bob --listen localhost:80
}

@test "its key is for its owner alone, and may be encrypted" {
    [ "$(stat -c %a bob/witness.key)" = 600 ]
    chmod 644 bob/witness.key
    run -21 "$STRONGROOM" witness serve bob --listen 127.0.0.1:0
    (umask 077; echo "four words of passphrase" >secret; echo "five words of a passphrase" >wrong)
    "$STRONGROOM" witness init dora --name dora.example --passphrase-file secret >dora.vkey
    grep -q 'BEGIN ENCRYPTED PRIVATE KEY' dora/witness.key
    openssl pkey -in dora/witness.key -passin file:secret -pubout -outform DER | tail -c 32 >raw
    cut -d+ -f3- dora.vkey | base64 -d | tail -c 32 | cmp - raw
    run -20 "$STRONGROOM" witness serve dora --listen 127.0.0.1:0 --no-input
    run -20 "$STRONGROOM" witness serve dora --listen 127.0.0.1:0 --passphrase-file wrong
    # Another key is not taken for its own.
    cp alice/witness.key dora/witness.key
    run -14 "$STRONGROOM" witness serve dora --listen 127.0.0.1:0 --passphrase-file secret
}

@test "a server whose certificate nobody vouches for is not believed" {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.crt -days 2 \
        -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
    port=$((20000 + BASHPID % 20000))
    openssl s_server -accept "127.0.0.1:$port" -key tls.key -cert tls.crt -www >/dev/null 2>&1 3>&- &
    server=$!
    for _ in $(seq 100); do
        (exec 4<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        sleep 0.05
    done
    append alice one
    sed -i "s,http://[^ ]*,https://127.0.0.1:$port," alice.policy
    run -21 cosign alice alice.policy
    kill "$server"
    [[ "$output" == "bob unavailable: "*certificate* ]]
}
