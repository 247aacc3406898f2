#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Read a second time, slowly and in another way, what inspect_flips let pass: each file has to be valid, and to mean the same.

usage: flips_check.py FILES PASSED STATUS      STATUS: with which inspect_flips ended

Nothing is unpickled: pickles are read opcode by opcode, and what they would make are inert values. ONNX and Jinja are read by their
own libraries, and skipped, visibly, without them.
"""
import ast
import collections
import io
import json
import math
import pickletools
import struct
import sys
import zipfile
import zlib

# Debian's libraries, for a Python of the same version that is not Debian's.
sys.path.append("/usr/lib/python3/dist-packages")
try:
    import onnx
except ImportError:
    onnx = None
try:
    import jinja2
    import jinja2.ext
    import jinja2.sandbox
except ImportError:
    jinja2 = None


# The order of those in flips.py.
FORMATS = ("safetensors", "gguf", "pickle", "npy", "pytorch-zip", "onnx", "json", "jinja")


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def numbers(*values):
    return b"".join(b" %d" % value for value in values)


def once(pairs):
    need(len({key for key, _ in pairs}) == len(pairs), "a key is there twice")
    return dict(pairs)


def natural(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


BITS = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
        "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64,
        "U64": 64, "F64": 64, "C64": 64}


def tensor_text(name, dtype, shape, begin, end):
    return name + b"\n" + dtype.encode() + numbers(*shape) + b"\n" + numbers(begin, end) + b"\n"


def safetensors(data, _):
    length = int.from_bytes(data[:8], "little")
    need(2 <= length <= len(data) - 8 and data[8:9] == b"{", "length")
    header = json.loads(data[8 : 8 + length].decode(), object_pairs_hook=once)
    metadata = header.pop("__metadata__", {})
    need(isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values()), "metadata")
    at, out = 0, []
    for name, info in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        need(set(info) == {"dtype", "shape", "data_offsets"} and info["dtype"] in BITS, "members")
        begin, end = info["data_offsets"]
        need(all(map(natural, info["shape"] + [begin, end])), "numbers")
        need(begin == at and (end - begin) * 8 == math.prod(info["shape"]) * BITS[info["dtype"]], "extent")
        at = end
        out.append(tensor_text(name.encode(), info["dtype"], info["shape"], 8 + length + begin, 8 + length + end))
    need(8 + length + at == len(data), "bytes after the data")
    return b"".join(out)


# Type number: name, elements and bytes of a block; of the list in the llama.cpp project's ggml-common.h.
GGML = {0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24),
        8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
        13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74),
        18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
        23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
        29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
        40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18), 42: ("Q2_0", 64, 18)}


class Gguf:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        need(size <= len(self.data) - self.at, "the end")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def text(self):
        return self.take(self.number(8))

    def value(self, kind, is_element=False):
        if kind == 8:
            return self.text()
        if kind == 9:
            need(not is_element, "array of arrays")
            inner, count = self.number(4), self.number(8)
            need(count <= len(self.data), "count")
            return [self.value(inner, True) for _ in range(count)]
        need(kind in (0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "kind of value")
        value = self.number({0: 1, 1: 1, 2: 2, 3: 2, 7: 1, 10: 8, 11: 8, 12: 8}.get(kind, 4))
        need(kind != 7 or value < 2, "bool")
        return value


def gguf(data, _):
    g = Gguf(data)
    need(g.take(4) == b"GGUF" and g.number(4) in (2, 3), "magic or version")
    count, keys = g.number(8), g.number(8)
    need(max(count, keys) <= len(data), "counts")
    values, infos, out = {}, [], []
    for _ in range(keys):
        key, kind = g.text(), g.number(4)
        need(key and key not in values, "key")
        values[key] = kind, g.value(kind)
    kind, alignment = values.get(b"general.alignment", (4, 32))
    need(kind == 4 and alignment > 0 and alignment & (alignment - 1) == 0, "alignment")
    for _ in range(count):
        name, rank = g.text(), g.number(4)
        need(name and len(name) < 64 and name not in [info[0] for info in infos] and rank <= 4, "name or rank")
        name.decode()
        infos.append((name, [g.number(8) for _ in range(rank)], g.number(4), g.number(8)))
    begin = -(-g.at // alignment) * alignment if count or len(data) > g.at else g.at
    need(begin <= len(data) and not any(data[g.at : begin]), "padding")
    at = end = begin
    for name, shape, kind, offset in infos:
        need(kind in GGML and offset == at - begin, "type or offset")
        dtype, block, size = GGML[kind]
        elements = math.prod(shape)
        need(max(shape, default=0) < 1 << 63 and elements < 1 << 63 and (shape[0] if shape else 1) % block == 0, "shape")
        end = at + elements // block * size
        out.append(tensor_text(name, dtype, shape, at, end))
        at += -(-(end - at) // alignment) * alignment
        need(not any(data[end:at]), "padding")
    need(end <= len(data) <= at, "size of the data")
    return b"".join(out)


Global = collections.namedtuple("Global", "module name")
MARK = object()
# What Python 3 reads names of Python 2 as.
PYTHON2 = {("__builtin__", "set"): ("builtins", "set"), ("__builtin__", "frozenset"): ("builtins", "frozenset"),
           ("__builtin__", "bytearray"): ("builtins", "bytearray"), ("copy_reg", "_reconstructor"): ("copyreg", "_reconstructor")}


class Call:
    """What REDUCE, NEWOBJ, INST or OBJ would have made."""

    def __init__(self, what, args):
        need(isinstance(what, Global) and isinstance(args, tuple), "a call of what is no global")
        self.what, self.args, self.state, self.items = what, args, None, []


class Machine:
    """The pickle machine, with inert values in place of objects."""

    def __init__(self, with_storages):
        self.stack, self.memo, self.globals, self.protocol, self.with_storages = [], {}, {}, 0, with_storages
        self.calls, self.storages = [], []

    def pop(self):
        need(self.stack and self.stack[-1] is not MARK, "nothing on the stack")
        return self.stack.pop()

    def top(self):
        need(self.stack and self.stack[-1] is not MARK, "nothing on the stack")
        return self.stack[-1]

    def pop_mark(self):
        items = []
        while True:
            need(self.stack, "no mark")
            item = self.stack.pop()
            if item is MARK:
                return items[::-1]
            items.append(item)

    def found(self, module, name):
        need(isinstance(module, str) and isinstance(name, str), "a global that is no text")
        if self.protocol < 3:
            module, name = PYTHON2.get((module, name), (module, name))
        self.globals.setdefault((module, name))
        return Global(module, name)

    def call(self, what, args):
        call = Call(what, args)
        self.calls.append(call)
        return call

    def put(self, slot):
        self.memo[slot] = self.top()

    def fill(self, items):
        target = self.top()
        if isinstance(target, dict):
            need(len(items) % 2 == 0, "half a pair")
            target.update(zip(items[::2], items[1::2]))
        elif isinstance(target, (list, set)):
            target.extend(items) if isinstance(target, list) else target.update(items)
        else:
            need(isinstance(target, Call), "items for what has none")
            target.items += items

    def step(self, name, arg):
        push = self.stack.append
        if name in ("PROTO", "FRAME"):
            self.protocol = arg if name == "PROTO" else self.protocol
        elif name in CONSTANTS:
            push(CONSTANTS[name]())
        elif name in VALUES:
            push(arg)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.put(arg)
        elif name == "MEMOIZE":
            self.put(len(self.memo))
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            push(self.memo[arg])
        elif name == "POP":
            self.stack.pop()
        elif name == "POP_MARK":
            self.pop_mark()
        elif name == "GLOBAL":
            push(self.found(*arg.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            second = self.pop()
            push(self.found(self.pop(), second))
        elif name in ("TUPLE", "LIST", "DICT", "FROZENSET"):
            items = self.pop_mark()
            push(tuple(items) if name == "TUPLE" else items if name == "LIST" else frozenset(items) if name == "FROZENSET" else {})
            if name == "DICT":
                self.fill(items)
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            push(tuple([self.pop() for _ in range(int(name[5]))][::-1]))
        elif name in ("APPENDS", "SETITEMS", "ADDITEMS"):
            self.fill_as(name, self.pop_mark())
        elif name in ("APPEND", "SETITEM"):
            self.fill_as(name, [self.pop() for _ in range(1 if name == "APPEND" else 2)][::-1])
        elif name in ("REDUCE", "NEWOBJ"):
            args = self.pop()
            push(self.call(self.pop(), args))
        elif name == "OBJ":
            what, *args = self.pop_mark()
            push(self.call(what, tuple(args)))
        elif name == "INST":
            push(self.call(self.found(*arg.split(" ", 1)), tuple(self.pop_mark())))
        elif name == "BUILD":
            state = self.pop()
            need(isinstance(self.top(), Call), "a state for what has none")
            self.top().state = state
        elif name == "BINPERSID" and self.with_storages:
            kind, what, key, _, count = self.pop()
            need(kind == "storage" and isinstance(what, Global), "persistent id")
            self.storages.append((what.name, key, count))
            push(self.storages[-1])
        else:
            need(name in ("MARK", "STOP"), name)
            if name == "MARK":
                push(MARK)

    def fill_as(self, name, items):
        kinds = {"A": (list, set), "S": (dict,)}[name[0]] if name != "ADDITEMS" else (set,)
        need(isinstance(self.top(), kinds + (Call,)) and (name[:6] != "APPEND" or not isinstance(self.top(), set)), name)
        self.fill(items)


CONSTANTS = {"NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple,
             "EMPTY_DICT": dict, "EMPTY_SET": set}
VALUES = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING",
          "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}


def latin1(value):
    """Bytes, also as protocols 0 to 2 spell them: _codecs.encode(text, 'latin1')."""
    if isinstance(value, Call) and value.what == ("_codecs", "encode"):
        return value.args[0].encode("latin1")
    if isinstance(value, Call) and value.what[1] in ("bytes", "bytearray"):
        return latin1(value.args[0]) if value.args else b""
    return value


def check_array(call):
    if call.what.name == "_frombuffer":
        data, dtype, shape, _ = call.args
    elif call.what.name == "_reconstruct":
        shape, dtype, _, data = call.state[-4:]  # before it a version, which old ones lack
    else:
        return
    code = dtype.args[0]
    need(code[0] in "biufcV" and math.prod(shape) * int(code[1:]) == len(latin1(data)), "an array of another size")


def run(data, with_storages=False):
    machine = Machine(with_storages)
    last, at = None, 0
    for opcode, arg, at in pickletools.genops(data):
        need(not (opcode.name == "STOP") or len(machine.stack) == 1, "values left")
        machine.step(opcode.name, arg)
        last = opcode.name
    need(last == "STOP", "no end")
    for call in machine.calls:
        check_array(call)
    return machine, at + 1


def inventory(*machines):
    names = {}
    for machine in machines:
        names.update(machine.globals)
    return "".join(f"{module} {name}\n" for module, name in names).encode()


def pickled(data, _):
    machines, at = [], 0
    while at < len(data) or not machines:
        machine, end = run(data[at:])
        machines.append(machine)
        at += end
    return inventory(*machines)


KINDS = "b i u f c mM SU V O".split()


def npy_size(descr):
    """Kind, whether big-endian, bytes of an element."""
    if isinstance(descr, list):
        sizes = [npy_size(item[1])[2] * math.prod(item[2] if len(item) > 2 else ()) for item in descr]
        return 9, 0, sum(sizes)
    need(descr[0] in "<>|", "order")
    kind = next(i for i, letters in enumerate(KINDS) if descr[1] in letters)
    size = 8 if descr[1] in "mM" else int(descr[2:]) * (4 if descr[1] == "U" else 1)
    return kind, descr[0] == ">", size


def npy(data, _):
    need(data[:6] == b"\x93NUMPY" and data[7] == 0 and data[6] in (1, 2, 3), "magic or version")
    wide = 2 if data[6] == 1 else 4
    begin = 8 + wide + int.from_bytes(data[8 : 8 + wide], "little")
    need(begin <= len(data), "header")
    text = data[8 + wide : begin].decode("utf-8" if data[6] == 3 else "latin1")
    tree = ast.parse(text.strip(), mode="eval").body
    once([(ast.literal_eval(key), None) for key in tree.keys])
    header = ast.literal_eval(tree)
    need(set(header) == {"descr", "fortran_order", "shape"} and isinstance(header["fortran_order"], bool), "members")
    shape = header["shape"]
    need(isinstance(shape, tuple) and all(map(natural, shape)), "shape")
    kind, is_big, size = npy_size(header["descr"])
    need(kind != 8 and len(data) - begin == math.prod(shape) * size, "size of the data")
    return numbers(kind, is_big, header["fortran_order"], size, begin, *shape)


def torch(data, _):
    out = []
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        members = {m.filename: z.read(m) for m in z.infolist()}
        need(len(members) == len(z.infolist()), "a name that is there twice")
        for member in sorted(z.infolist(), key=lambda m: m.header_offset):
            content = members[member.filename]
            need(member.compress_type == 0, "packed")
            out.append(member.filename.encode() + numbers(0, len(content)) + content)
    (top,) = {name.split("/", 1)[0] for name in members}
    machine, end = run(members[f"{top}/data.pkl"], True)
    need(end == len(members[f"{top}/data.pkl"]), "bytes after the pickle")
    for kind, key, count in machine.storages:
        width = {"Double": 8, "Long": 8, "Float": 4, "Int": 4, "Half": 2, "BFloat16": 2, "Short": 2}.get(kind[:-7], 1)
        need(len(members[f"{top}/data/{key}"]) == count * width, "size of a storage")
    for call in machine.calls:
        if call.what.name == "_rebuild_tensor_v2":
            (_, _, count), offset, shape, strides, *_ = call.args
            need(len(shape) == len(strides), "strides")
            need(0 in shape or offset + sum((d - 1) * s for d, s in zip(shape, strides)) < count, "extent")
    return inventory(machine) + b"".join(out)


def bits_of(value, width):
    if math.isnan(value):
        return struct.pack("<Q", (0x7F800000 if width == 4 else 0x7FF << 52) + 1)[:width]
    return struct.pack("<f" if width == 4 else "<d", value)


def proto_sum(message):
    """The sum of the checksums of all values, so that the order of fields says nothing; None when there is one that this library
    does not know."""
    if len(message.UnknownFields()) > 0:
        return None
    name, total = message.DESCRIPTOR.full_name.split(".", 1)[1], 0
    for field, values in message.ListFields():
        for value in values if field.label == field.LABEL_REPEATED else [values]:
            if field.type == field.TYPE_MESSAGE:
                inner = proto_sum(value)
                if inner is None:
                    return None
                total += inner
                continue
            if isinstance(value, float):
                data = bits_of(value, 4 if field.type == field.TYPE_FLOAT else 8)
            elif isinstance(value, (str, bytes)):
                data = value.encode() if isinstance(value, str) else value
            else:
                data = struct.pack("<Q", value & (1 << 64) - 1)
            total += zlib.crc32(name.encode() + numbers(field.number) + data)
    return total


def onnx_model(data, _):
    model = onnx.ModelProto()
    model.ParseFromString(data)
    return proto_sum(model)


EVENTS = "map map-end list list-end text number bool null".split()


class Number(str):
    pass


def see_json(value, key, out):
    def event(kind, data=None):
        out.append(numbers(EVENTS.index(kind), len(key.encode())) + key.encode())
        if data is not None:
            out.append(numbers(len(data)) + data)

    if isinstance(value, dict):
        event("map")
        for name, item in value.items():
            see_json(item, name, out)
        event("map-end")
    elif isinstance(value, list):
        event("list")
        for item in value:
            see_json(item, "", out)
        event("list-end")
    elif isinstance(value, bool):
        event("bool")
        out.append(b"t" if value else b"f")
    elif value is None:
        event("null")
    else:
        event("number" if isinstance(value, Number) else "text", value.encode())


def settings(data, _):
    def no_constant(name):
        raise Refused(name)

    out = []
    value = json.loads(data.decode(), object_pairs_hook=once, parse_int=Number, parse_float=Number, parse_constant=no_constant)
    see_json(value, "", out)
    return b"".join(out)


def jinja_environment():
    class Generation(jinja2.ext.Extension):
        """As the templates' own loader has it."""

        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            return jinja2.nodes.CallBlock(self.call_method("_nothing"), [], [], body).set_lineno(line)

    return jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                        extensions=[Generation, jinja2.ext.loopcontrols])


