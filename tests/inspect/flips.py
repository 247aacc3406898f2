#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write 50 small valid files of each of the main formats, for inspect_flips.

usage: flips.py >FILES

Each is a record of four numbers of 4 bytes, big-endian (the format's place in FORMATS, the length of the name, where bytes of
tensors begin, the length) and name and content. Deterministic. Nothing is unpickled; arrays and tensors in pickles are stand-ins,
so that neither NumPy nor PyTorch is needed.
"""
import collections
import io
import json
import math
import pickle
import random
import struct
import sys
import types
import zipfile

FORMATS = ("safetensors", "gguf", "pickle", "npy", "pytorch-zip", "onnx", "json", "jinja")
EACH = 50
WORDS = ("wte", "attn", "q", "k.weight", "layer.0", "mlp", "bias", "norm", "h.11.ln", "\u00e9t\u00e9", "lm_head", "x y", "\u4e2d")


def words(rng, count):
    names = []
    while len(names) < count:
        name = ".".join(rng.sample(WORDS, rng.randint(1, 2)))
        if name not in names:
            names.append(name)
    return names


def shape_of(rng, rank_max=3):
    return [rng.choice((0, 1, 1, 2, 2, 3, 4)) for _ in range(rng.randint(0, rank_max))]


def noise(rng, size):
    return bytes(rng.randrange(256) for _ in range(size))


SAFETENSORS_BITS = {"F4": 4, "BOOL": 8, "U8": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "F16": 16, "BF16": 16, "F32": 32, "I64": 64,
                    "C64": 64}


def safetensors(rng):
    header, at = {}, 0
    if rng.random() < 0.4:
        header["__metadata__"] = {"format": "pt", "note": rng.choice(("a \"quoted\" word", "caf\u00e9", "", "line\nbreak"))}
    for name in words(rng, rng.randint(0, 4)):
        dtype, shape = rng.choice(sorted(SAFETENSORS_BITS)), shape_of(rng)
        if math.prod(shape) * SAFETENSORS_BITS[dtype] % 8:
            shape = [2] + shape
        size = math.prod(shape) * SAFETENSORS_BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, ensure_ascii=rng.random() < 0.5, separators=rng.choice(((",", ":"), (", ", ": ")))).encode()
    text += b" " * rng.choice((0, -len(text) % 8))
    head = struct.pack("<Q", len(text)) + text
    return "model.safetensors", head + noise(rng, at), len(head)


GGUF_PLAIN = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<B", 10: "<Q", 11: "<q", 12: "<d"}


def gguf_text(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_value(rng, kind):
    if kind == 8:
        return gguf_text(rng.choice(("llama", "a b", "\u00e9", "", "{{ messages }}")))
    return struct.pack(GGUF_PLAIN[kind], rng.choice((0, 1)) if kind in (6, 7, 12) else rng.randrange(100))


def gguf(rng):
    alignment, keys, infos, data = 32, [], [], b""
    if rng.random() < 0.4:
        alignment = rng.choice((8, 16, 64))
        keys.append(gguf_text("general.alignment") + struct.pack("<II", 4, alignment))
    for i in range(rng.randint(0, 4)):
        kind = rng.choice(sorted(GGUF_PLAIN) + [8, 8, 8])
        keys.append(gguf_text(f"general.k{i}") + struct.pack("<I", kind) + gguf_value(rng, kind))
    if rng.random() < 0.5:
        kind, count = rng.choice((4, 5, 7, 8)), rng.randint(0, 4)
        keys.append(gguf_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, kind, count) +
                    b"".join(gguf_value(rng, kind) for _ in range(count)))
    for name in words(rng, rng.randint(0, 3)):
        shape, (kind, block, size) = shape_of(rng), rng.choice(((0, 1, 4), (1, 1, 2), (24, 1, 1), (27, 1, 8), (2, 32, 18), (8, 32, 34)))
        shape = [block] + shape[1:] if block > 1 else shape
        infos.append(gguf_text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape) +
                     struct.pack("<IQ", kind, len(data)))
        data += noise(rng, math.prod(shape) // block * size)
        data += b"\0" * (-len(data) % alignment)
    head = b"GGUF" + struct.pack("<IQQ", rng.choice((2, 3)), len(infos), len(keys)) + b"".join(keys) + b"".join(infos)
    head += b"\0" * (-len(head) % alignment)
    return "model.gguf", head + data, len(head)


class Stand:
    """Stands for an object that is pickled as a call."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


