#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A model's way: init, deposit, list, show, verify, cat, export; each with its errors.

load helpers

setup_file() {
    export shared="$BATS_FILE_TMPDIR/shared"
    mkdir "$shared"
    make_room "$shared/room"
    make_model "$shared/model"
    room="$shared/room"
    sr deposit "$shared/model" --name llama --kind base
    make_model "$shared/tuned" 2
    sr deposit "$shared/tuned" --name tuned --kind instruct --parent llama@1
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    room="$shared/room" # read only; a test that writes makes its own
}

own_room() {
    room="$BATS_TEST_TMPDIR/own"
    make_room "$room"
}

# --- init

@test "init makes a room and a passphrase file that only its owner reads" {
    run -0 "$STRONGROOM" init ./room --generate-passphrase ./key
    [[ "${lines[0]}" == "made room $PWD/room" ]]
    [ "$(stat -c %a key)" = 600 ]
    [ "$(stat -c %a room)" = 700 ]
    [ "$(wc -c <key)" -eq 69 ]
    grep -q '^srk1-' key
    run -0 "$STRONGROOM" list --room ./room
    [ "$output" = "nothing is in custody yet" ]
}

@test "init --json says where and what" {
    run -0 --separate-stderr "$STRONGROOM" init ./room --generate-passphrase ./key --json
    [ "$(jq -r .room <<<"$output")" = "$PWD/room" ]
    [ "$(jq -r .passphrase_file <<<"$output")" = ./key ]
    [[ "$(jq -r .id <<<"$output")" =~ ^[0-9a-f]{32}$ ]]
    check_documented init "$output"
}

@test "init with a passphrase from a file or a descriptor" {
    printf 'correct horse battery staple\n' >given
    chmod 600 given
    run -0 "$STRONGROOM" init ./a --passphrase-file given
    run -0 bash -c '"$STRONGROOM" init ./b --passphrase-fd 7 7<given'
    run -0 "$STRONGROOM" verify --all --room ./b --passphrase-file given
}

@test "init refuses a folder that holds anything" {
    mkdir full
    touch full/thing
    run -14 "$STRONGROOM" init full --generate-passphrase key
    [[ "$output" == "strongroom: conflict: "*full* ]]
    [ ! -e key ] # no passphrase to nothing is left behind
    [ "$(ls full)" = thing ]
}

@test "init never writes over a passphrase" {
    "$STRONGROOM" init a --generate-passphrase key
    before=$(cat key)
    run -14 "$STRONGROOM" init b --generate-passphrase key
    [[ "$output" == *"'key' is there already"* ]]
    [ "$(cat key)" = "$before" ]
    [ ! -e b ]
}

@test "init without a passphrase and without anybody to ask" {
    run -20 "$STRONGROOM" init a --no-input
    [[ "$output" == *"--passphrase-file FILE"* ]]
    [ ! -e a ]
    run -20 bash -c '"$STRONGROOM" init a </dev/null'
}

@test "init: its other refusals" {
    run -2 "$STRONGROOM" init a --room b --generate-passphrase key
    run -2 "$STRONGROOM" init
    [[ "$output" == *"needs DIR"* ]]
    printf 'x' >loose
    chmod 644 loose
    run -21 "$STRONGROOM" init a --passphrase-file loose
    run -13 "$STRONGROOM" init a --passphrase-file none
    run -13 "$STRONGROOM" init no/where --generate-passphrase key
    [ ! -e key ]
}

# --- deposit

@test "deposit says what came into custody" {
    own_room
    run -0 --separate-stderr sr deposit "$shared/model" --name llama
    [ -z "$stderr" ]
    [[ "${lines[0]}" == "deposited llama@1: 3 files, "* ]]
    [[ "${lines[1]}" =~ ^sha256:[0-9a-f]{64}$ ]]
}

