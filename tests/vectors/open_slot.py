#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Open what src/keys/ writes, from the documents alone (docs/formats/key-file.md, slot.md), and refuse what they refuse.

usage: open_slot.py FILE...            open frozen vectors
       open_slot.py --fresh MAKE_KEYS  run that program and open what it writes
       open_slot.py --passphrase HEX   print the generated passphrase of these 32 bytes

Shares no code with the project: hashlib, hmac and the `cryptography` package. Prints TAP.
"""
import functools
import hashlib
import hmac
import subprocess
import sys

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:
    print("1..0 # SKIP python3-cryptography is not installed")
    sys.exit(0)

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Refused(Exception):
    """What a reader MUST refuse."""


def require(condition, rule):
    if not condition:
        raise Refused(rule)


def expand(prk, info, length):
    """HKDF-Expand with SHA-384, RFC 5869 section 2.3."""
    out, block = b"", b""
    counter = 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha384).digest()
        out += block
        counter += 1
    return out[:length]


def unwrap(key, wrapped, aad, rule):
    """IV 12, ciphertext 32, tag 16."""
    require(len(wrapped) == 60, rule)
    try:
        return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], aad)
    except InvalidTag:
        raise Refused(rule) from None


@functools.lru_cache
def scrypt(passphrase, salt, log2_n, r, p):
    return hashlib.scrypt(passphrase, salt=salt, n=1 << log2_n, r=r, p=p, dklen=32, maxmem=(1 << log2_n) * 2048)


def open_key_file(image, passphrase):
    """All root KEKs by key id, and the id of the newest."""
    require(image[:8] == b"\x89SRKEY\r\n" and len(image) >= 144, "F-1, F-2")
    require(hashlib.sha256(image[:-32]).digest() == image[-32:], "F-3")
    require(image[8:10] == b"\x00\x01", "F-4")
    log2_n, r, p, count = image[10:14]
    require(10 <= log2_n <= 20 and r == 8 and 1 <= p <= 4 and 1 <= count <= 16, "F-5")
    require(image[14:16] == b"\x00\x00" and len(image) == 144 + 76 * count, "F-5")
    salt, check = image[16:48], image[48:80]
    master = scrypt(passphrase, salt, log2_n, r, p)
    require(hmac.compare_digest(expand(master, b"strongroom/v1/key-file/check", 32), check), "F-7 passphrase")
    require(
        hmac.compare_digest(expand(master, b"strongroom/v1/key-file/seal" + image[:-64], 32), image[-64:-32]), "F-7 seal"
    )
    wrap_key = expand(master, b"strongroom/v1/key-file/wrap", 32)
    keks = {}
    for i in range(count):
        entry = image[80 + 76 * i : 80 + 76 * (i + 1)]
        key_id = entry[:16]
        require(key_id not in keks, "F-6")
        keks[key_id] = unwrap(wrap_key, entry[16:], b"strongroom/v1/key-file/generation" + key_id, "F-8")
    return keks, key_id


def open_group(keks, v):
    """The group's KEK."""
    require(v["group_key_id"] in keks, "F-9")
    aad = b"strongroom/v1/group" + v["room"] + v["group"] + v["epoch"]
    return unwrap(
        keks[v["group_key_id"]], v["group_wrapped"], b"strongroom/v1/key-file/wrapped" + v["group_key_id"] + aad, "K-2"
    )


def open_slot(group_kek, v):
    """The data key."""
    key = expand(group_kek, b"strongroom/v1/slot" + v["slot"], 32)
    aad = b"strongroom/v1/slot" + v["room"] + v["object"] + v["version"] + v["file_index"] + v["group"] + v["epoch"] + v["slot"]
    dek = unwrap(key, v["slot_wrapped"], aad, "K-5")
    require(hmac.compare_digest(expand(dek, b"strongroom/v1/commit" + v["object"], 32), v["commitment"]), "K-6")
    return dek


def generated_passphrase(raw):
    """CRC-24 of RFC 9580, Crockford's base 32, groups of 7."""
    crc = 0xB704CE
    for byte in raw:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    number = int.from_bytes(raw + crc.to_bytes(3, "big"), "big")
    digits = "".join(ALPHABET[number >> 275 - 5 * i & 31] for i in range(56))
    return "srk1-" + "-".join(digits[i : i + 7] for i in range(0, 56, 7))


def open_all(v):
    keks, newest = open_key_file(v["key_file"], v["passphrase"])
    require(v["group_key_id"] == newest, "wrapped by the newest")
    return open_slot(open_group(keks, v), v)


def is_refused(v, name, at):
    """Whether the vector with one bit of one field flipped is refused."""
    changed = dict(v)
    field = bytearray(v[name])
    field[at] ^= 1 << at % 8
    changed[name] = bytes(field)
    try:
        open_all(changed)
    except Refused:
        return True
    return False


def parse(text):
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {name: bytes.fromhex(digits) for name, digits in lines}


def main(args):
    if args[:1] == ["--passphrase"]:
        print(generated_passphrase(bytes.fromhex(args[1])))
        return 0
    if args[:1] == ["--fresh"]:
        passphrase = generated_passphrase(hashlib.sha256(b"fresh").digest())
        texts = {
            f"{n} generations, just written": subprocess.run(
                [args[1], passphrase, str(n)], check=True, capture_output=True, text=True
            ).stdout
            for n in (1, 3)
        }
    else:
        texts = {}
        for path in args:
            with open(path, encoding="ascii") as file:
                texts[path.rsplit("/", 1)[-1]] = file.read()
    failed = tests = 0
    for name, text in texts.items():
        v = parse(text)
        tests += 1
        ok = open_all(v) == v["dek"]
        print("ok" if ok else "not ok", tests, "-", name, "opens")
        failed += not ok
        tests += 1
        fields = [f for f in v if f not in ("dek", "passphrase", "key_file")]
        ok = all(is_refused(v, f, at) for f in fields for at in range(0, len(v[f]), 5))
        ok = ok and all(is_refused(v, "key_file", at) for at in range(0, len(v["key_file"]), 3))
        print("ok" if ok else "not ok", tests, "-", name, "changed is refused")
        failed += not ok
    print(f"1..{tests}")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
