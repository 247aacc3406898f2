#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HPKE once more, from RFC 9180: it gives the values of the RFC's A.1.1, and opens what ours seals.

usage: hpke.py make            print a vector of our suite, as src/crypto/hpke_test.c has it
       hpke.py check FILE      the same vector is in that source file; TAP
"""
import hashlib
import hmac
import sys

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEM = b"KEM\x00\x20"
VERSION = b"HPKE-v1"


def extract(suite, salt, label, ikm):
    return hmac.new(salt or bytes(32), VERSION + suite + label + ikm, hashlib.sha256).digest()


def expand(suite, prk, label, info, length):
    info = length.to_bytes(2, "big") + VERSION + suite + label + info
    out = block = b""
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([len(out) // 32 + 1]), hashlib.sha256).digest()
        out += block
    return out[:length]


def shared_secret(sk, pk, enc, receiver):
    dh = X25519PrivateKey.from_private_bytes(sk).exchange(X25519PublicKey.from_public_bytes(pk))
    prk = extract(KEM, b"", b"eae_prk", dh)
    return expand(KEM, prk, b"shared_secret", enc + receiver, 32)


def schedule(shared, info, aead, key_bytes):
    suite = b"HPKE" + bytes([0, 0x20, 0, 1, 0, aead])
    context = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, shared, b"secret", b"")
    return expand(suite, secret, b"key", context, key_bytes), expand(suite, secret, b"base_nonce", context, 12)


def public(sk):
    return X25519PrivateKey.from_private_bytes(sk).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def seal(ephemeral, receiver, info, aad, plain, aead, key_bytes):
    enc = public(ephemeral)
    key, nonce = schedule(shared_secret(ephemeral, receiver, enc, receiver), info, aead, key_bytes)
    return enc + AESGCM(key).encrypt(nonce, plain, aad)


def appendix_a_1_1():
    ephemeral = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
    receiver = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    info = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
    plain = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
    shared = shared_secret(ephemeral, public(receiver), public(ephemeral), public(receiver))
    return (shared.hex() == "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc"
            and seal(ephemeral, public(receiver), info, b"Count-0", plain, 1, 16).hex()
            == "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
               "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a")


def vector():
    """The keys, info and aad of A.1.1, our suite, and a plain text as long as a key."""
    ephemeral = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
    receiver = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    return seal(ephemeral, public(receiver), b"Ode on a Grecian Urn", b"Count-0", bytes(range(32)), 2, 32).hex()


def main():
    if sys.argv[1] == "make":
        print(vector())
        return 0
    text = open(sys.argv[2], encoding="ascii").read().replace('"\n', "").replace('"', "").replace(" ", "")
    print("1..2")
    print(f"{'ok' if appendix_a_1_1() else 'not ok'} 1 - RFC 9180, A.1.1")
    print(f"{'ok' if vector() in text else 'not ok'} 2 - the vector in {sys.argv[2]}")
    return 0


sys.exit(main())