@test "deposit --json, and numbers count up" {
    own_room
    run -0 sr deposit "$shared/model" --name llama --kind base --json
    [ "$(jq -r '[.ref, .kind, .files, .resumed, .verdict] | join("|")' <<<"$output")" = 'llama@1|base|3|false|PASS' ]
    [ "$(jq .bytes <<<"$output")" -eq "$(find "$shared/model" -type f -printf '%s\n' | paste -sd+ | bc)" ]
    check_documented deposit "$output"
    run -0 sr deposit "$shared/model" --name llama --json
    [ "$(jq -r '[.ref, .kind] | join("|")' <<<"$output")" = 'llama@2|checkpoint' ]
    run -0 sr deposit "$shared/model" --name llama --version 7 --json
    [ "$(jq -r .ref <<<"$output")" = llama@7 ]
}

@test "the digest of the manifest is that of OpenSSF Model Signing" {
    expected=$(cd "$shared/model" && find . -type f -printf '%P\n' | LC_ALL=C sort | while IFS= read -r f; do
        sha256sum <"$f" | cut -c1-64
    done | xxd -r -p | sha256sum | cut -c1-64)
    [ "$(sr show llama --json | jq -r .digest)" = "sha256:$expected" ]
}

@test "deposit leaves nothing plain in the room" {
    run -1 grep -rl 'model_type' "$room"
    run -1 grep -rl 'embed.weight' "$room"
}

@test "deposit: its refusals name the thing" {
    own_room
    run -2 sr deposit "$shared/model"
    [[ "$output" == *"needs '--name NAME'"* ]]
    run -13 sr deposit "$PWD/none" --name x
    [[ "$output" == *none* ]]
    run -10 sr deposit "$shared/model" --name 'Not A Name'
    run -10 sr deposit "$shared/model" --name x --kind gizmo
    [[ "$output" == *"'gizmo'"* ]]
    run -13 sr deposit "$shared/model" --name x --parent nobody@3
    run -2 sr deposit "$shared/model" --name x --version 0
    run -2 sr deposit "$shared/model" --name x --version 1x
    [ "$(sr list --json | jq '.versions | length')" -eq 0 ]
    sr deposit "$shared/model" --name llama --version 3
    run -14 sr deposit "$shared/tuned" --name llama --version 3
    [[ "$output" == "strongroom: conflict: "*llama* ]]
}

@test "deposit refuses a file that is not what its name says, with field and offset" {
    own_room
    mkdir bad
    printf '\x10\x00\x00\x00\x00\x00\x00\x00{"a": 1}        ' >bad/model.safetensors
    run -10 sr deposit bad --name bad
    [[ "$output" == "strongroom: malformed: "*"model.safetensors"* ]]
    mkdir linked
    ln -s /etc/passwd linked/passwd
    run -42 sr deposit linked --name x
    [[ "$output" == *passwd* ]]
}

@test "deposit refuses what nothing here understands, shows why, and leaves nothing" {
    own_room
    mkdir m
    cp "$shared/model/model.safetensors" m
    head -c 5000 /dev/urandom >m/weights.bin
    run -2 --separate-stderr sr deposit m --name m --report report.json
    [[ "$output" == *"UNPARSABLE weights.bin"*"instead: "* ]]
    [[ "$output" == *"PASS       model.safetensors"* ]]
    [[ "$stderr" == "strongroom: uninspected: "*"weights.bin"* ]]
    [ "$(jq -c '[.verdict, [.files[].verdict]]' report.json)" = '["UNPARSABLE",["PASS","UNPARSABLE"]]' ]
    run -2 --separate-stderr sr deposit m --name m --json
    [ "$(jq -c '[.verdict, .inspection.files[1].path]' <<<"$output")" = '["UNPARSABLE","weights.bin"]' ]
    check_documented deposit "$output"
    # A report that cannot be written does not hide why.
    run -13 --separate-stderr sr deposit m --name m --report none/report.json
    [[ "$output" == *"UNPARSABLE weights.bin"* && "$stderr" == *none* ]]
    # No reason lets it in.
    run -2 sr deposit m --name m --accept-review 'I like it'
    [ "$(sr list --json | jq -c '[.versions, .interrupted]')" = '[[],[]]' ]
    [ -z "$(find "$room/blobs" "$room/deposits" -type f)" ]
}

