#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long `strongroom inspect` takes: its start with a small file, and large files, looked at and hashed, against `openssl dgst -sha256`
of the same file in the same run.

usage: speed.py PROGRAM [FOLDER [GIB [RUNS]]]

Both are whole processes, take turns, and read from the page cache; the ratio is the median of the ratios of neighbours. Give a machine that
does nothing else: both want a core for SHA-256, and the inspection one more.
"""
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

BLOCK = os.urandom(1 << 20)


def random_bytes(f, count):
    for _ in range(count >> 20):
        f.write(BLOCK)
    f.write(BLOCK[: count & 0xFFFFF])


def safetensors(path, count):
    header = json.dumps({"w": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(header)) + header)
        random_bytes(f, count)


def gguf(path, count):
    name, kind = b"w", 24  # GGML_TYPE_I8
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 0)
    head += struct.pack("<Q", len(name)) + name + struct.pack("<IQIQ", 1, count, kind, 0)
    with open(path, "wb") as f:
        f.write(head + bytes(-len(head) % 32))
        random_bytes(f, count)
        f.write(bytes(-count % 32))


def torch_zip(path, count):
    """What torch.save({"w": a ByteTensor}) writes, without torch."""
    size = b"\x8a\x08" + struct.pack("<q", count)
    pickle = b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n("
    pickle += b"(X\x07\0\0\0storagectorch\nByteStorage\nX\x01\0\0\x000X\x03\0\0\0cpu" + size + b"tQ"
    pickle += b"K\0" + size + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRs."
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
        z.writestr("archive/data.pkl", pickle)
        with z.open("archive/data/0", "w", force_zip64=True) as f:
            random_bytes(f, count)
        z.writestr("archive/version", b"3\n")


def seconds(line):
    start = time.perf_counter()
    done = subprocess.run(line, capture_output=True, check=False)
    spent = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{line}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return spent


def against_openssl(program, path, runs):
    ours, theirs = [], []
    seconds([program, "inspect", path])  # into the page cache
    for _ in range(runs):
        ours.append(seconds([program, "inspect", path]))
        theirs.append(seconds(["openssl", "dgst", "-sha256", path]))
    size = os.path.getsize(path) / 1e9
    ratio = statistics.median(t / o for o, t in zip(ours, theirs))
    return size / statistics.median(ours), size / statistics.median(theirs), ratio


def main():
    program = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) > 2 else None
    count = int(float(sys.argv[3] if len(sys.argv) > 3 else 1) * 2**30)
    runs = int(sys.argv[4]) if len(sys.argv) > 4 else 9
    with tempfile.TemporaryDirectory(prefix="inspect-speed-", dir=folder) as work:
        small = os.path.join(work, "small.safetensors")
        safetensors(small, 1000)
        starts = sorted(seconds([program, "inspect", small]) for _ in range(10 * runs))
        empty = sorted(seconds([program, "version"]) for _ in range(10 * runs))
        print(f"start and a small file: {1000 * statistics.median(starts):.1f} ms (target 5), of which {1000 * statistics.median(empty):.1f} ms are"
              " any start of the program")
        print("\n| file | inspected and hashed | `openssl dgst -sha256` | ratio | target |\n|---|---:|---:|---:|---:|")
        for name, make in (("safetensors", safetensors), ("GGUF", gguf), ("PyTorch zip", torch_zip)):
            path = os.path.join(work, {"safetensors": "m.safetensors", "GGUF": "m.gguf"}.get(name, "m.pt"))
            make(path, count)
            ours, theirs, ratio = against_openssl(program, path, runs)
            print(f"| {name}, {count / 2**30:g} GiB | {ours:.2f} GB/s | {theirs:.2f} GB/s | {ratio:.2f} | 0.85 |", flush=True)
            os.unlink(path)


main()