def template(data, environment):
    environment.parse(data.decode())
    return b""


READERS = (safetensors, gguf, pickled, npy, torch, onnx_model, settings, template)


def read_files(path):
    files = []
    with open(path, "rb") as f:
        while head := f.read(16):
            kind, name_bytes, _, size = struct.unpack(">IIII", head)
            f.read(name_bytes)
            files.append((kind, f.read(size)))
    return files


def judge(read, data, crc, environment):
    """What is wrong, or None; whether it could be checked."""
    try:
        meaning = read(data, environment)
    except Exception as error:  # whatever the reader does not like, it refuses
        return f"refused: {type(error).__name__} {str(error)[:100]}", True
    if meaning is None:
        return None, False
    mine = meaning & (1 << 64) - 1 if isinstance(meaning, int) else zlib.crc32(meaning)
    return (None if mine == crc else f"understood otherwise: {str(meaning)[:300]}"), True


def main():
    files = read_files(sys.argv[1])
    environment = jinja_environment() if jinja2 else None
    tested, unknown, wrong = [collections.Counter() for _ in range(3)]
    with open(sys.argv[2], encoding="ascii") as lines:
        for line in lines:
            number, position, value, crc = map(int, line.split())
            kind, data = files[number]
            if (FORMATS[kind] == "onnx" and not onnx) or (FORMATS[kind] == "jinja" and not jinja2):
                continue
            if position >= 0:
                data = data[:position] + bytes([value]) + data[position + 1 :]
            problem, is_known = judge(READERS[kind], data, crc, environment)
            tested[kind] += 1
            unknown[kind] += not is_known
            if problem:
                wrong[kind] += 1
                if wrong[kind] <= 20:
                    print(f"# {FORMATS[kind]}: file {number}, byte {position} = {value:#x}: {problem}")
                    print(f"#   {data[max(0, position - 20) : position + 20]!r}")
    print(f"1..{len(FORMATS) + 1}")
    print("ok 1 - no change crashes, each file passes" if sys.argv[3] == "0" else "not ok 1 - no change crashes, each file passes")
    for kind, name in enumerate(FORMATS):
        text = f"{kind + 2} - {name}: {tested[kind]} that pass, {wrong[kind]} of them mean something else"
        if unknown[kind]:
            text += f", {unknown[kind]} with a field that this library does not know"
        is_skipped = tested[kind] == 0 and name in ("onnx", "jinja")
        print(("not ok " if wrong[kind] or not (tested[kind] or is_skipped) else "ok ") + text + (" # SKIP no library" if is_skipped else ""))


main()
