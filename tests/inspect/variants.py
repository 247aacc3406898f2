#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Variants of every malicious sample, for inspect_variants: none of them may pass.

usage: variants.py CORPUS >STREAM

Each variant is a record: transformation, sample and file name (each with its length as 2 bytes, big-endian), then the content with
its length as 4 bytes. Bytes are copied and rearranged, pickles are read opcode by opcode; nothing is loaded. Deterministic.
"""
import bz2
import gzip
import io
import lzma
import os
import pickletools
import random
import struct
import sys
import tarfile
import zipfile
import zlib

BENIGN_PICKLE = b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s."
MOMENT = (2024, 1, 1, 0, 0, 0)


def records(corpus):
    for group in sorted(os.listdir(corpus)):
        manifest = os.path.join(corpus, group, "MANIFEST.tsv")
        if not os.path.exists(manifest):
            continue
        with open(manifest, encoding="utf-8") as lines:
            for line in lines:
                fields = line.rstrip("\n").split("\t")
                if fields[1] == "malicious":
                    path = os.path.join(corpus, group, fields[0])
                    with open(path, "rb") as f:
                        yield f"{group}/{fields[0]}", f.read()


def zipped(members, method=zipfile.ZIP_STORED, zip64=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            info = zipfile.ZipInfo(name, MOMENT)
            info.compress_type = method
            with z.open(info, "w", force_zip64=zip64) as f:
                f.write(data)
    return out.getvalue()


def patch(data, signature, offset, value):
    """Put value at offset after each signature: how single fields of one directory are made to lie."""
    data = bytearray(data)
    at = data.find(signature)
    while at >= 0:
        data[at + offset : at + offset + len(value)] = value
        at = data.find(signature, at + 4)
    return bytes(data)


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def zip_variants(name, data):
    z = zipped([(name, data)])
    yield "zip stored", "m.zip", z
    yield "zip deflated", "m.zip", zipped([(name, data)], zipfile.ZIP_DEFLATED)
    yield "zip64", "m.zip", zipped([(name, data)], zip64=True)
    for bit in (0x1, 0x20, 0x40, 0x2000):
        flags = struct.pack("<H", bit)
        yield f"zip flag {bit:#x} central", "m.zip", patch(z, CENTRAL, 8, flags)
        yield f"zip flag {bit:#x} both", "m.zip", patch(patch(z, CENTRAL, 8, flags), LOCAL, 6, flags)
    yield "zip crc central", "m.zip", patch(z, CENTRAL, 16, b"\0\0\0\0")
    yield "zip crc both", "m.zip", patch(patch(z, CENTRAL, 16, b"\1\0\0\0"), LOCAL, 14, b"\1\0\0\0")
    yield "zip name mismatch", "m.zip", patch(z, LOCAL, 30, b"\x7a")
    yield "zip method mismatch", "m.zip", patch(z, LOCAL, 8, b"\x08\0")
    yield "zip size mismatch", "m.zip", patch(z, LOCAL, 18, b"\1\0\0\0")
    yield "zip text name", "m.zip", zipped([("notes.txt", data)])
    yield "zip beside a good one", "m.zip", zipped([("a.pkl", BENIGN_PICKLE), (name, data)])
    yield "zip duplicate name", "m.zip", zipped([(name, BENIGN_PICKLE)])[:-22] + z
    yield "zip prefix", "m.zip", b"PREFIX!!" + z
    yield "zip suffix", "m.zip", z + b"SUFFIX!!"
    yield "zip truncated", "m.zip", z[:-10]
    yield "zip without end", "m.zip", z[: z.rfind(CENTRAL)]
    yield "zip stacked", "m.zip", zipped([("a.pkl", BENIGN_PICKLE)]) + z
    yield "zip in zip", "m.zip", zipped([("inner.zip", z)])
    yield "torch zip", "m.pt", zipped(
        [("m/data.pkl", data), ("m/byteorder", b"little"), ("m/version", b"3\n")]
    )
    yield "npz", "m.npz", zipped([("a.npy", npy_object(data))])
    yield "keras", "m.keras", zipped(
        [("metadata.json", b"{}"), ("config.json", data), ("model.weights.h5", data)]
    )
    yield "skops", "m.skops", zipped([("schema.json", b"{}"), ("0.npy", npy_object(data)), ("x.pkl", data)])


def npy_object(payload):
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + payload


def tarred(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        info = tarfile.TarInfo(os.path.basename(name)[:90])
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def wrap_variants(name, data):
    yield "gzip", name + ".gz", gzip.compress(data, mtime=0)
    yield "zlib", name + ".z", zlib.compress(data)
    yield "bz2", name + ".bz2", bz2.compress(data)
    yield "xz", name + ".xz", lzma.compress(data)
    yield "lzma", name + ".lzma", lzma.compress(data, lzma.FORMAT_ALONE)
    yield "gzip twice", name + ".gz", gzip.compress(data, mtime=0) + gzip.compress(b"", mtime=0)
    yield "gzip of zip", name + ".gz", gzip.compress(zipped([(name, data)]), mtime=0)
    yield "tar", name + ".tar", tarred(name, data)
    yield "tar gz", name + ".tar.gz", gzip.compress(tarred(name, data), mtime=0)


def edge_variants(name, data):
    for extension in (".pkl", ".bin", ".pt", ".dat", ".npy", ".safetensors", ".onnx", ".gguf", ".h5", ".txt", ".xyz", ""):
        yield f"renamed to '{extension}'", "model" + extension, data
    yield "prefix of zeros", name, b"\0" * 16 + data
    yield "prefix of a pickle", name, BENIGN_PICKLE + data
    yield "suffix of zeros", name, data + b"\0" * 16
    yield "suffix of text", name, data + b"\nthe end\n"
    yield "suffix of a pickle", name, data + BENIGN_PICKLE
    yield "twice", name, data + data
    for cut in (1, 2, 5):
        yield f"cut by {cut}", name, data[:-cut]
    header = b"{}" + b" " * 6
    yield "behind safetensors", "model.safetensors", struct.pack("<Q", len(header)) + header + data
    yield "behind npy", "model.npy", npy_object(data)
    yield "behind numbers in npy", "model.npy", npy_object(b"").replace(b"|O", b"<i8") + b"\0" * 8 + data


def opcodes(data):
    """(name, argument, bytes) of each opcode, then what follows STOP; None when it does not parse to its end, or when its frames lie:
    then they are the attack, and what is left of it without them is none."""
    try:
        parsed = [(op.name, arg, pos) for op, arg, pos in pickletools.genops(data)]
    except Exception:  # pylint: disable=broad-except # whatever is wrong with it, there is nothing to rearrange
        return None
    stop = parsed[-1][2] + 1
    ends = [pos for _, _, pos in parsed[1:]] + [stop]
    if any(name == "FRAME" and pos + 9 + length not in ends for name, length, pos in parsed):
        return None
    return [(n, a, data[p:e]) for (n, a, p), e in zip(parsed, ends)] + [("TAIL", None, data[stop:])]


STRINGS = {"SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "BINUNICODE8"}


def unframed(ops):
    return [op for op in ops if op[0] != "FRAME"]


def rebuilt(ops, change):
    return b"".join(change(*op) for op in unframed(ops))


def pickle_variants(name, data):
    ops = opcodes(data)
    if ops is None or len(ops) > 5000:
        return
    dice = random.Random(name)
    slots = iter(range(200, 100000))

    def through_memo(op, _, raw):
        if op not in STRINGS:
            return raw
        slot = struct.pack("<I", next(slots))
        return raw + b"r" + slot + b"0" + b"j" + slot

    def through_far_memo(op, _, raw):
        if op not in STRINGS:
            return raw
        slot = dice.randrange(1 << 20, 1 << 24)
        return raw + b"r" + struct.pack("<I", slot) + b"0j" + struct.pack("<I", slot)

    def with_noise(op, _, raw):
        return raw + (b"K\x010" if op in STRINGS else b"")

    def with_duplicates(op, _, raw):
        return raw + (b"20" if op in STRINGS else b"")

    def long_strings(op, arg, raw):
        if op != "SHORT_BINUNICODE":
            return raw
        text = arg.encode("utf-8", "surrogatepass")
        return b"\x8d" + struct.pack("<Q", len(text)) + text

    def text_strings(op, arg, raw):
        if op not in STRINGS or not arg.isascii() or "\n" in arg or "\\" in arg:
            return raw
        return b"V" + arg.encode() + b"\n"

    def global_by_stack(op, arg, raw):
        if op != "GLOBAL":
            return raw
        module, attribute = arg.split(" ", 1)
        out = b""
        for text in (module.encode(), attribute.encode()):
            out += b"X" + struct.pack("<I", len(text)) + text
        return out + b"\x93"

    def other_protocol(number):
        def change(op, _, raw):
            return bytes((0x80, number)) if op == "PROTO" else raw

        return change

    yield "through the memo", name, rebuilt(ops, through_memo)
    yield "through a sparse memo", name, rebuilt(ops, through_far_memo)
    yield "pushed and popped", name, rebuilt(ops, with_noise)
    yield "duplicated", name, rebuilt(ops, with_duplicates)
    yield "8-byte strings", name, rebuilt(ops, long_strings)
    yield "text strings", name, rebuilt(ops, text_strings)
    yield "STACK_GLOBAL", name, rebuilt(ops, global_by_stack)
    for number in (0, 1, 2, 3, 4, 5, 6):
        yield f"protocol {number}", name, rebuilt(ops, other_protocol(number))
    bare = b"".join(raw for op, _, raw in unframed(ops) if op != "PROTO")
    yield "without protocol", name, bare
    yield "framed", name, b"\x80\x04\x95" + struct.pack("<Q", len(bare)) + bare
    yield "framed short", name, b"\x80\x04\x95" + struct.pack("<Q", max(len(bare) - 3, 0)) + bare
    tail = ops[-1][2]
    body = bare[: len(bare) - len(tail) - 1]
    yield "result hidden", name, body + b"0N." + tail
    yield "before a good value", name, body + b"0" + BENIGN_PICKLE[2:] + tail
    yield "in a list", name, b"]" + body + b"a." + tail
    yield "in a tensor's name", name, b"}" + body + b"K\x01s." + tail
    yield "joblib", "m.joblib", b"\x80\x03}X\x01\x00\x00\x00a" + body + b"s." + tail
    yield "legacy torch", "m.pt", (
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + bare + b"\x80\x02]."
    )


def write(out, kind, sample, name, data):
    for text in (kind, sample, name):
        raw = text.encode()
        out.write(struct.pack(">H", len(raw)) + raw)
    out.write(struct.pack(">I", len(data)) + data)


def main():
    out = sys.stdout.buffer
    for sample, data in records(sys.argv[1]):
        name = os.path.basename(sample)
        for make in (edge_variants, wrap_variants, zip_variants, pickle_variants):
            if len(data) > 500000 and make is not edge_variants:
                continue
            for kind, file_name, variant in make(name, data):
                write(out, kind, sample, file_name, variant)


if __name__ == "__main__":
    main()
