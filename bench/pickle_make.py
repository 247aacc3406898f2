#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make pickles that are opcodes and little else, for pickle_bench.

usage: pickle_make.py FOLDER

records-2.pkl, records-4.pkl: dicts of settings as training runs keep them, protocols 2 and 4; integers.pkl: one list;
pairs.pkl and lists.pkl: the most values for a byte. Each about 8 MB. Deterministic.
"""
import os
import pickle
import random
import sys


def record(number, rng):
    return {
        "id": number,
        "name": f"layer.{number}.weight",
        "shape": (rng.randrange(4096), rng.randrange(4096)),
        "flags": [True, False, None, number & 255, number],
        "scale": rng.random(),
        "tags": ["a", "bc", ("x", number)],
    }


def main(folder):
    rng = random.Random(1)
    records = [record(number, rng) for number in range(90000)]
    values = {
        "records-2.pkl": (records, 2),
        "records-4.pkl": (records, 4),
        "integers.pkl": ([number & 255 for number in range(4000000)], 4),
        "pairs.pkl": ([(number & 255, 1) for number in range(1400000)], 4),
        "lists.pkl": ([[] for _ in range(4000000)], 4),
    }
    for name, (value, protocol) in values.items():
        with open(os.path.join(folder, name), "wb") as file:
            pickle.dump(value, file, protocol=protocol)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
