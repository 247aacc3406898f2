#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Check safetensors files strictly, without the code that wrote them.

usage: check_safetensors.py DIR|FILE...

A folder is checked as a model: with an index, its weight_map must name every tensor of every shard
once and metadata.total_size must be the bytes of all tensors. Prints one line for each file.
Rules: huggingface/safetensors, README, "Format". Only the standard library is used.
"""
import json
import os
import struct
import sys

BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}


def fail(path, text):
    sys.exit(f"{path}: {text}")


def no_doubles(path):
    def hook(pairs):
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            fail(path, "a key twice")
        return dict(pairs)

    return hook


def load(path, data):
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=no_doubles(path))
    except ValueError as error:
        fail(path, f"not JSON: {error}")


def is_size(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def check_entry(path, name, entry):
    if set(entry) != {"dtype", "shape", "data_offsets"}:
        fail(path, f"{name}: fields {sorted(entry)}")
    if entry["dtype"] not in BITS:
        fail(path, f"{name}: dtype {entry['dtype']}")
    if not all(is_size(dim) for dim in entry["shape"]):
        fail(path, f"{name}: shape {entry['shape']}")
    begin, end = entry["data_offsets"]
    if not is_size(begin) or not is_size(end) or end < begin:
        fail(path, f"{name}: offsets {begin}, {end}")
    bits = BITS[entry["dtype"]]
    for dim in entry["shape"]:
        bits *= dim
    if bits != (end - begin) * 8:
        fail(path, f"{name}: {end - begin} bytes for {entry['shape']} of {entry['dtype']}")
    return begin, end


def check_file(path):
    """The header of the file without its metadata; offsets tile the data exactly."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        prefix = file.read(8)
        if len(prefix) != 8:
            fail(path, "no header length")
        (header_len,) = struct.unpack("<Q", prefix)
        if header_len > min(100_000_000, size - 8):
            fail(path, f"header of {header_len} bytes in {size}")
        if (8 + header_len) % 8 != 0:
            fail(path, "data is not aligned to 8 bytes")
        text = file.read(header_len)
    if text[:1] != b"{":
        fail(path, "the header does not begin with {")
    header = load(path, text)
    metadata = header.pop("__metadata__", {})
    if not all(isinstance(value, str) for value in metadata.values()):
        fail(path, "metadata that is not text")
    at = 0
    for begin, end in sorted(check_entry(path, name, entry) for name, entry in header.items()):
        if begin != at:
            fail(path, f"hole or overlap at {at}")
        at = end
    if 8 + header_len + at != size:
        fail(path, f"the tensors end at {8 + header_len + at} and the file at {size}")
    print(f"{path}: {len(header)} tensors, {at} bytes")
    return header


def bytes_of(header):
    return sum(entry["data_offsets"][1] - entry["data_offsets"][0] for entry in header.values())


def check_folder(path):
    """All tensors by name, each with the file it is in."""
    index_path = os.path.join(path, "model.safetensors.index.json")
    if not os.path.exists(index_path):
        single = os.path.join(path, "model.safetensors")
        return {name: (single, entry) for name, entry in check_file(single).items()}
    with open(index_path, "rb") as file:
        index = load(index_path, file.read())
    if set(index) != {"metadata", "weight_map"}:
        fail(index_path, f"fields {sorted(index)}")
    on_disk = sorted(name for name in os.listdir(path) if name.endswith(".safetensors"))
    if on_disk != sorted(set(index["weight_map"].values())):
        fail(index_path, f"the shards on disk are {on_disk}")
    total = 0
    tensors = {}
    for shard in on_disk:
        header = check_file(os.path.join(path, shard))
        total += bytes_of(header)
        for name, entry in header.items():
            if index["weight_map"].get(name) != shard:
                fail(index_path, f"{name} is in {shard}")
            tensors[name] = (os.path.join(path, shard), entry)
    if set(tensors) != set(index["weight_map"]):
        fail(index_path, "a tensor that no shard has")
    if total != index["metadata"]["total_size"]:
        fail(index_path, f"total_size is not {total}")
    return tensors


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for argument in sys.argv[1:]:
        (check_folder if os.path.isdir(argument) else check_file)(argument)
