#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Nobody acts alone: requests, reviews, grants, people and policy, by people with real ssh-agents.

load helpers
load agents

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
    room="$BATS_TEST_TMPDIR/room"
    local who
    for who in ann bob cid dora erin; do
        make_agent "$who"
    done
    write_policy >lab.policy
    "$STRONGROOM" init "$room" --generate-passphrase "$room.key" --policy lab.policy \
        --officer ann=keys/ann.pub:officer --officer bob=keys/bob.pub:officer --officer cid=keys/cid.pub:officer \
        --officer dora=keys/dora.pub:security --officer erin=keys/erin.pub:engineer >/dev/null
    make_model model
    as_unlocked erin deposit model --name llama --kind base --tier 3 >/dev/null
}

teardown() {
    cd "$BATS_TEST_TMPDIR" && stop_agents
}

write_policy() {
    cat <<'POLICY'
policy "lab"
role officer
role security
role engineer

class weights
    tier 1..5

rule take-in
    verbs deposit
    class weights
    by engineer officer

rule use-weights
    verbs use read
    class weights
    by engineer
    needs 2 of officer
    requires reason
    for at most 8h

rule export-weights
    verbs export
    class weights
    by engineer
    needs 2 of officer and 1 of security
    requires reason ticket
    for at most 1h
    copies at most 1

rule people
    verbs enrol roles add-key attribute
    class any
    by officer
    needs 1 of officer

rule leaving
    verbs leave rotate
    class any
    by officer security

rule rules
    verbs policy
    class any
    by officer
    needs 2 of officer

break-glass
    holders engineer
    verbs use read
    for at most 30m
    review within 24h by security
POLICY
}

# The digest of the request that the last `run` printed as JSON.
request_id() {
    jq -r .request <<<"$output"
}

# ask NAME VERB REF...: make a request; sets $request.
ask() {
    local who=$1
    shift
    run -22 --separate-stderr as "$who" request "$@" --json
    request=$(request_id)
    [ "${#request}" -eq 64 ]
}

@test "two officers approve, then the file can be read" {
    run -21 as_unlocked erin cat llama:config.json
    ask erin read llama@1 --for 2h --why launch
    check_documented request "$output"
    run -22 as ann request wait "$request" --timeout 1s
    run -0 as ann approve "$request"
    [[ "$output" == *"llama@1"*"launch"*"1 of 2 officer"* ]]
    run -21 as_unlocked erin cat llama:config.json
    run -0 as bob approve "${request:0:12}"
    run -0 as erin request wait "$request"
    run -0 as_unlocked erin cat llama:config.json
    [ "$output" = '{"model_type": "tiny"}' ]
    # Not somebody else's, though.
    run -21 as_unlocked ann cat llama:config.json
}

@test "nobody approves what they have asked for, and nobody twice" {
    ask erin read llama --why launch
    run -21 --separate-stderr as erin approve "$request"
    [[ "$stderr" == *"review what they"*"asked for"* || "$stderr" == *self-approval* ]]
    run -0 as ann approve "$request"
    run -14 as ann approve "$request"
    run -21 as dora approve "$request" # security is not asked by this rule
    run -22 as erin request wait "$request" --timeout 1s
}

@test "one denial is final" {
    ask erin read llama --why launch
    run -0 as ann approve "$request"
    run -0 as bob deny "$request" --why 'not today'
    run -21 as cid approve "$request"
    run -21 as erin request wait "$request"
    run -0 as ann grants --all --json
    [ "$(jq -r '.requests[0].state' <<<"$output")" = denied ]
    check_documented grants "$output"
}

@test "an approval can be taken back until the grant is used" {
    ask erin read llama --why launch
    run -0 as ann approve "$request"
    run -0 as bob approve "$request"
    run -0 as bob withdraw "$request"
    run -21 as_unlocked erin cat llama:config.json
    run -0 as cid approve "$request"
    run -0 as_unlocked erin cat llama:config.json
}

@test "a grant is revoked by one person, and is over" {
    ask erin read llama --why launch
    run -0 as ann approve "$request"
    run -0 as bob approve "$request"
    run -0 as_unlocked erin cat llama:config.json
    run -0 as cid revoke "$request" --why lost
    run -21 as_unlocked erin cat llama:config.json
}

@test "an export needs security too, and happens once" {
    run -21 --separate-stderr as erin request export llama --why evaluation # no ticket
    ask erin export llama --why evaluation --ticket E-1 --for 1h
    run -0 as ann approve "$request"
    run -0 as bob approve "$request"
    run -21 as_unlocked erin export llama out --confirm llama
    [ ! -e out ]
    run -0 as dora approve "$request"
    run -0 as_unlocked erin export llama out --confirm llama
    cmp out/config.json model/config.json
    run -21 as_unlocked erin export llama out2 --confirm llama
    [ ! -e out2 ]
}