class Storage:
    def __init__(self, kind, key, count):
        self.id = ("storage", kind, key, "cpu", count)


def made(module, name, is_class=False):
    """A function or class that the pickler finds where the real one would be."""
    parts = module.split(".")
    for i in range(len(parts)):
        sys.modules.setdefault(".".join(parts[: i + 1]), types.ModuleType(parts[i]))
    thing = type(name, (), {}) if is_class else (lambda *_: None)
    thing.__module__, thing.__name__, thing.__qualname__ = module, name, name
    setattr(sys.modules[module], name, thing)
    return thing


NDARRAY, DTYPE = made("numpy", "ndarray", True), made("numpy", "dtype", True)
RECONSTRUCT, SCALAR = made("numpy.core.multiarray", "_reconstruct"), made("numpy.core.multiarray", "scalar")
FROMBUFFER = made("numpy.core.numeric", "_frombuffer")
REBUILD = made("torch._utils", "_rebuild_tensor_v2")
STORAGES = {4: made("torch", "FloatStorage", True), 8: made("torch", "LongStorage", True), 2: made("torch", "HalfStorage", True)}


def dtype(code):
    return Stand(DTYPE, (code, False, True), (3, "|" if code[1:] == "1" else "<", None, None, None, -1, -1, 0))


def array(rng, protocol):
    code, shape = rng.choice(("f4", "i8", "u1", "b1", "f2")), tuple(shape_of(rng, 2))
    data = bytes(math.prod(shape) * int(code[1:]))
    if protocol == 5 and rng.random() < 0.5:
        return Stand(FROMBUFFER, (bytearray(data), dtype(code), shape, "C"))
    return Stand(RECONSTRUCT, (NDARRAY, (0,), b"b"), (1, shape, dtype(code), rng.random() < 0.3, data))


def plain(rng, depth=0):
    if depth < 3 and rng.random() < 0.5:
        items = [plain(rng, depth + 1) for _ in range(rng.randint(0, 3))]
        kind = rng.randrange(4)
        return items if kind == 0 else tuple(items) if kind == 1 else dict(zip(WORDS, items)) if kind == 2 else items * 2
    return rng.choice((None, True, False, 0, 7, 255, 256, 65536, -1, 1 << 40, -(1 << 70), 0.5, "text", "caf\u00e9", "a\\b", b"raw", "",
                       frozenset((1,)), {2}, 1e300))


def pickled(value, protocol, module=pickle):
    out = io.BytesIO()
    pickler = module.Pickler(out, protocol)
    pickler.dump(value)
    return out.getvalue()


def pickles(rng):
    protocol = rng.randrange(6)
    shared = ["shared", {"of": (1, 2)}]
    value = {"config": plain(rng), "first": shared, "second": shared}
    if rng.random() < 0.6:
        value["array"] = array(rng, protocol)
    if rng.random() < 0.3:
        value = collections.OrderedDict(value)
    if rng.random() < 0.2:
        value["number"] = Stand(SCALAR, (dtype("f4"), b"\0\0\x80?"))
    data = pickled(value, protocol)
    return "model.pkl", data, len(data)


NPY = ("'<f4'", "'>f4'", "'<i8'", "'|u1'", "'|b1'", "'<f2'", "'<c8'", "'|S3'", "'<U2'", "'|V3'", "'<M8[ns]'", "'<m8[25us]'",
       "[('a', '<f4'), ('b', '|i1')]", "[('x', '<i2', (2,)), ('y', '>f8')]", "[('p', [('q', '<f4')])]")


