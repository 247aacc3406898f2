#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Where a version comes from: recorded by deposit, shown, drawn, and handed on as bills of materials.

load helpers

setup_file() {
    export shared="$BATS_FILE_TMPDIR/shared"
    mkdir "$shared"
    make_room "$shared/room"
    room="$shared/room"
    make_model "$shared/base"
    cat >"$shared/base/README.md" <<'END'
---
license: apache-2.0
language: [en, de]
datasets: [acme/words]
pipeline_tag: text-generation
library_name: transformers
---
# A tiny model
END
    printf '{"architectures": ["TinyForCausalLM"], "model_type": "tiny"}\n' >"$shared/base/config.json"
    sr deposit "$shared/base" --name base --kind base --tier 2 --step train
    make_model "$shared/tuned" 2
    cp "$shared/base/README.md" "$shared/base/config.json" "$shared/tuned"
    sr deposit "$shared/tuned" --name tuned --kind instruct --parent base --step fine-tune
    make_model "$shared/merged" 3
    export outside=sha256:abababababababababababababababababababababababababababababababab
    sr deposit "$shared/merged" --name merged --kind merge --step merge --parent tuned --parent base \
        --parent $outside --allow-unknown-parent
}

setup() {
    room="$shared/room"
    cd "$BATS_TEST_TMPDIR"
    digest=$(sr show tuned --json | jq -r .digest)
}

# statement SUBJECT INPUT STEP: SLSA provenance; digests without 'sha256:', INPUT may be empty.
statement() {
    jq -nc --arg subject "$1" --arg input "$2" --arg step "$3" '{
        _type: "https://in-toto.io/Statement/v1", subject: [{name: "m", digest: {sha256: $subject}}],
        predicateType: "https://slsa.dev/provenance/v1", predicate: {
            buildDefinition: {buildType: ("urn:strongroom:step:" + $step), externalParameters: {},
                resolvedDependencies: (if $input == "" then [] else [{digest: {sha256: $input}}] end)},
            runDetails: {builder: {id: "https://ci.example/7"}}}}'
}

# pae FILE: what DSSE signs of a statement.
pae() {
    printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(stat -c %s "$1")"
    cat "$1"
}

@test "show has tier, step, verdict and licence" {
    run -0 "$STRONGROOM" show tuned --room "$room"
    [[ "$output" == *$'\n  tier       2\n  step       fine-tune\n  verdict    PASS\n  licence    apache-2.0 (its publisher\'s claim)\n'* ]]
    run -0 sr show merged --json
    check_documented show "$output"
    [ "$(jq -c '.lineage | [.tier, .step, .verdict, .profile, .licence, .builder]' <<<"$output")" = '[2,"merge","PASS","tensors",null,null]' ]
    [ "$(jq -c '[.lineage.parents[].ref]' <<<"$output")" = '["tuned@1","base@1",null]' ]
    [ "$(jq -r '.lineage.parents[2].digest' <<<"$output")" = "$outside" ]
    [ "$(jq -c '[.lineage.documents[].name]' <<<"$output")" = '["inspection.json","lineage.json"]' ]
    run -0 sr show base --json
    check_documented show "$output"
    [ "$(jq -r '.lineage.card' <<<"$output")" = "sha256:$(sha256sum "$shared/base/README.md" | cut -d' ' -f1)" ]
    [ "$(jq -r '.lineage.config' <<<"$output")" = "sha256:$(sha256sum "$shared/base/config.json" | cut -d' ' -f1)" ]
    [ "$(jq -c '.lineage | [.tokenizer, .container]' <<<"$output")" = '[null,null]' ]
    [ "$(jq -c '[.lineage.claims[] | select(.key == "language").value]' <<<"$output")" = '["en","de"]' ]
    [ "$(jq -r '.lineage.claims[] | select(.key == "architecture").value' <<<"$output")" = TinyForCausalLM ]
}