@test "deposit takes what needs review with a reason, which is on record" {
    own_room
    mkdir m
    cp "$shared/model/model.safetensors" m
    printf '{"auto_map": {"AutoModel": "modeling.Model"}}' >m/config.json
    run -1 --separate-stderr sr deposit m --name m
    [[ "$output" == *"REVIEW"*"config.json"* ]]
    [[ "$stderr" == "strongroom: refused: REVIEW: 'config.json'"* ]]
    run -2 sr deposit m --name m --accept-review ''
    run -0 sr deposit m --name m --accept-review 'J. Doe looked at it' --report report.json
    [[ "${lines[0]}" == "deposited m@1: "*"REVIEW accepted" ]]
    [ "$(jq -r .verdict report.json)" = REVIEW ]
    run -0 sqlite3 "$room/catalog.db" "select leaf.body from leaf join act using (seq) where verb = 'deposit'"
    [ "$(jq -r '.payload | @base64d | fromjson | .predicate.fields | [.verdict, .because, .profile] | join("|")' <<<"$output")" = \
        'REVIEW|J. Doe looked at it|tensors' ]
    run -2 sr deposit m --name m --profile everything
}

@test "deposit with a wrong passphrase, or a mistyped one" {
    printf 'wrong\n' >wrong
    chmod 600 wrong
    run -20 "$STRONGROOM" deposit "$shared/model" --name x --room "$room" --passphrase-file wrong
    [[ "$output" == "strongroom: unauthenticated: "* ]]
    sed 's/.$/0/; s/^srk1-./srk1-0/' "$room.key" >typo
    chmod 600 typo
    run -20 "$STRONGROOM" deposit "$shared/model" --name x --room "$room" --passphrase-file typo
}

