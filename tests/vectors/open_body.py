#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Open sealed bodies, independently of the C code: written from docs/formats/sealed-body.md.

open_body.py check MANIFEST [BODY_FOLDER]   every body of a manifest opens, or is refused, as it says
open_body.py tour PROGRAM                   seal with PROGRAM (make_body) and open what it wrote
"""
import hashlib
import hmac
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

PAGE = 4096
SEGMENT = 1 << 20
PAYLOAD = SEGMENT - 32
MAGIC = bytes.fromhex("895352420d0a1a0a")
END_MAGIC = bytes.fromhex("535242454e440d0a")


class Refused(Exception):
    """The body breaks the rule that is named."""


def require(condition, rule):
    if not condition:
        raise Refused(rule)


def expand(key, info, length):
    return HKDFExpand(hashes.SHA384(), length, info).derive(key)


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def root(leaves):
    """RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


def cut_segments(data, rule):
    """B-5: the segments of a stream, the last one final and only ever empty if alone."""
    segments = [data[i : i + SEGMENT] for i in range(0, len(data), SEGMENT)]
    require(segments and len(segments[-1]) >= 32, rule)
    require(len(segments) == 1 or len(segments[-1]) > 32, rule)
    return segments


def open_floe(key, aad, header, segments):
    """The plaintext of each segment."""
    params = bytes([0, 0]) + struct.pack(">II", SEGMENT, 32)
    require(header[:10] == params, "B-2")
    prefix = header[:42]
    tag = expand(key, prefix + b"HEADER_TAG:" + aad, 32)
    require(hmac.compare_digest(tag, header[42:]), "B-9")
    message_key = expand(key, prefix + b"MESSAGE_KEY:" + aad, 48)
    plain = []
    for index, segment in enumerate(segments):
        is_final = index == len(segments) - 1
        word = len(segment) if is_final else 0xFFFFFFFF
        require(struct.unpack(">I", segment[:4])[0] == word, "B-9")
        purpose = b"DEK:" + struct.pack(">Q", index >> 20 << 20)
        segment_key = expand(message_key, prefix + purpose + aad, 32)
        try:
            plain.append(
                AESGCM(segment_key).decrypt(
                    segment[4:16], segment[16:], struct.pack(">QB", index, is_final)
                )
            )
        except InvalidTag:
            raise Refused("B-9") from None
    return plain


def open_header_page(page, object_id):
    require(page[:8] == MAGIC, "B-1")
    version, suite, segment = struct.unpack(">HHI", page[8:16])
    require((version, suite, segment) == (1, 1, SEGMENT), "B-2")
    require(page[16:32] == object_id, "B-4")
    require(not any(page[32:4022]), "B-3")
    return page[4022:]


def decode_tensors(data, plain_bytes):
    """docs/formats/tensor-index.md, as far as offsets go."""
    (count,) = struct.unpack_from(">I", data)
    at = 4
    tensors = []
    for _ in range(count):
        (name_len,) = struct.unpack_from(">H", data, at)
        name = data[at + 2 : at + 2 + name_len].decode()
        at += 2 + name_len
        _, rank = struct.unpack_from(">BB", data, at)
        shape = struct.unpack_from(f">{rank}Q", data, at + 2)
        begin, end = struct.unpack_from(">QQ", data, at + 2 + 8 * rank)
        at += 2 + 8 * rank + 16
        require(begin <= end <= plain_bytes, "B-10")
        tensors.append({"name": name, "shape": list(shape), "begin": begin, "end": end})
    require(at == len(data), "B-10")
    return tensors