@test "a role that is lost suspends the grant" {
    ask erin read llama --why launch
    run -0 as ann approve "$request"
    run -0 as bob approve "$request"
    run -22 --separate-stderr as cid principal roles bob --roles security --why moved --json
    change=$(request_id)
    run -0 as ann approve "$change"
    run -0 as cid request perform "$change"
    run -21 as_unlocked erin cat llama:config.json
    run -0 as ann grants --json
    [ "$(jq -r --arg r "$request" '.requests[] | select(.request == $r) | .state' <<<"$output")" = suspended ]
}

@test "a key that is revoked signs nothing more" {
    ask erin read llama --why launch
    run -0 as ann approve "$request"
    run -0 as cid principal revoke-key ann --public-key keys/ann.pub --why stolen
    run -20 as ann approve "$request"
    run -0 as bob approve "$request"
    run -22 as erin request wait "$request" --timeout 1s # ann's approval no longer counts
    run -0 as cid principal list ann
    [[ "$output" == *revoked* ]]
}

@test "enrolling somebody takes two, and then they act" {
    make_agent finn
    run -22 --separate-stderr as ann principal enrol finn --public-key keys/finn.pub --roles officer --why new --json
    enrolment=$(request_id)
    check_documented 'principal enrol' "$output"
    run -21 as ann approve "$enrolment"
    run -0 as bob approve "$enrolment"
    run -0 as ann principal enrol finn --public-key keys/finn.pub --roles officer
    run -0 as finn review
    run -0 as ann principal list --json
    [ "$(jq -r '.principals[-1] | [.name, .type, .roles[0]] | join(" ")' <<<"$output")" = 'finn human officer' ]
    check_documented 'principal list' "$output"
    # The same key again, under another name: a sock puppet.
    run -22 --separate-stderr as ann principal enrol finn2 --public-key keys/finn.pub --roles officer --why again --json || true
    [ "$status" -ne 0 ]
    ! as ann principal list finn2
}

@test "who leaves can do nothing more, and what they did is kept" {
    ask erin read llama --why launch
    run -0 as ann approve "$request"
    run -0 as bob approve "$request"
    run -0 as_unlocked erin cat llama:config.json
    run -0 as_unlocked dora principal leave erin --why 'last day' --json
    check_documented 'principal leave' "$output"
    [ "$(jq -r '.report | fromjson | .touched[] | select(.verb == "read") | "\(.subject) \(.count)"' <<<"$output")" = 'llama@1 1' ]
    [ "$(jq .epoch <<<"$output")" = 2 ]
    run -20 as_unlocked erin cat llama:config.json --as erin
    run -0 as ann grants
    [[ "$output" == 'no open requests and no grants' ]]
}

@test "break-glass is at once, short, loud, and one at a time" {
    run -0 as erin request use llama --for 30m --why outage --break-glass --json
    glass=$(request_id)
    [ "$(jq -r .state <<<"$output")" = granted ]
    run -0 as ann review
    [[ "$output" == *break-glass* ]]
    run -21 as erin request use llama --for 30m --why again --break-glass
    run -21 as erin judge "$glass" --outcome justified --why mine
    run -0 as dora judge "$glass" --outcome justified --why 'INC-7'
    run -0 as erin request use llama --for 30m --why again --break-glass
}

@test "the policy is changed by the quorum of the policy it replaces" {
    sed 's/for at most 8h/for at most 2h/' lab.policy >new.policy
    run -0 as ann policy diff new.policy
    [[ "$output" == *use-weights* || "$output" == *use* ]]
    run -22 --separate-stderr as ann policy change new.policy --why shorter --json
    change=$(request_id)
    run -0 as bob approve "$change"
    run -22 --separate-stderr as ann policy change new.policy
    run -0 as cid approve "$change"
    run -0 as ann policy change new.policy
    run -0 as ann policy show
    diff <(echo "$output") new.policy
    run -21 as erin request use llama --for 8h --why launch
}

@test "who can, and why not" {
    run -0 as ann policy who-can export llama
    [[ "$output" == *"erin, approved by "* ]]
    run -0 as ann policy who-can export llama --json
    [ "$(jq '.total' <<<"$output")" = 3 ] # two of three officers, and dora
    check_documented 'policy who-can' "$output"
    run -0 as ann policy explain export llama --as bob
    [[ "$output" == *export-weights* ]]
    run -0 as ann policy explain export llama --as bob --json
    [ "$(jq -r .ruling <<<"$output")" = deny ]
    check_documented 'policy explain' "$output"
}

@test "without a key, nothing; with the keys of two, somebody has to say who" {
    run -20 env -u SSH_AUTH_SOCK "$STRONGROOM" request read llama --why launch --room "$room" --no-input
    run -41 env SSH_AUTH_SOCK=/nonexistent "$STRONGROOM" approve 0123456789ab --room "$room" --no-input
    run -21 env -u SSH_AUTH_SOCK "$STRONGROOM" cat llama:config.json --room "$room" --passphrase-file "$room.key" --no-input
    run -13 as ann approve 0123456789ab
    run -2 as ann approve xyz
}