@test "hostile names of files do not reach the terminal" {
    own_room
    mkdir evil
    printf x >evil/$'a\e[2Jb'
    run sr deposit evil --name evil
    [ "$status" -ne 0 ]
    [[ "$output" != *$'\e'* ]]
    mkdir odd
    printf x >odd/$'right\u202eleft'
    run -2 sr deposit odd --name odd
    [[ "$output" != *$'\u202e'* && "$output" == *'right\xe2\x80\xaeleft'* ]]
    mv odd/* odd/$'right\u202eleft.json'
    printf '{}' >odd/$'right\u202eleft.json'
    run -0 sr deposit odd --name odd
    run -0 sr show odd
    [[ "$output" != *$'\u202e'* ]]
    [[ "$output" == *'right\xe2\x80\xaeleft'* ]]
    run -0 sr show odd --json
    [ "$(jq -r '.contents[0].path' <<<"$output")" = $'right\u202eleft.json' ]
}

# --- list

@test "list shows the latest version of each, without a passphrase" {
    run -0 --separate-stderr "$STRONGROOM" list --room "$room"
    [ -z "$stderr" ]
    [[ "${lines[0]}" =~ ^NAME\ +VERSION\ +KIND\ +SIZE\ +FILES\ +DEPOSITED\ +DIGEST$ ]]
    [[ "${lines[1]}" =~ ^llama\ +1\ +base\ +.*B\ +3\ +20[0-9-]+\ [0-9:]+Z\ +sha256:[0-9a-f]{12}$ ]]
    [[ "${lines[2]}" =~ ^tuned\ +1\ +instruct ]]
    [ "${#lines[@]}" -eq 3 ]
}

@test "list NAME shows all versions" {
    own_room
    sr deposit "$shared/model" --name llama
    sr deposit "$shared/tuned" --name llama
    [ "$(sr list --json | jq -c '[.versions[].ref]')" = '["llama@2"]' ]
    run -0 sr list llama --json
    [ "$(jq -c '[.versions[].ref]' <<<"$output")" = '["llama@1","llama@2"]' ]
    [ "$(jq -c .interrupted <<<"$output")" = '[]' ]
    check_documented list "$output"
    run -13 sr list nobody
    [[ "$output" == *"no artifact 'nobody'"* ]]
    run -10 sr list 'NO BODY'
}

@test "an interrupted deposit is listed, and the same command ends it" {
    own_room
    mkdir big
    printf '{}' >big/a.json
    make_tensors big/weights.safetensors 629145600 zero
    "$STRONGROOM" deposit big --name big --kind base --room "$room" --passphrase-file "$room.key" 3>&- 2>said &
    child=$!
    for _ in $(seq 400); do
        [ "$("$STRONGROOM" list --room "$room" --json | jq '.interrupted | length')" = 0 ] || break
        sleep 0.01
    done
    kill -TERM "$child" # a background job of a script ignores SIGINT, and so do we then
    ended=0
    wait "$child" || ended=$?
    [ "$ended" -eq 43 ]
    grep -q '^strongroom: cancelled: .*the same command goes on' said
    run -0 sr list --json
    [ "$(jq -r '.interrupted[0] | [.name, .version, .kind, .source, .running] | join("|")' <<<"$output")" = \
        "big|1|base|$PWD/big|false" ]
    [ "$(jq '.versions | length' <<<"$output")" -eq 0 ]
    check_documented list "$output"
    run -0 "$STRONGROOM" list --room "$room"
    [[ "$output" == *"not in custody yet:"*"interrupted"*"$PWD/big"* ]]
    run -0 sr deposit big --name big --kind base --json
    [ "$(jq -c '[.ref, .resumed]' <<<"$output")" = '["big@1",true]' ]
    [ "$(sr list --json | jq '.interrupted | length')" -eq 0 ]
}

# --- show

@test "show tells files, digests and lineage without a passphrase" {
    run -0 "$STRONGROOM" show tuned --room "$room" --no-input
    [ "${lines[0]}" = tuned@1 ]
    [[ "$output" == *"made from  llama@1"* ]]
    [[ "$output" == *"$(sha256sum <"$shared/tuned/model.safetensors" | cut -c1-64)"* ]]
    [[ "$output" == *"3 tensors are sealed"*"--tensors"* ]]
    [[ "$output" != *embed.weight* ]]
    run -0 "$STRONGROOM" show llama@1 --room "$room"
    [[ "$output" == *"parent of  tuned@1"* ]]
}

@test "show with a passphrase tells the tensors" {
    run -0 sr show llama
    [[ "$output" == *"lm_head.weight"*"BF16"*"[8, 4]"*"64 B"* ]]
    [[ "$output" == *"scale"*"[]"* ]]
    run -20 "$STRONGROOM" show llama --tensors --room "$room" --no-input
}

@test "show --json, locked and unlocked" {
    run -0 "$STRONGROOM" show tuned --room "$room" --json --no-input
    [ "$(jq -c '[.parents, .children]' <<<"$output")" = '[["llama@1"],[]]' ]
    [ "$(jq -c '[.contents[].path]' <<<"$output")" = '["config.json","model.safetensors","sub/tokenizer_config.json"]' ]
    [ "$(jq -c '[.contents[].kind]' <<<"$output")" = '["other","safetensors","other"]' ]
    [ "$(jq -c '.contents[1].tensors' <<<"$output")" = null ]
    check_documented show "$output"
    run -0 sr show tuned --json
    [ "$(jq -c '.contents[1].tensors[1] | [.name, .dtype, .shape, .end - .begin]' <<<"$output")" = \
        '["lm_head.weight","BF16",[8,4],64]' ]
    [ "$(jq -c '.contents[0].tensors' <<<"$output")" = '[]' ]
    check_documented show "$output"
}

@test "a REF is a name, name@number or a digest" {
    digest=$(sr show llama --json | jq -r .digest)
    for ref in llama llama@1 "$digest" "${digest#sha256:}" "${digest:0:19}"; do
        [ "$(sr show "$ref" --json | jq -r .ref)" = llama@1 ]
    done
    run -13 sr show llama@2
    run -13 sr show nobody
    run -13 sr show "sha256:$(printf '0%.0s' {1..64})"
    run -10 sr show 'llama@'
    run -10 sr show 'LLAMA'
}

@test "a result larger than any buffer that cannot be written is a failure" {
    own_room
    python3 - big.safetensors <<'PY'
import json, struct, sys
header = {f"model.layers.{i}.weight": {"dtype": "U8", "shape": [1], "data_offsets": [i, i + 1]} for i in range(4000)}
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + bytes(4000))
PY
    sr deposit big.safetensors --name big
    run -0 sr show big --json
    [ "${#output}" -gt 200000 ]
    [ "$(jq '.contents[0].tensors | length' <<<"$output")" -eq 4000 ]
    for form in '' --json; do
        run -51 bash -c '"$STRONGROOM" show big $2 --room "$1" --passphrase-file "$1.key" 2>&1 >/dev/full' - "$room" "$form"
        [[ "$output" == *"write the result"* ]]
    done
}

@test "everything works with the 8 MiB that an ordinary user may lock" {
    setpriv --bounding-set=-ipc_lock true 2>/dev/null || skip "cannot give up the right to lock memory"
    own_room
    poor() {
        setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock prlimit --memlock=8388608 \
            "$STRONGROOM" "$@" --room "$room" --passphrase-file "$room.key"
    }
    mkdir m
    cp "$shared/model/model.safetensors" m
    make_tensors m/twenty.safetensors 20000000
    run -0 poor deposit m --name m
    run -0 poor verify m
    run -0 poor show m
    poor cat m:twenty.safetensors | cmp - m/twenty.safetensors
    run -0 poor scrub
    run -0 poor export m out --confirm m
    diff -r out m
    run -0 poor keys rotate --confirm own
}

# --- verify

@test "verify proves what is good" {
    run -0 --separate-stderr sr verify llama
    [ -z "$stderr" ]
    [[ "$output" == "ok    llama@1: 3 files, "* ]]
    run -0 sr verify --all --json
    [ "$(jq -c '[.ok, [.versions[].ref], [.versions[].files_bad]]' <<<"$output")" = '[true,["llama@1","tuned@1"],[0,0]]' ]
    check_documented verify "$output"
}

@test "verify wants one of REF and --all" {
    run -2 sr verify
    [[ "$output" == *"either a REF or '--all'"* ]]
    run -2 sr verify llama --all
    run -13 sr verify nobody
    run -20 "$STRONGROOM" verify llama --room "$room" --no-input
}

@test "verify finds damage, says where, and looks at the rest too" {
    own_room
    sr deposit "$shared/model" --name llama
    sr deposit "$shared/tuned" --name tuned
    damage "$room"
    run -30 --separate-stderr sr verify --all
    [[ "$output" == *"BAD   llama@1:config.json: "*"BAD   llama@1:model.safetensors: "*"BAD   llama@1: 3 of 3 files"* ]]
    [[ "$output" == *"BAD   tuned@1: 3 of 3 files"* ]]
    [[ "$stderr" == "strongroom: corrupt: 2 of 2 versions are bad, the first: "* ]]
    run -30 --separate-stderr sr verify llama --json
    [ "$(jq -c '[.ok, .versions[0].ok, .versions[0].files_bad, (.versions[0].problems | length)]' <<<"$output")" = \
        '[false,false,3,3]' ]
    [ "$(jq -r .code <<<"$stderr")" = corrupt ]
    check_documented verify "$output"
}

# --- cat

@test "cat gives the bytes of a file" {
    for file in config.json sub/tokenizer_config.json model.safetensors; do
        sr cat "llama:$file" | cmp - "$shared/model/$file"
        sr cat --json "llama@1:$file" | cmp - "$shared/model/$file"
    done
}

@test "cat gives one tensor" {
    for name in embed.weight lm_head.weight scale; do
        tensor "$shared/model/model.safetensors" "$name" >expected
        [ -s expected ]
        sr cat "llama:model.safetensors@$name" | cmp - expected
    done
}

@test "cat of many segments, of a few bytes, and from a digest" {
    own_room
    mkdir m
    make_tensors m/five.safetensors 5000000
    printf '{}' >m/config.json
    sr deposit m --name m
    sr cat m:five.safetensors | cmp - m/five.safetensors
    [ "$(sr cat m:config.json)" = '{}' ]
    sr cat "$(sr show m --json | jq -r .digest):five.safetensors" | cmp - m/five.safetensors
}

@test "cat: its refusals" {
    run -13 sr cat llama:nothing.bin
    [[ "$output" == *"nothing.bin"* ]]
    run -13 sr cat llama:model.safetensors@nothing.weight
    [[ "$output" == *"no tensor 'nothing.weight'"* ]]
    run -13 sr cat nobody:config.json
    run -10 sr cat llama
    run -20 "$STRONGROOM" cat llama:config.json --room "$room" --no-input
    run -51 bash -c '"$STRONGROOM" cat llama:config.json --room "$1" --passphrase-file "$1.key" 2>&1 >/dev/full' - "$room"
    [[ "$output" == "strongroom: io: write the result: No space left on device" ]]
}

@test "cat hands out nothing that is damaged" {
    own_room
    mkdir m
    make_tensors m/three.safetensors 3000000
    sr deposit m --name m
    damage "$room"
    # shellcheck disable=SC2016
    run -30 bash -c '"$STRONGROOM" cat m:three.safetensors --room "$1" --passphrase-file "$1.key" 2>said >got; s=$?; cat said; exit $s' - "$room"
    [[ "$output" == "strongroom: corrupt: "* ]]
    # What came before it is right.
    cmp -n "$(stat -c %s got)" got m/three.safetensors
    [ "$(stat -c %s got)" -lt 3000000 ]
}

# --- export

@test "export writes a plain copy, once its name is repeated" {
    run -2 sr export llama out
    [[ "$output" == *"--confirm llama"* ]]
    [ ! -e out ]
    run -2 sr export llama out --confirm tuned
    [[ "$output" == *"says 'tuned', but this is 'llama'"* ]]
    [ ! -e out ]
    run -0 sr export llama out --confirm llama
    [[ "$output" == "exported llama@1 to out: 3 files, "*"not sealed; recorded as act "* ]]
    diff -r out "$shared/model"
    [ "$(stat -c %a out out/sub out/config.json | tr '\n' ' ')" = '700 700 600 ' ]
}

@test "export --json, and the act is recorded" {
    run -0 sr export llama@1 one --confirm llama@1 --json
    [ "$(jq -r '[.ref, .to, .files] | join("|")' <<<"$output")" = 'llama@1|one|3' ]
    check_documented export "$output"
    first=$(jq .act <<<"$output")
    run -0 sr export llama@1 two --confirm llama --json
    [ "$(jq .act <<<"$output")" -gt "$first" ]
}

@test "export: its refusals" {
    mkdir full
    touch full/thing
    run -14 sr export llama full --confirm llama
    [ "$(ls full)" = thing ]
    run -13 sr export nobody out --confirm nobody
    run -13 sr export llama no/where --confirm llama
    run -20 "$STRONGROOM" export llama out --confirm llama --room "$room" --no-input
    [ ! -e out ]
}

@test "export of damaged goods leaves nothing behind" {
    own_room
    sr deposit "$shared/model" --name llama
    damage "$room"
    mkdir place
    run -30 sr export llama place/out --confirm llama
    [ -z "$(ls -A place)" ]
}

@test "show --history tells every act on a version, with its outcome" {
    own_room
    sr deposit "$shared/model" --name llama --kind base
    sr cat llama:config.json >/dev/null
    run -0 "$STRONGROOM" show llama --history --room "$room"
    [[ "${lines[0]}" == *ACT*WHEN*WHO*WHAT*OUTCOME ]]
    [[ "${lines[1]}" == *deposit*allowed && "${lines[2]}" == *read*allowed && "${lines[3]}" == *served*allowed ]]
    [ "${#lines[@]}" -eq 4 ]
    run -0 "$STRONGROOM" show llama --history --room "$room" --json
    [ "$(jq -c '[.acts[] | [.verb, .outcome, .reason]]' <<<"$output")" = \
        '[["deposit","allowed",""],["read","allowed",""],["served","allowed",""]]' ]
    check_documented show "$output"
    run -0 "$STRONGROOM" show llama --room "$room" --json
    [ "$(jq .acts <<<"$output")" = null ]
}