def open_body(body, dek, object_id, version_id, file_index):
    """All there is to know of a body: facts and plaintext, or Refused."""
    require(len(body) >= PAGE + 32, "B-12")
    floe_header = open_header_page(body[:PAGE], object_id)
    stream_bytes, trailer_bytes, table_bytes = struct.unpack(">QQQ", body[-32:-8])
    require(body[-8:] == END_MAGIC, "B-12")
    require(stream_bytes + trailer_bytes + table_bytes + 32 == len(body), "B-12")
    require(stream_bytes > PAGE and trailer_bytes > 74, "B-12")
    stream = body[:stream_bytes]
    trailer = body[stream_bytes : stream_bytes + trailer_bytes]
    table = body[stream_bytes + trailer_bytes : -32]

    segments = cut_segments(stream[PAGE:], "B-12")
    trailer_segments = cut_segments(trailer[74:], "B-12")
    require(table_bytes == 32 * (len(segments) + 2), "B-12")

    key = expand(dek, b"strongroom/v1/file" + object_id, 32)
    name = struct.pack(">HH", 1, 1) + object_id + version_id + struct.pack(">I", file_index)
    plain = open_floe(key, b"strongroom/v1/body" + name, floe_header, segments)
    trailer_aad = b"strongroom/v1/trailer" + name + struct.pack(">Q", stream_bytes) + floe_header
    facts = b"".join(open_floe(key, trailer_aad, trailer[:74], trailer_segments))

    require(len(facts) >= 112, "B-10")
    trailer_version, kind, zero, plain_bytes = struct.unpack(">HBBQ", facts[:12])
    require(trailer_version == 1 and kind <= 2 and zero == 0, "B-10")
    require(plain_bytes == sum(map(len, plain)), "B-10")
    tensors = decode_tensors(facts[108:], plain_bytes)

    rows = [table[i : i + 32] for i in range(0, len(table), 32)]
    require(hashlib.sha256(b"".join(rows[:-1])).digest() == facts[76:108], "B-11")
    require(rows[-1] == leaf(trailer), "B-11")
    pieces = [stream[:PAGE]] + segments + [trailer]
    require([leaf(piece) for piece in pieces] == rows, "B-15")

    whole = b"".join(plain)
    require(hashlib.sha256(whole).digest() == facts[12:44], "B-10")
    tree = root([leaf(segment) for segment in plain] if whole else [])
    require(tree == facts[44:76], "B-10")
    return {
        "kind": kind,
        "sha256": facts[12:44].hex(),
        "root": tree.hex(),
        "body_root": root(rows).hex(),
        "tensors": tensors,
        "plain": whole,
    }


def open_entry(body, entry):
    return open_body(
        body,
        bytes.fromhex(entry["dek"]),
        bytes.fromhex(entry["object"]),
        bytes.fromhex(entry["version"]),
        entry["file_index"],
    )


def check_entry(entry, body, number):
    """One line of TAP."""
    try:
        opened = open_entry(body, entry)
        wrong = [
            field
            for field in ("kind", "sha256", "root", "body_root", "tensors")
            if opened[field] != entry.get(field)
        ]
        result = "opens" if not wrong else "differs in " + ", ".join(wrong)
    except Refused as refusal:
        result = f"refused by {refusal}"
    expected = "opens" if entry["opens"] else f"refused by {entry['rule']}"
    is_right = result == expected
    print(f"{'ok' if is_right else 'not ok'} {number} - {entry['body']}: {result}")
    if not is_right:
        print(f"# expected: {expected}")
    return is_right


def check(manifest_path, folder=None):
    manifest = json.loads(pathlib.Path(manifest_path).read_text(encoding="utf-8"))
    folder = pathlib.Path(folder) if folder else pathlib.Path(manifest_path).parent
    print(f"1..{len(manifest['bodies'])}")
    results = [
        check_entry(entry, (folder / entry["body"]).read_bytes(), number)
        for number, entry in enumerate(manifest["bodies"], 1)
    ]
    return 0 if results and all(results) else 1


def tour(program):
    """Sizes around every edge, sealed now: what is frozen cannot show what today's writer does."""
    sizes = [0, 1, 1000, PAYLOAD - 1, PAYLOAD, PAYLOAD + 1, 2 * PAYLOAD, 2 * PAYLOAD + 7]
    with tempfile.TemporaryDirectory() as folder:
        entries = [
            json.loads(
                subprocess.run(
                    [program, f"{folder}/{size}.body", str(size), str(number)],
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            for number, size in enumerate(sizes)
        ]
        manifest = pathlib.Path(folder) / "manifest.json"
        manifest.write_text(json.dumps({"bodies": entries}), encoding="utf-8")
        return check(manifest)


def main(argv):
    if len(argv) >= 3 and argv[1] == "check":
        return check(*argv[2:4])
    if len(argv) == 3 and argv[1] == "tour":
        return tour(argv[2])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