@test "show --tree draws each ancestor once" {
    run -0 "$STRONGROOM" show merged --tree --room "$room"
    [[ "${lines[0]}" =~ ^merged@1\ \ merge\ \ merge\ \ tier\ 2\ \ sha256:[0-9a-f]{12}$ ]]
    [[ "${lines[1]}" =~ ^\|-\ tuned@1\ \ instruct\ \ fine-tune\ \ tier\ 2\ \ sha256: ]]
    [[ "${lines[2]}" =~ ^\|\ \ \`-\ base@1\ \ base\ \ train\ \ tier\ 2\ \ sha256: ]]
    [ "${lines[3]}" = '|- base@1  (see above)' ]
    [ "${lines[4]}" = '`- sha256:abababababab  (not in this room)' ]
    [ "${#lines[@]}" -eq 5 ]
}

@test "a derivative has at least the tier of its parents" {
    run -21 --separate-stderr sr deposit "$shared/merged" --name lower --parent base --tier 1
    [ "$stderr" = "strongroom: denied: tier 1 is below tier 2 of 'base@1', its parent" ]
    run -2 sr deposit "$shared/merged" --name lower --tier 6
    run -2 sr deposit "$shared/merged" --name lower --step bake
    run -13 sr deposit "$shared/merged" --name lower --parent $outside
    run -13 sr deposit "$shared/merged" --name lower --parent nobody --allow-unknown-parent
    run -13 sr show lower
    sr deposit "$shared/merged" --name higher --parent base --tier 5
    [ "$(sr show higher --json | jq .lineage.tier)" = 5 ]
}

@test "provenance must be about the version, and agree" {
    model_digest=$(sr show merged --json | jq -r '.digest[7:]')
    statement "${digest#sha256:}" "" merge >other.json
    run -14 --separate-stderr sr deposit "$shared/merged" --name proven --provenance other.json
    [[ "$stderr" == "strongroom: conflict: provenance is not about 'config.json'" ]]
    statement "$model_digest" "${digest#sha256:}" merge >good.json
    run -14 --separate-stderr sr deposit "$shared/merged" --name proven --provenance good.json
    [[ "$stderr" == *"made from 'tuned@1', which is not among its parents; add '--parent tuned@1'" ]]
    run -14 sr deposit "$shared/merged" --name proven --provenance good.json --parent tuned --step shard
    run -2 sr deposit "$shared/merged" --name proven --provenance-key good.json
    run -13 sr show proven
    sr deposit "$shared/merged" --name proven --provenance good.json --parent tuned
    run -0 sr show proven --json
    [ "$(jq -c '.lineage | [.step, .builder, .builder_key]' <<<"$output")" = '["merge","https://ci.example/7",null]' ]
    [ "$(jq -r '.lineage.documents[] | select(.name == "provenance.json").sha256' <<<"$output")" = "$(sha256sum good.json | cut -d' ' -f1)" ]
    run -0 sr show proven
    [[ "$output" == *'built by   https://ci.example/7, not signed'* ]]
}

@test "signed provenance must verify" {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem 2>/dev/null
    openssl pkey -in key.pem -pubout -out public.pem
    openssl ecparam -name prime256v1 -genkey -noout 2>/dev/null | openssl pkey -pubout -out other.pem
    statement "$(sr show merged --json | jq -r '.digest[7:]')" "" merge >statement.json
    pae statement.json | openssl dgst -sha256 -sign key.pem -out signature
    jq -nc --arg payload "$(base64 -w0 statement.json)" --arg sig "$(base64 -w0 signature)" \
        '{payloadType: "application/vnd.in-toto+json", payload: $payload, signatures: [{sig: $sig, keyid: ""}]}' >envelope.json
    run -23 sr deposit "$shared/merged" --name vouched --provenance envelope.json
    run -23 sr deposit "$shared/merged" --name vouched --provenance envelope.json --provenance-key other.pem
    run -23 sr deposit "$shared/merged" --name vouched --provenance statement.json --provenance-key public.pem
    run -13 sr show vouched
    sr deposit "$shared/merged" --name vouched --provenance envelope.json --provenance-key public.pem
    [ "$(sr show vouched --json | jq -r .lineage.builder_key)" = "$(sha256sum public.pem | cut -d' ' -f1)" ]
}

@test "CycloneDX is of its schema" {
    for name in base tuned merged; do
        "$STRONGROOM" bom $name --room "$room" --output $name.json
    done
    [ "$(jq -c '[.metadata.component | .licenses[0].license.id, .modelCard.modelParameters.modelArchitecture, .pedigree.ancestors[0].name]' tuned.json)" = '["Apache-2.0","TinyForCausalLM","base@1"]' ]
    [ "$(jq -r '.metadata.component.hashes[0].content' tuned.json)" = "${digest#sha256:}" ]
    [ "$("$STRONGROOM" bom tuned --room "$room" | sha256sum)" = "$(sha256sum <tuned.json)" ]
    schemas=${STRONGROOM_TESTDATA:-${STRONGROOM_TESTDATA_DEFAULT:-/nowhere}}/sbom
    [ -f "$schemas/bom-1.6.schema.json" ] || skip "no schemas; set STRONGROOM_TESTDATA"
    for name in base tuned merged; do
        "$BATS_TEST_DIRNAME/schema.py" "$schemas/bom-1.6.schema.json" $name.json
    done
    jq '.metadata.component.type = "model"' base.json >wrong.json
    run -1 "$BATS_TEST_DIRNAME/schema.py" "$schemas/bom-1.6.schema.json" wrong.json
}

@test "two versions of the same files have bills of their own" {
    sr deposit "$shared/merged" --name twin
    for name in merged twin; do
        "$STRONGROOM" bom $name --room "$room" --output $name.json
        "$STRONGROOM" bom $name --room "$room" --format spdx --output $name.spdx.json
    done
    [ "$(jq -r '.metadata.component.hashes[0].content' merged.json twin.json | sort -u | wc -l)" -eq 1 ]
    [ "$(jq -r .serialNumber merged.json twin.json | sort -u | wc -l)" -eq 2 ]
    [ "$(jq -r '."@graph"[] | select(.type == "ai_AIPackage").spdxId' merged.spdx.json twin.spdx.json | sort -u | wc -l)" -eq 2 ]
}

@test "SPDX keeps the rules of its model" {
    for name in base tuned merged; do
        "$STRONGROOM" bom $name --room "$room" --format spdx --output $name.json
        "$BATS_TEST_DIRNAME/spdx.py" $name.json
    done
    [ "$(jq -c '[."@graph"[] | select(.type == "simplelicensing_LicenseExpression").simplelicensing_licenseExpression]' tuned.json)" = '["Apache-2.0","NOASSERTION"]' ]
    [ "$(jq -r '."@graph"[] | select(.type == "software_Package").name' merged.json | sort | tr '\n' ,)" = 'base@1,not in this room,tuned@1,' ]
    jq 'del(."@graph"[] | select(.type == "ai_AIPackage").releaseTime)' base.json >wrong.json
    run -1 "$BATS_TEST_DIRNAME/spdx.py" wrong.json
    jq 'del(."@graph"[] | select(.relationshipType == "hasConcludedLicense"))' base.json >wrong.json
    run -1 "$BATS_TEST_DIRNAME/spdx.py" wrong.json
}

@test "a verification result is for what passed, and signed by the room" {
    run -0 "$STRONGROOM" bom tuned --room "$room" --format verification-result
    [ "$(jq -c '[._type, .subject[0].digest.sha256, .predicateType, .predicate.properties]' <<<"$output")" = \
        "[\"https://in-toto.io/Statement/v1\",\"${digest#sha256:}\",\"https://in-toto.io/attestation/svr/v0.2\",[\"STRONGROOM_INSPECT_PASS\"]]" ]
    sr bom tuned --format verification-result --sign --output signed.json
    jq -r .payload signed.json | base64 -d >payload
    [ "$(cat payload)" = "$output" ]
    jq -r '.signatures[0].sig' signed.json | base64 -d >signature
    sr keys public >room.pem
    pae payload | openssl dgst -sha384 -verify room.pem -signature signature
    run -2 sr bom tuned --format spdx --sign
    run -2 sr bom tuned --format other
    run -20 "$STRONGROOM" bom tuned --room "$room" --format verification-result --sign --no-input </dev/null
    cp -r "$shared/base" looked-at
    printf 'print(1)\n' >looked-at/modeling.py
    sr deposit looked-at --name looked-at --accept-review 'read it'
    run -14 sr bom looked-at --format verification-result
    run -0 sr show looked-at
    [[ "$output" == *'verdict    REVIEW, accepted: read it'* ]]
}

@test "verify finds a document that is not what the act says, one that is missing, and one too many" {
    cp -r "$room" altered
    cp "$room.key" altered.key
    room=$PWD/altered
    sr verify tuned
    db=altered/catalog.db
    sqlite3 "$db" "DROP TRIGGER document_of_sealed_version_is_not_updated; DROP TRIGGER document_of_sealed_version_is_not_deleted;
        DROP TRIGGER document_of_sealed_version_is_not_inserted;
        UPDATE document SET body = CAST(replace(CAST(body AS TEXT), '\"tier\":2', '\"tier\":1') AS BLOB) WHERE name = 'lineage.json'"
    run -30 sr verify tuned
    [[ "$output" == *"document 'lineage.json' is not what the act of the deposit says"* ]]
    sqlite3 "$db" "DELETE FROM document WHERE name = 'lineage.json'"
    run -30 sr verify base
    [[ "$output" == *"document 'lineage.json' is missing"* ]]
    sqlite3 "$db" "INSERT INTO document SELECT version_id, 'more.json', body FROM document WHERE name = 'inspection.json'"
    run -30 sr verify merged
    [[ "$output" == *"document 'more.json' is not in the act of the deposit"* ]]
}
