#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Signatures in custody: a publisher's is checked before a model comes in, and the room signs what it took in. Signatures of
# folders by themselves: tests/oms/oms_test.py.

load helpers

# A key for each test; the room's passphrase is generated.
setup() {
    cd "$BATS_TEST_TMPDIR"
    room=$BATS_TEST_TMPDIR/room
    make_room "$room"
    make_model model
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem 2>/dev/null
    openssl pkey -in key.pem -pubout -out public.pem
    chmod 600 key.pem
    openssl ecparam -name secp384r1 -genkey -noout 2>/dev/null | openssl pkey -pubout -out other.pem
}

@test "with --require-signer only what they signed comes in" {
    run -23 --separate-stderr sr deposit model --name tiny --require-signer public.pem
    [[ "$stderr" == "strongroom: untrusted: nobody signed "* ]]
    "$STRONGROOM" sign model --key key.pem
    run -23 sr deposit model --name tiny --require-signer other.pem
    run -0 sr deposit model --name tiny --require-signer public.pem --json
    [ "$(jq -r '.publisher_signature | .state + " " + .file' <<<"$output")" = "verified model.sig" ]
    run -0 sr show tiny --json
    [ "$(jq -r '.publisher_signature.key_hint' <<<"$output")" = "$(sha256sum public.pem | cut -d' ' -f1)" ]
    [ "$(jq -r '[.contents[].path] | contains(["model.sig"])' <<<"$output")" = true ]
}

@test "a signature that says that the files are others is refused, whoever is trusted" {
    "$STRONGROOM" sign model --key key.pem
    echo more >>model/config.json
    run -30 --separate-stderr sr deposit model --name tiny
    [[ "$stderr" == "strongroom: corrupt: signature 'model.sig': 'config.json' is not what was signed" ]]
    run -13 sr show tiny
}

@test "a signature that nobody was asked about is noted" {
    "$STRONGROOM" sign model --key key.pem
    run -0 sr deposit model --name tiny
    [[ "$output" == *"its signature 'model.sig' is present, not verified"* ]]
    run -0 sr show tiny
    [[ "$output" == *"model.sig, present, not verified"* ]]
}

@test "--require-signer takes root certificates and a name" {
    openssl req -x509 -key key.pem -subj /CN=vendor -days 2 -out cert.pem -addext keyUsage=digitalSignature \
        -addext extendedKeyUsage=codeSigning 2>/dev/null
    "$STRONGROOM" sign model --key key.pem --cert-chain cert.pem
    run -23 sr deposit model --name tiny --require-signer cert.pem --signer-name another
    run -0 sr deposit model --name tiny --require-signer cert.pem --signer-name vendor
    [[ "$output" == *"signed by CN=vendor"* ]]
    run -2 sr deposit model --name tiny --signer-name vendor
    run -2 sr deposit model --name tiny --require-signer public.pem --signer-name vendor
}

@test "the room signs what it takes in, and an exported copy can be checked without the room" {
    sr deposit model --name tiny
    sr keys public >room.pem
    run -0 sr show tiny --json
    [ "$(jq -r .signed_by <<<"$output")" = "$(sha256sum room.pem | cut -d' ' -f1)" ]
    run -0 sr verify tiny --json
    [ "$(jq -r '.versions[0].signed' <<<"$output")" = true ]
    run -0 sr export tiny copy --confirm tiny --with-signature --json
    [ "$(jq -r .signature <<<"$output")" = model.sig ]
    run -0 "$STRONGROOM" verify-signature copy --signature copy/model.sig --public-key room.pem --json
    [ "$(jq -r '.root' <<<"$output")" = "$(sr show tiny --json | jq -r '.digest | ltrimstr("sha256:")')" ]
    run -0 sr export tiny plain --confirm tiny
    diff -r model plain
}

@test "the room's signature stands beside the publisher's" {
    "$STRONGROOM" sign model --key key.pem
    sr deposit model --name tiny --require-signer public.pem
    sr keys public >room.pem
    run -0 sr export tiny copy --confirm tiny --with-signature
    [[ "$output" == *"strongroom.sig"* ]]
    "$STRONGROOM" verify-signature copy --signature copy/strongroom.sig --public-key room.pem
    "$STRONGROOM" verify-signature copy --signature copy/model.sig --public-key public.pem --ignore strongroom.sig
}

@test "the room's key survives rotation, and verify notices what is done to signatures" {
    sr deposit model --name tiny
    sr keys public >before.pem
    sr keys rotate --confirm room
    sr keys rotate --confirm room
    sr keys public | cmp - before.pem
    run -0 sr verify tiny
    make_model other 2
    sr deposit other --name other
    set -- "$room"/signatures/*.sig
    cp "$1" keep
    cp "$2" "$1"
    run -30 sr verify --all
    [[ "$output" == *"signature"* ]]
    "$STRONGROOM" sign model --key key.pem --signature forged
    cp forged "$1"
    run -30 sr verify --all
    rm "$1"
    run -0 sr verify --all
    [[ "$output" == *"not signed by this room"* ]]
    cp keep "$1"
    run -0 sr verify --all
    rm "$room/keys/signing.key"
    run -30 sr verify --all
    echo '{"format":1,"wraps":[]}' >"$room/keys/signing.key"
    chmod 600 "$room/keys/signing.key"
    run -30 sr keys public
}

@test "models are not signed with Ed25519 keys, which other tools would not verify" {
    openssl genpkey -algorithm ED25519 -out ed25519.pem
    openssl pkey -in ed25519.pem -pubout -out ed25519.pub
    chmod 600 ed25519.pem
    run -42 "$STRONGROOM" sign model --key ed25519.pem
    [ ! -e model/model.sig ]
    "$STRONGROOM" sign model --key key.pem
    run -23 "$STRONGROOM" verify-signature model --signature model/model.sig --public-key ed25519.pub
}
