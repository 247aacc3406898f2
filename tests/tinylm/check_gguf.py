#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Check a GGUF v3 file strictly, without the code that wrote it.

usage: check_gguf.py FILE

Every byte must be accounted for: metadata, tensor list, padding of zeros, tensors in order without
holes. The vocabulary arrays must have one length. Rules: ggml, docs/gguf.md and src/gguf.cpp. Only
the standard library is used. Prints the number of tensors and of bytes.
"""
import os
import struct
import sys

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY, BOOL = 8, 9, 7
TYPES = {0: 4, 1: 2, 30: 2}  # F32, F16, BF16: bytes of an element


def fail(text):
    sys.exit(f"{sys.argv[1]}: {text}")


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        if count > len(self.data) - self.at:
            fail(f"truncated at {self.at}")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, code):
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self):
        return self.take(self.number("Q")).decode("utf-8")

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            inner = self.number("I")
            if inner == ARRAY:
                fail("an array of arrays")
            return [self.value(inner) for _ in range(self.number("Q"))]
        if kind not in SCALARS:
            fail(f"value type {kind}")
        value = self.number(SCALARS[kind])
        if kind == BOOL and value > 1:
            fail(f"a bool of {value}")
        return value


def read_meta(reader, count):
    meta = {}
    for _ in range(count):
        key = reader.string()
        if key in meta or not key or not key.isascii():
            fail(f"key {key!r}")
        meta[key] = reader.value(reader.number("I"))
    return meta


def read_tensors(reader, count, alignment):
    """Name to (dimensions as written, offset, length); offsets must follow each other."""
    tensors = {}
    offset = 0
    for _ in range(count):
        name = reader.string()
        if name in tensors or not 0 < len(name) < 64:
            fail(f"tensor name {name!r}")
        dims = [reader.number("Q") for _ in range(reader.number("I"))]
        kind = reader.number("I")
        if not 1 <= len(dims) <= 4 or kind not in TYPES:
            fail(f"{name}: {dims} of type {kind}")
        length = TYPES[kind]
        for dim in dims:
            length *= dim
        if reader.number("Q") != offset:
            fail(f"{name}: does not begin at {offset}")
        tensors[name] = (dims, offset, length)
        offset += -(-length // alignment) * alignment
    return tensors, offset


def check_llama(meta, tensors):
    """The shapes that llama.cpp derives from the metadata."""
    words = len(meta["tokenizer.ggml.tokens"])
    if len(set(meta["tokenizer.ggml.tokens"])) != words:
        fail("a token twice")
    for key in ("tokenizer.ggml.scores", "tokenizer.ggml.token_type"):
        if len(meta[key]) != words:
            fail(f"{key} has {len(meta[key])} values for {words} tokens")
    dim, hidden = meta["llama.embedding_length"], meta["llama.feed_forward_length"]
    heads, groups = meta["llama.attention.head_count"], meta["llama.attention.head_count_kv"]
    narrow = dim // heads * groups
    wanted = {"token_embd.weight": [dim, words], "output_norm.weight": [dim]}
    for layer in range(meta["llama.block_count"]):
        for part, dims in {
            "attn_norm": [dim], "attn_q": [dim, dim], "attn_k": [dim, narrow],
            "attn_v": [dim, narrow], "attn_output": [dim, dim], "ffn_norm": [dim],
            "ffn_gate": [dim, hidden], "ffn_up": [dim, hidden], "ffn_down": [hidden, dim],
        }.items():
            wanted[f"blk.{layer}.{part}.weight"] = dims
    found = {name: dims for name, (dims, _, _) in tensors.items()}
    found_head = found.pop("output.weight", [dim, words])
    if found != wanted or found_head != [dim, words]:
        fail("the tensors are not those of the metadata")


def main():
    size = os.path.getsize(sys.argv[1])
    with open(sys.argv[1], "rb") as file:
        reader = Reader(file.read(min(size, 16 << 20)))
    if reader.take(4) != b"GGUF" or reader.number("I") != 3:
        fail("no GGUF v3")
    tensor_count, meta_count = reader.number("Q"), reader.number("Q")
    meta = read_meta(reader, meta_count)
    alignment = meta.get("general.alignment", 32)
    tensors, data_len = read_tensors(reader, tensor_count, alignment)
    if any(reader.take(-reader.at % alignment)):
        fail("padding that is not zero")
    if reader.at + data_len != size:
        fail(f"the tensors end at {reader.at + data_len} and the file at {size}")
    check_llama(meta, tensors)
    print(f"{sys.argv[1]}: {len(tensors)} tensors, {size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