def npy(rng):
    sizes = {"f4": 4, "i8": 8, "u1": 1, "b1": 1, "f2": 2, "c8": 8, "S3": 3, "U2": 8, "V3": 3, "M8": 8, "m8": 8}
    descr, shape = rng.choice(NPY), tuple(shape_of(rng))
    size = sizes.get(descr[2:4], 5 if "'b'" in descr else 12 if "'x'" in descr else 4)
    version = rng.choice((1, 1, 1, 2, 3))
    text = f"{{'descr': {descr}, 'fortran_order': {rng.random() < 0.3}, 'shape': {shape}, }}".encode()
    head = 10 if version == 1 else 12
    text += b" " * (-(head + len(text) + 1) % 64) + b"\n"
    head = b"\x93NUMPY" + struct.pack("<BB", version, 0) + struct.pack("<H" if version == 1 else "<I", len(text)) + text
    return "array.npy", head + noise(rng, math.prod(shape) * size), len(head)


class TorchPickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, Storage) else None


def torch(rng):
    state, data = collections.OrderedDict() if rng.random() < 0.7 else {}, []
    for i, name in enumerate(words(rng, rng.randint(1, 2))):
        width, shape = rng.choice(sorted(STORAGES)), tuple(rng.randint(1, 3) for _ in range(rng.randint(0, 2)))
        count = math.prod(shape)
        strides = tuple(math.prod(shape[d + 1:]) for d in range(len(shape)))
        state[name] = Stand(REBUILD, (Storage(STORAGES[width], str(i), count), 0, shape, strides, rng.random() < 0.5,
                                      collections.OrderedDict()))
        data.append(noise(rng, count * width))
    out = io.BytesIO()
    TorchPickler(out, 2).dump(state)
    members = [("data.pkl", out.getvalue())]
    if rng.random() < 0.3:
        members.append(("byteorder", b"little"))
    members += [(f"data/{i}", d) for i, d in enumerate(data)] + [("version", b"3\n")]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, content in members:
            z.writestr(zipfile.ZipInfo("m/" + name), content)
    return "model.pt", out.getvalue(), len(out.getvalue())


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    """A field of Protocol Buffers: a number, or text, bytes or the fields of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def onnx_type(shape):
    dims = b"".join(field(1, field(2, d) if isinstance(d, str) else field(1, d)) for d in shape)
    return field(1, field(1, 1) + field(2, dims))


def onnx_tensor(rng, name, shape):
    count, kind = math.prod(shape), rng.randrange(4)
    head = field(1, b"".join(varint(d) for d in shape)) if rng.random() < 0.5 else b"".join(field(1, d) for d in shape)
    if kind == 0:
        return head + field(2, 1) + field(4, struct.pack(f"<{count}f", *[0.5] * count)) + field(8, name)
    if kind == 1:
        return head + field(2, 7) + b"".join(field(7, i) for i in range(count)) + field(8, name)
    if kind == 2:
        return head + field(2, 11) + field(8, name) + field(10, struct.pack(f"<{count}d", *[1.0] * count))
    return head + field(2, 1) + field(8, name) + field(9, noise(rng, 4 * count))


def onnx_attribute(rng):
    return rng.choice((field(1, "axis") + field(3, -1) + field(20, 2),
                       field(1, "alpha") + b"\x15\x00\x00\x00\x3f" + field(20, 1),
                       field(1, "mode") + field(4, "linear") + field(20, 3),
                       field(1, "perm") + field(8, 1) + field(8, 0) + field(20, 7),
                       field(1, "value") + field(5, onnx_tensor(rng, "", [2])) + field(20, 4)))


def onnx(rng):
    nodes, inits = b"", b""
    for i in range(rng.randint(1, 3)):
        node = field(1, f"t{i}") + field(1, "w") + field(2, f"t{i + 1}")
        node += field(3, f"node{i}") if rng.random() < 0.5 else b""
        node += field(4, rng.choice(("Add", "MatMul", "Relu", "Softmax", "Transpose", "Gemm")))
        nodes += field(1, node + (field(5, onnx_attribute(rng)) if rng.random() < 0.6 else b""))
    for name in ("w", "b")[: rng.randint(1, 2)]:
        inits += field(5, onnx_tensor(rng, name, [rng.randint(1, 3) for _ in range(rng.randint(0, 2))]))
    graph = nodes + field(2, "g") + inits
    graph += field(11, field(1, "t0") + field(2, onnx_type(["N", 4])))
    graph += field(12, field(1, "t1") + field(2, onnx_type([1, 4])))
    model = field(1, 8) + field(2, "pytorch") + field(7, graph) + field(8, field(1, "") + field(2, 17))
    if rng.random() < 0.4:
        model += field(14, field(1, "task") + field(2, "text"))
    return "model.onnx", model, len(model)


SETTINGS = {
    "config.json": {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "rms_norm_eps": 1e-05, "tie_word_embeddings": False,
                    "rope_scaling": None, "torch_dtype": "bfloat16", "model_type": "llama", "vocab_size": 32000, "eos_token_id": [1, 2]},
    "generation_config.json": {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "bos_token_id": 1, "transformers_version": "4.40.0"},
    "tokenizer_config.json": {"add_bos_token": True, "model_max_length": 1000000000000000019884624838656, "pad_token": "<\u00e9>",
                              "chat_template": "{% for m in messages %}{{ m['content'] }}{% endfor %}", "unk_token": "\"\\\n"},
    "special_tokens_map.json": {"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>", "additional": ["<a>", "<b>"]},
    "vocab.json": {"a": 0, "\u0120b": 1, "c\"": 2, "\ud83d\ude00": 3, "\u0000": 4},
    "preprocessor_config.json": {"image_mean": [0.5, 0.25], "size": {"height": 224, "width": 224}, "resample": 3, "scale": -1e-3},
}


def settings(rng):
    name = rng.choice(sorted(SETTINGS))
    keys = sorted(SETTINGS[name])
    value = {key: SETTINGS[name][key] for key in rng.sample(keys, rng.randint(1, min(5, len(keys))))}
    escaped = rng.random() < 0.5
    return name, json.dumps(value, ensure_ascii=escaped, indent=rng.choice((None, 1, 2))).replace("\ud83d\ude00", "\U0001f600").encode()


JINJA = (
    "{% for m in messages %}{{ m['role'] + ': ' + m.content | trim }}\n{% endfor %}",
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% elif tools %}t{% else %}n{% endif %}",
    "{%- set ns = namespace(found=false) -%}{% set ns.found = true %}{{ ns.found }}",
    "{{ raise_exception('Roles must alternate') }}",
    "{% macro show(t, n=2) %}{{ t.name ~ (t | tojson(indent=4)) }}{% endmacro %}{{ show(tools[0]) }}",
    "{# a comment #}{{ bos_token }}",
    "{{ content.split('</think>')[-1].lstrip('\\n') }}",
    "{% for i in range(3) if i != 1 %}{{ loop.index0 % 2 == 0 }}{% endfor %}",
    "{% raw %}{{ not read }}{% endraw %} text",
    "{{ x if x is defined and x is not none else 'caf\u00e9' }}",
    "{{ messages[1:] | length > 0 or not tools }}",
    "{% generation %}{{ message.content }}{% endgeneration %}",
    "{% set a, b = 1, [2, 3.5, {'k': none}] %}{{ a // 2 ** b[0] }}",
    "{{ name | replace('_', ' ') | upper }}",
)


def jinja(rng):
    return "chat_template.jinja", "".join(rng.sample(JINJA, rng.randint(1, 2))).encode()


def main():
    makers = (safetensors, gguf, pickles, npy, torch, onnx, settings, jinja)
    for kind, make in enumerate(makers):
        rng = random.Random(FORMATS[kind])
        for _ in range(EACH):
            name, data, *begin = make(rng)
            record = struct.pack(">IIII", kind, len(name), begin[0] if begin else len(data), len(data)) + name.encode() + data
            sys.stdout.buffer.write(record)


if __name__ == "__main__":
    main()
