#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write HDF5 files of many shapes with h5py, each in the format of the oldest and of the newest
library. The name of each begins with the verdict that it has to get.

usage: hdf5_files.py FOLDER      exits with 77 when there is no h5py
"""
import os
import sys

try:
    import h5py
    import numpy
except ImportError:
    sys.exit(77)


def keras(file, layers):
    file.attrs["model_config"] = b'{"class_name": "Sequential", "config": {"layers": []}}'
    file.attrs["keras_version"] = b"2.15.0"
    file.attrs["backend"] = "tensorflow"
    weights = file.create_group("model_weights")
    weights.attrs["layer_names"] = numpy.array([f"dense_{i}".encode() for i in range(layers)])
    for i in range(layers):
        layer = weights.create_group(f"dense_{i}")
        layer.attrs["weight_names"] = [f"dense_{i}/kernel:0".encode(), f"dense_{i}/bias:0".encode()]
        inner = layer.create_group(f"dense_{i}")
        inner.create_dataset("kernel:0", data=numpy.ones((3, 4), "f4"))
        inner.create_dataset("bias:0", data=numpy.ones((4,), "f4"))


def texts(file):
    column = file.create_dataset("s", (3,), dtype=h5py.string_dtype())
    column[:] = ["a", "bcd", "x" * 100]
    file.create_dataset("v", data="hello")
    file.create_dataset("f", data=numpy.array([b"ab", b"cde"]))


def attributes(file):
    for i in range(20):
        file.attrs[f"a{i}"] = i


def nested(file):
    for i in range(10):
        file = file.create_group(f"g{i}")
    file.create_dataset("d", data=numpy.float32(3))


def groups(file):
    for i in range(300):
        file.create_group(f"layer_with_a_long_name_{i}")


def many_links(file):
    file["a"] = 1
    for i in range(70):
        file[f"another_name_of_the_same_data_set_{i}"] = file["a"]


def hard_links(file):
    file["a"] = numpy.arange(3)
    file["b"] = file["a"]
    file.create_group("g")["up"] = file["/"]


def types(file):
    for i, name in enumerate(("i1", "u2", ">i4", "u8", "f2", "f4", ">f8", "?", "S5", "c8", "V4")):
        file.create_dataset(f"t{i}", data=numpy.zeros(3, name))
    file.create_dataset("empty", data=h5py.Empty("f4"))
    file.create_dataset("zero", shape=(0, 3), dtype="f4")
    file.create_dataset("array", shape=(2,), dtype=numpy.dtype(("f4", (2, 3))))
    file.attrs["b"] = True
    file.attrs["e"] = h5py.Empty("f4")
    file.attrs["reference"] = file["t0"].ref


def tracked(file):
    group = file.create_group("a", track_order=True)
    for i in range(12):
        group.create_group(f"g{i}")


def few_tracked(file):
    file.create_group("a", track_order=True).create_group("b")


def changed(file):
    for i in range(5):
        file.attrs["m"] = "x" * (i * 7 + 1)


def deleted(file):
    for i in range(30):
        file.create_dataset(f"d{i}", data=numpy.arange(100) + 1)
    for i in range(0, 30, 2):
        del file[f"d{i}"]


def early(file):
    """All chunks are there from the beginning, one after the other."""
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_chunk((4, 4))
    create.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple((8, 8))
    h5py.h5d.create(file.id, b"d", h5py.h5t.IEEE_F32LE, space, create)


def comment(file):
    file.create_group("a")
    h5py.h5o.set_comment(file["a"].id, b"hello")


def nested_vlen(file):
    kind = numpy.dtype([("a", "i4"), ("b", h5py.string_dtype())])
    file.create_dataset("d", data=numpy.array([(1, "x")], dtype=kind))


def make(**options):
    return lambda file: file.create_dataset("d", **options)


def attribute(name, value):
    return lambda file: file.attrs.__setitem__(name, value)


def item(name, value):
    return lambda file: file.__setitem__(name, value)


def squares(size):
    return numpy.zeros((size, size))


EXTERNAL = [("/etc/passwd", 0, 10)]
BOTH = {
    "pass-empty": lambda file: None,
    "pass-keras": lambda file: keras(file, 1),
    "pass-keras-5": lambda file: keras(file, 5),
    "pass-keras-100": lambda file: keras(file, 100),
    "pass-chunked": make(data=numpy.arange(64.0).reshape(8, 8), chunks=(3, 3)),
    "pass-deflate": make(data=squares(40), chunks=(10, 10), compression="gzip", shuffle=True,
                         fletcher32=True),
    "pass-single": make(data=squares(4), chunks=(4, 4), compression="gzip"),
    "pass-early": early,
    "pass-texts": texts,
    "pass-attributes": attributes,
    "pass-long-attribute": attribute("a", '{"a":"' + "x " * 50000 + '"}'),
    "pass-nested": nested,
    "pass-groups": groups,
    "pass-many-links": many_links,
    "pass-hard-links": hard_links,
    "pass-types": types,
    "pass-tracked": tracked,
    "pass-few-tracked": few_tracked,
    "pass-comment": comment,
    "pass-named-type": item("t", numpy.dtype("f8")),
    "pass-fill": make(shape=(10,), dtype="f4", fillvalue=3.5),
    "pass-unwritten-little": make(shape=(10, 10), dtype="f8", chunks=(5, 5)),
    "review-soft-link": item("x", h5py.SoftLink("/a")),
    "review-code": attribute("a", "import os; exec(input())"),
    "block-external-link": item("x", h5py.ExternalLink("/etc/passwd", "/a")),
    "block-external-storage": make(shape=(10,), dtype="u1", external=EXTERNAL),
    "block-unwritten": make(shape=(1 << 20, 1 << 20), dtype="f8", chunks=(1024, 1024)),
    "block-lambda": attribute("model_config",
                              '{"class_name":"Lambda","config":{"function":"lambda x: x"}}'),
    "block-module": attribute("training_config",
                              '{"loss":{"module":"os","class_name":"function","config":"x"}}'),
    "unparsable-lzf": make(data=squares(40), chunks=(10, 10), compression="lzf"),
    "unparsable-scaleoffset": make(data=numpy.zeros((40, 40), "i4"), chunks=(10, 10),
                                   scaleoffset=4),
    "unparsable-changed": changed,
    "unparsable-deleted": deleted,
    "unparsable-nested-vlen": nested_vlen,
    "unparsable-config": attribute("model_config", "{"),
}


def main():
    folder = sys.argv[1]
    for name, fill in BOTH.items():
        for version in ("earliest", "latest"):
            with h5py.File(os.path.join(folder, f"{name}-{version}.h5"), "w", libver=version) as file:
                fill(file)
    for version, word in (("earliest", "pass"), ("latest", "unparsable")):
        with h5py.File(os.path.join(folder, f"{word}-grows-{version}.h5"), "w", libver=version) as file:
            file.create_dataset("d", data=numpy.zeros((40, 4)), chunks=(4, 4), maxshape=(None, 4))
    layout = h5py.VirtualLayout(shape=(4,), dtype="i4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "d", shape=(4,))
    with h5py.File(os.path.join(folder, "block-virtual.h5"), "w", libver="latest") as file:
        file.create_virtual_dataset("d", layout)
    with h5py.File(os.path.join(folder, "unparsable-user-block.h5"), "w", userblock_size=512):
        pass


main()
