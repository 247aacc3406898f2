#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How the vectors in sealed-body/ were made: make_sealed_body.py MAKE_BODY FOLDER

They are frozen: a new format version gets a folder of its own. Good bodies come from our writer, bad
ones are made here from them, those with a genuine but wrong trailer by an encoder of its own.
"""
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from open_body import PAGE, SEGMENT, expand, leaf


def seal(program, folder, name, size, seed):
    done = subprocess.run(
        [program, str(folder / name), str(size), str(seed)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout), (folder / name).read_bytes()


def name_of(entry):
    return (
        struct.pack(">HH", 1, 1)
        + bytes.fromhex(entry["object"])
        + bytes.fromhex(entry["version"])
        + struct.pack(">I", entry["file_index"])
    )


def trailer_keys(entry, floe_header, stream_bytes, prefix):
    key = expand(bytes.fromhex(entry["dek"]), b"strongroom/v1/file" + bytes.fromhex(entry["object"]), 32)
    aad = b"strongroom/v1/trailer" + name_of(entry) + struct.pack(">Q", stream_bytes) + floe_header
    tag = expand(key, prefix + b"HEADER_TAG:" + aad, 32)
    message_key = expand(key, prefix + b"MESSAGE_KEY:" + aad, 48)
    return tag, expand(message_key, prefix + b"DEK:" + bytes(8) + aad, 32)


def with_trailer(entry, body, change):
    """body with its trailer's plaintext changed and everything around it made to fit."""
    stream_bytes, trailer_bytes, _ = struct.unpack(">QQQ", body[-32:-8])
    trailer = body[stream_bytes : stream_bytes + trailer_bytes]
    floe_header = body[4022:PAGE]
    _, key = trailer_keys(entry, floe_header, stream_bytes, trailer[:42])
    index = struct.pack(">QB", 0, 1)
    plain = change(AESGCM(key).decrypt(trailer[78:90], trailer[90:], index))

    prefix = bytes([0, 0]) + struct.pack(">II", SEGMENT, 32) + os.urandom(32)
    tag, key = trailer_keys(entry, floe_header, stream_bytes, prefix)
    iv = os.urandom(12)
    new = prefix + tag + struct.pack(">I", len(plain) + 32) + iv + AESGCM(key).encrypt(iv, plain, index)
    rows = body[stream_bytes + trailer_bytes : -64] + leaf(new)
    return body[:stream_bytes] + new + rows + struct.pack(">QQQ", stream_bytes, len(new), len(rows)) + body[-8:]


def put(at, new):
    return lambda data: data[:at] + new + data[at + len(new) :]


def flip(at):
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def main(program, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, size, seed in (("empty", 0, 0), ("one-byte", 1, 1), ("small", 700, 2)):
        entry, body = seal(program, folder, f"good-{name}.body", size, seed)
        entry["status"] = "ok"
        entries.append(entry)
    _, again = seal(program, folder, "again.body", 700, 2)
    (folder / "again.body").unlink()
    stream_bytes, trailer_bytes, _ = struct.unpack(">QQQ", body[-32:-8])
    end = stream_bytes + trailer_bytes

    bad = [
        ("text-mode", "B-1", "corrupt", lambda b: b.replace(b"\r\n", b"\n", 1)),
        ("version-2", "B-2", "unsupported", put(8, b"\0\2")),
        ("suite-2", "B-2", "unsupported", put(10, b"\0\2")),
        ("short-segments", "B-2", "unsupported", put(12, b"\0\1\0\0")),
        ("other-object", "B-4", "corrupt", flip(16)),
        ("page-not-zero", "B-3", "corrupt", flip(4021)),
        ("header-tag", "B-9", "corrupt", flip(4095)),
        ("final-mark-gone", "B-9", "corrupt", put(PAGE, b"\xff" * 4)),
        ("segment-bit", "B-9", "corrupt", flip(PAGE + 300)),
        ("cut", "B-12", "corrupt", lambda b: b[:-1]),
        ("extended", "B-12", "corrupt", lambda b: b[:-32] + bytes(32) + b[-32:]),
        ("segment-row", "B-11", "corrupt", flip(end + 32)),
        ("trailer-row", "B-11", "corrupt", flip(end + 64)),
        ("trailer-of-another-try", "B-9", "corrupt", lambda b: b[:stream_bytes] + again[stream_bytes:]),
        ("true-length", "B-10", "corrupt", lambda b: with_trailer(entry, b, put(4, struct.pack(">Q", 701)))),
        ("kind-9", "B-10", "unsupported", lambda b: with_trailer(entry, b, put(2, b"\x09"))),
        ("zero-byte", "B-10", "corrupt", lambda b: with_trailer(entry, b, put(3, b"\1"))),
        ("more-after-tensors", "B-10", "corrupt", lambda b: with_trailer(entry, b, lambda p: p + b"\0")),
        ("tensor-past-end", "B-10", "corrupt", lambda b: with_trailer(entry, b, lambda p: p[:-8] + struct.pack(">Q", 701))),
    ]
    for name, rule, status, change in bad:
        (folder / f"bad-{name}.body").write_bytes(change(body))
        entries.append(dict(entry, body=f"bad-{name}.body", opens=False, rule=rule, status=status))
    entries.append(dict(entry, opens=False, rule="B-9", status="corrupt", file_index=entry["file_index"] + 1))
    other = hashlib.sha256(b"another key").hexdigest()
    entries.append(dict(entry, opens=False, rule="B-9", status="corrupt", dek=other))
    text = json.dumps({"format": "sealed body 1", "bodies": entries}, indent=1, sort_keys=True)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
