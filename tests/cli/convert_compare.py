#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Make files with PyTorch and NumPy, have them converted, and compare every tensor bit by bit.

usage: compare.py make FOLDER      write the files and what is in them (FOLDER/NAME.expected.npz)
       compare.py check FOLDER     compare FOLDER/NAME.safetensors with that
The safetensors file is read here without the program under test.
"""

import json
import os
import struct
import sys

import numpy as np
import torch

BYTES = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "F16": 2, "BF16": 2, "I32": 4, "F32": 4, "I64": 8, "F64": 8, "C64": 8,
         "U16": 2, "U32": 4, "U64": 8}
NAMES = {torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16", torch.float16: "F16",
         torch.bfloat16: "BF16", torch.int32: "I32", torch.float32: "F32", torch.int64: "I64", torch.float64: "F64",
         torch.complex64: "C64"}


def tensors():
    """Name and tensor: every type and way to lie in a storage."""
    torch.manual_seed(7)
    for dtype, name in NAMES.items():
        if dtype is torch.bool:
            yield name, torch.rand(3, 5) > 0.5
        elif dtype.is_floating_point or dtype.is_complex:
            yield name, torch.randn(3, 5, dtype=torch.complex64 if dtype.is_complex else torch.float32).to(dtype)
        else:
            yield name, torch.randint(0, 100, (3, 5)).to(dtype)
    base = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
    yield "base", base
    yield "transposed", base.transpose(1, 3)
    yield "permuted", base.permute(3, 1, 0, 2)
    yield "part", base[1, 1:, ::2, 3]
    yield "expanded", torch.randn(4, 1).expand(4, 300)
    yield "channels_last", torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    yield "flat", base.view(-1)[17:40]
    yield "scalar", torch.tensor(3.25, dtype=torch.float64)
    yield "empty", torch.zeros(0, 3)
    yield "empty_end", base[2:]
    yield "bf16_view", torch.randn(7, 9).to(torch.bfloat16).t()
    yield "nan", torch.tensor([float("nan"), float("inf"), -0.0, 1e-45])
    yield "long", torch.randn(300000)


def raw(tensor):
    """Its bits, as unsigned integers of the size of an element."""
    tensor = tensor.detach().contiguous()
    if tensor.dtype is torch.bfloat16:
        return tensor.view(torch.int16).numpy()
    return tensor.numpy()


def write_expected(path, named):
    arrays = {}
    for name, tensor in named.items():
        arrays["dtype:" + name] = np.array(NAMES[tensor.dtype])
        arrays["bits:" + name] = np.frombuffer(raw(tensor).tobytes(), dtype=np.uint8)
        arrays["shape:" + name] = np.array(list(tensor.shape), dtype=np.int64)
    np.savez(path, **arrays)


def flatten(value, prefix=""):
    for key, item in value.items():
        if isinstance(item, dict):
            yield from flatten(item, prefix + str(key) + ".")
        elif isinstance(item, torch.Tensor):
            yield prefix + str(key), item


def make_torch(folder):
    state = dict(tensors())
    nested = {"epoch": 3, "lr": 0.1, "model": {"encoder": {"w": state["base"], "b": state["BF16"]}, "tied": state["base"]},
              "note": "text", "none": None, "flag": True, "state": {0: {"step": torch.tensor(5.0)}, 1: {"step": torch.ones(2)}}}
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3)).state_dict()
    parameters = {"p": torch.nn.Parameter(torch.randn(3)), "q": torch.nn.Parameter(torch.randn(2, 2).t(), requires_grad=False)}
    for name, value in {"all": state, "nested": nested, "module": module, "parameters": parameters}.items():
        torch.save(value, f"{folder}/{name}.pt")
        torch.save(value, f"{folder}/{name}.legacy.pth", _use_new_zipfile_serialization=False)
        for stem in (name, name + ".legacy"):
            write_expected(f"{folder}/{stem}.expected.npz", dict(flatten(value)))
    torch.save(state["transposed"], f"{folder}/single.pt")
    write_expected(f"{folder}/single.expected.npz", {"tensor": state["transposed"]})


def make_numpy(folder):
    rng = np.random.default_rng(5)
    arrays = {letter + str(size): rng.integers(0, 100, (4, 6)).astype(f"<{letter}{size}")
              for letter, sizes in (("i", (1, 2, 4, 8)), ("u", (1, 2, 4, 8)), ("f", (2, 4, 8))) for size in sizes}
    arrays.update({"b1": rng.random((3, 3)) > 0.5, "c8": (rng.random(5) + 1j).astype("<c8"),
                   "fortran": np.asfortranarray(rng.random((3, 4, 5))), "big": rng.random((2, 3)).astype(">f8"),
                   "big_complex": (rng.random(4) + 2j).astype(">c8"), "scalar": np.array(7, dtype="<u2"),
                   "empty": np.zeros((0, 2), dtype="<f4")})
    words = {"b1": "BOOL", "c8": "C64", "i1": "I8", "u1": "U8", "i2": "I16", "u2": "U16", "f2": "F16", "i4": "I32", "u4": "U32",
             "f4": "F32", "i8": "I64", "u8": "U64", "f8": "F64"}

    def expect(path, named):
        out = {}
        for name, array in named.items():
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            out["dtype:" + name] = np.array(words[array.dtype.str[1:]])
            out["bits:" + name] = np.frombuffer(little.tobytes(), dtype=np.uint8)
            out["shape:" + name] = np.array(array.shape, dtype=np.int64)
        np.savez(path, **out)

    np.savez(f"{folder}/arrays.npz", **arrays)
    np.savez_compressed(f"{folder}/packed.npz", **arrays)
    for stem in ("arrays", "packed"):
        expect(f"{folder}/{stem}.expected.npz", arrays)
    np.save(f"{folder}/one.npy", arrays["fortran"])
    expect(f"{folder}/one.expected.npz", {"tensor": arrays["fortran"]})


def read_safetensors(path):
    with open(path, "rb") as f:
        content = f.read()
    (length,) = struct.unpack("<Q", content[:8])
    assert length % 8 == 0
    header = json.loads(content[8:8 + length])
    return header.pop("__metadata__"), header, content[8 + length:]


def check(path, expected):
    metadata, header, data = read_safetensors(path)
    assert metadata["format"] == "pt" and len(metadata["strongroom.converted_from_sha256"]) == 64
    names = {key[5:] for key in expected.files if key.startswith("bits:")}
    assert set(header) == names, f"{path}: {sorted(set(header) ^ names)}"
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == str(expected["dtype:" + name]), f"{path}: {name}: {entry['dtype']}"
        assert entry["shape"] == expected["shape:" + name].tolist(), f"{path}: {name}: {entry['shape']}"
        assert begin % BYTES[entry["dtype"]] == 0, f"{path}: {name} is not aligned"
        assert data[begin:end] == expected["bits:" + name].tobytes(), f"{path}: {name} differs"
    return len(header)


def main():
    what, folder = sys.argv[1:]
    if what == "make":
        make_torch(folder)
        make_numpy(folder)
        return
    files = tensors_seen = 0
    for entry in sorted(os.listdir(folder)):
        if entry.endswith(".expected.npz"):
            stem = entry[:-len(".expected.npz")]
            tensors_seen += check(f"{folder}/{stem}.safetensors", np.load(f"{folder}/{entry}"))
            files += 1
    print(f"{files} files, {tensors_seen} tensors")


main()
