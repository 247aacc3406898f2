#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The mount, as its users see it: programs that know nothing of us get the bytes of a plain copy; what is damaged is EIO and one line; and
nothing plain stays behind. TAP. Environment: STRONGROOM (the program), TINYLM, LLAMA (folder of the llama.cpp client, may be absent)."""
import base64
import concurrent.futures
import ctypes
import errno
import hashlib
import json
import mmap
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import traceback

STRONGROOM = os.environ["STRONGROOM"]
TINYLM = os.environ["TINYLM"]
LLAMA = os.environ.get("LLAMA", "")
WORK = tempfile.mkdtemp(prefix="mount-test-")
PAYLOAD = (1 << 20) - 32  # plaintext of a segment
os.environ["XDG_STATE_HOME"] = os.path.join(WORK, "state")  # where rooms have their pins
results = []


class Skip(Exception):
    pass


def need(condition, what):
    """A missing part is a failure in CI and a visible skip elsewhere."""
    if not condition:
        if os.environ.get("CI"):
            raise AssertionError(f"{what} is needed in CI")
        raise Skip(what)


def path(*parts):
    return os.path.join(WORK, *parts)


def strongroom(*argv, ok=True):
    line = [STRONGROOM, *argv, "--room", path("room"), "--passphrase-file", path("pass"), "--no-input"]
    done = subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL)
    if ok and done.returncode != 0:
        raise AssertionError(f"{argv}: {done.returncode}: {done.stderr.decode()}")
    return done


class Mount:
    """strongroom mount --foreground, for the time of a with block."""

    def __init__(self, ref, *options):
        self.ref, self.options, self.dir = ref, options, path("mnt")

    def __enter__(self):
        os.makedirs(self.dir, exist_ok=True)
        self.log = open(path("log"), "w+b")
        line = [STRONGROOM, "mount", self.ref, self.dir, "--foreground", *self.options, "--room", path("room"), "--passphrase-file", path("pass"), "--no-input"]
        self.child = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log)
        for _ in range(1000):
            if os.path.ismount(self.dir):
                return self
            assert self.child.poll() is None, f"mount ended: {self.text()}"
            time.sleep(0.01)
        raise AssertionError("the mount did not come up")

    def text(self):
        self.log.seek(0)
        return self.log.read().decode()

    def end(self, number=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.child.wait(timeout=20)

    def __exit__(self, *unused):
        try:
            self.end()
        finally:
            if os.path.ismount(self.dir):
                subprocess.run(["fusermount3", "-u", "-z", self.dir], check=False)

    def file(self, name):
        return os.path.join(self.dir, name)


def all_files(folder):
    return sorted(os.path.relpath(os.path.join(d, f), folder) for d, _, files in os.walk(folder) for f in files)


def digest(name):
    with open(name, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def write_safetensors(name, tensors):
    """tensors: name -> bytes; all U8."""
    header, at = {}, 0
    for key, data in tensors.items():
        header[key] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(name, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for data in tensors.values():
            f.write(data)


def write_sized(name, size, rng):
    """A safetensors file of that length, with one tensor."""
    data = size - 8 - 120
    header = json.dumps({"w": {"dtype": "U8", "shape": [data], "data_offsets": [0, data]}}).encode().ljust(120)
    with open(name, "wb") as f:
        f.write(struct.pack("<Q", len(header)) + header + rng.randbytes(data))


def setup():
    need(os.path.exists("/dev/fuse"), "/dev/fuse")
    rng = random.Random(7)
    os.makedirs(path("plain", "sub", "deep"))
    write_safetensors(path("plain", "big.safetensors"), {f"t{i}": rng.randbytes(3 * PAYLOAD // 2) for i in range(8)})
    with open(path("plain", "one.json"), "wb") as f:
        f.write(b"1")
    for name, size in (("exact", PAYLOAD), ("twice", 2 * PAYLOAD), ("sub/deep/odd", PAYLOAD + 1)):
        write_sized(path("plain", name + ".safetensors"), size, rng)
    subprocess.run([STRONGROOM, "init", path("room"), "--generate-passphrase", path("pass"), "--no-input"], check=True, capture_output=True)
    strongroom("deposit", path("plain"), "--name", "plain")


def every_file_is_the_same_as_the_plain_one():
    with Mount("plain") as m:
        assert all_files(m.dir) == all_files(path("plain"))
        for name in all_files(path("plain")):
            assert digest(m.file(name)) == digest(path("plain", name)), name
            ours, plain = os.stat(m.file(name)), os.stat(path("plain", name))
            assert ours.st_size == plain.st_size and ours.st_mode & 0o777 == 0o400, name
            assert ours.st_uid == os.getuid() and ours.st_nlink == 1
        assert os.stat(m.file("sub")).st_nlink == 3
        assert not os.path.exists(m.file("nothing"))
    assert not os.path.ismount(path("mnt"))


def nothing_can_be_written():
    with Mount("plain") as m:
        for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC):
            try:
                os.close(os.open(m.file("one.json"), flags))
                raise AssertionError("opened for writing")
            except OSError as e:
                assert e.errno in (errno.EROFS, errno.EACCES), e
        for act in (lambda: open(m.file("new"), "w"), lambda: os.unlink(m.file("one.json")), lambda: os.mkdir(m.file("d")), lambda: os.chmod(m.file("one.json"), 0o600)):
            try:
                act()
                raise AssertionError("changed something")
            except OSError as e:
                assert e.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSYS), e


def shared_and_private_mappings_work():
    with open(path("plain", "big.safetensors"), "rb") as f:
        plain = f.read()
    with Mount("plain") as m, open(m.file("big.safetensors"), "rb") as f:
        for flags in (mmap.MAP_SHARED, mmap.MAP_PRIVATE):
            with mmap.mmap(f.fileno(), 0, flags=flags, prot=mmap.PROT_READ) as mapped:
                assert mapped[:] == plain


def concurrent_random_reads_are_right():
    name = "big.safetensors"
    with open(path("plain", name), "rb") as f:
        plain = f.read()

    def reader(seed, m):
        rng = random.Random(seed)
        fd = os.open(m.file(name), os.O_RDONLY)
        for _ in range(150):
            size = rng.choice((1, 100, 4096, 70000, 1 << 20, 3 << 20))
            at = rng.randrange(len(plain))
            if rng.random() < 0.3:  # across the edge of a segment
                at = max(0, rng.randrange(1, len(plain) // PAYLOAD) * PAYLOAD - size // 2)
            want = plain[at : at + size]
            got = b""
            while len(got) < len(want):
                part = os.pread(fd, len(want) - len(got), at + len(got))
                assert part
                got += part
            assert got == want, (at, size)
        os.close(fd)

    with Mount("plain") as m, concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: reader(seed, m), range(8)))


def private_pages_reads_but_does_not_share_mappings():
    with Mount("plain", "--private-pages") as m:
        assert digest(m.file("big.safetensors")) == digest(path("plain", "big.safetensors"))
        with open(m.file("big.safetensors"), "rb") as f:
            try:
                mmap.mmap(f.fileno(), 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
                raise AssertionError("a shared mapping was made")
            except OSError as e:
                assert e.errno == errno.ENODEV, e
            assert cached_pages(f) == 0


libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def cached_pages(f):
    """How many pages of an open file the kernel's page cache holds, by mincore(2) on a private mapping."""
    size = os.fstat(f.fileno()).st_size
    at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_PRIVATE, f.fileno(), 0)
    assert at != ctypes.c_void_p(-1).value
    pages = ctypes.create_string_buffer((size + 4095) // 4096)
    assert libc.mincore(at, size, pages) == 0
    libc.munmap(at, size)
    return sum(b & 1 for b in pages.raw)


def pages_are_dropped_at_the_last_close():
    with Mount("plain") as m:
        name = m.file("twice.safetensors")
        with open(name, "rb") as first:
            first.read()
            with open(name, "rb") as second:
                assert cached_pages(second) > 100  # still there for the one that is open
        for _ in range(500):
            with open(name, "rb") as f:
                left = cached_pages(f)
            if left == 0:
                break
            time.sleep(0.01)
        assert left == 0, left


def a_signal_ends_it_cleanly_and_revokes_mappings():
    with Mount("plain") as m:
        reader = subprocess.Popen([sys.executable, "-c", "import mmap,sys,time\nf=open(sys.argv[1],'rb')\nm=mmap.mmap(f.fileno(),0,flags=mmap.MAP_SHARED,prot=mmap.PROT_READ)\nx=m[:]\nprint('ready',flush=True)\nsys.stdin.readline()\nprint(m[5])\n", m.file("twice.safetensors")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert reader.stdout.readline() == b"ready\n"
        assert m.end(signal.SIGTERM) == 0, m.text()
        assert not os.path.ismount(m.dir)
        reader.stdin.write(b"\n")
        reader.stdin.close()
        assert reader.wait(timeout=20) == -signal.SIGBUS, reader.returncode


def umount_refuses_while_in_use_and_then_ends_it():
    with Mount("plain") as m:
        with open(m.file("one.json"), "rb"):
            busy = strongroom("umount", m.dir, ok=False)
            assert busy.returncode == 40, busy  # busy
            assert os.path.ismount(m.dir)
        for _ in range(100):
            done = strongroom("umount", m.dir, ok=False)
            if done.returncode == 0:
                break
            time.sleep(0.02)
        assert done.returncode == 0, done
        assert m.child.wait(timeout=20) == 0
    other = strongroom("umount", path("plain"), ok=False)
    assert other.returncode == 13, other  # not found: not ours


def acts():
    """(verb, statement) of every act, in order."""
    rows = sqlite3.connect(path("room", "catalog.db")).execute("SELECT body FROM leaf ORDER BY seq")
    statements = [json.loads(base64.b64decode(json.loads(body)["payload"]))["predicate"] for (body,) in rows]
    return [(s["verb"], s.get("fields", {})) for s in statements]


def what_is_opened_and_served_is_on_record():
    before = len(acts())
    with Mount("plain") as m:
        for _ in range(2):  # the second time is not the first
            with open(m.file("one.json"), "rb") as f:
                size = len(f.read())
        os.stat(m.file("exact.safetensors"))  # looking is not opening
        assert m.end(signal.SIGTERM) == 0, m.text()
    use, opened, served = acts()[before:]
    assert use[0] == "use" and use[1]["at"] == path("mnt"), use
    assert opened[0] == "opened" and opened[1]["file"] == "one.json", opened
    assert served[0] == "served" and served[1]["files"] == 1 and served[1]["bytes"] >= size, served


def the_background_mount_returns_when_it_can_be_read():
    os.makedirs(path("mnt"), exist_ok=True)
    done = strongroom("mount", "plain", path("mnt"))
    assert os.path.ismount(path("mnt")), done
    assert digest(path("mnt", "exact.safetensors")) == digest(path("plain", "exact.safetensors"))
    for _ in range(100):
        done = strongroom("umount", path("mnt"), ok=False)
        if done.returncode == 0:
            break
        time.sleep(0.02)
    assert done.returncode == 0, done


def blobs():
    return [os.path.join(d, f) for d, _, files in os.walk(path("room", "blobs")) for f in files]


def a_damaged_segment_is_eio_and_one_line():
    files = json.loads(strongroom("show", "plain", "--json").stdout)["contents"]
    big = next(f for f in files if f["path"] == "big.safetensors")
    body = next(b for b in blobs() if big["object"] in os.path.basename(b))
    at = 4096 + 4 * (1 << 20) + 999  # in segment 4
    os.chmod(body, 0o600)
    with open(body, "r+b") as f:
        f.seek(at)
        byte = f.read(1)
        f.seek(at)
        f.write(bytes([byte[0] ^ 1]))
    try:
        with Mount("plain") as m:
            fd = os.open(m.file("big.safetensors"), os.O_RDONLY)
            with open(path("plain", "big.safetensors"), "rb") as f:
                plain = f.read()
            assert os.pread(fd, 1000, 0) == plain[:1000]
            for _ in range(3):
                try:
                    os.pread(fd, 10, 4 * PAYLOAD + 100)
                    raise AssertionError("damaged bytes were handed out")
                except OSError as e:
                    assert e.errno == errno.EIO, e
            assert os.pread(fd, 1000, 6 * PAYLOAD) == plain[6 * PAYLOAD : 6 * PAYLOAD + 1000]
            os.close(fd)
            lines = [line for line in m.text().splitlines() if "big.safetensors" in line]
            assert len(lines) == 1, m.text()
            assert str(4 * PAYLOAD) in lines[0], lines
    finally:
        with open(body, "r+b") as f:
            f.seek(at)
            f.write(byte)
        os.chmod(body, 0o400)


def another_user_sees_nothing():
    if os.getuid() != 0:
        raise Skip("needs root, to become somebody else")
    os.chmod(WORK, 0o755)
    with Mount("plain") as m:
        def as_nobody():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

        done = subprocess.run(["cat", m.file("one.json")], preexec_fn=as_nobody, capture_output=True)
        assert done.returncode != 0 and not done.stdout, done
    os.chmod(WORK, 0o700)


def memory_is_locked_and_not_dumpable():
    with Mount("plain") as m:
        digest(m.file("big.safetensors"))
        status = open(f"/proc/{m.child.pid}/status").read()
        locked = int(next(line for line in status.splitlines() if line.startswith("VmLck")).split()[1])
        assert locked >= 4 * 1024, status
        assert os.stat(f"/proc/{m.child.pid}/environ").st_uid == 0  # not dumpable: root owns it
        limits = open(f"/proc/{m.child.pid}/limits").read()
        assert next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4] == "0"


def numpy_memmap_gets_the_same():
    import numpy

    with Mount("plain") as m:
        ours = numpy.memmap(m.file("big.safetensors"), dtype=numpy.uint8, mode="r")
        plain = numpy.memmap(path("plain", "big.safetensors"), dtype=numpy.uint8, mode="r")
        assert numpy.array_equal(ours, plain)
        del ours, plain


def safetensors_by_mmap_gets_the_same():
    """A reader as loaders are: map shared, parse the header, view the tensors."""

    def load(name):
        with open(name, "rb") as f, mmap.mmap(f.fileno(), 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ) as m:
            (size,) = struct.unpack("<Q", m[:8])
            header = json.loads(m[8 : 8 + size])
            return {k: hashlib.sha256(m[8 + size + v["data_offsets"][0] : 8 + size + v["data_offsets"][1]]).hexdigest() for k, v in header.items()}

    with Mount("plain") as m:
        assert load(m.file("big.safetensors")) == load(path("plain", "big.safetensors"))


def model():
    """A small trained model, in custody as `tiny`."""
    if not os.path.exists(path("tiny")):
        subprocess.run([TINYLM, "train", path("tiny"), "--size", "quarter"], check=True, capture_output=True)
        gguf = [f for f in all_files(path("tiny")) if f.endswith(".gguf")]
        if not gguf:
            subprocess.run([TINYLM, "gguf", path("tiny"), path("tiny", "model.gguf")], check=True, capture_output=True)
        strongroom("deposit", path("tiny"), "--name", "tiny")
    return next(f for f in all_files(path("tiny")) if f.endswith(".gguf"))


def tinylm_has_the_same_loss_to_the_last_digit():
    model()

    def loss(folder):
        return subprocess.run([TINYLM, "loss", folder], check=True, capture_output=True).stdout

    with Mount("tiny") as m:
        ours = loss(m.dir)
    assert ours == loss(path("tiny")) and len(ours) > 10, ours


def llama_cpp_gives_the_same_tokens():
    need(LLAMA and os.path.exists(os.path.join(LLAMA, "node_modules")), "llama.cpp")
    gguf = model()

    def tokens(name):
        line = [os.path.join(LLAMA, "node.sh"), os.path.join(LLAMA, "generate.mjs"), name, "The ", "32"]
        return json.loads(subprocess.run(line, check=True, capture_output=True, timeout=120).stdout)["tokens"]

    with Mount("tiny") as m:
        ours = tokens(m.file(gguf))
    plain = tokens(path("tiny", gguf))
    assert ours == plain and len(plain) == 32, (ours, plain)


TESTS = [
    every_file_is_the_same_as_the_plain_one,
    nothing_can_be_written,
    shared_and_private_mappings_work,
    concurrent_random_reads_are_right,
    private_pages_reads_but_does_not_share_mappings,
    pages_are_dropped_at_the_last_close,
    a_signal_ends_it_cleanly_and_revokes_mappings,
    umount_refuses_while_in_use_and_then_ends_it,
    what_is_opened_and_served_is_on_record,
    the_background_mount_returns_when_it_can_be_read,
    a_damaged_segment_is_eio_and_one_line,
    another_user_sees_nothing,
    memory_is_locked_and_not_dumpable,
    numpy_memmap_gets_the_same,
    safetensors_by_mmap_gets_the_same,
    tinylm_has_the_same_loss_to_the_last_digit,
    llama_cpp_gives_the_same_tokens,
]


def main():
    only = sys.argv[1:]
    todo = [t for t in TESTS if not only or t.__name__ in only]
    print(f"1..{len(todo)}")
    failed = 0
    try:
        setup()
    except Skip as what:
        print("".join(f"ok {i} - {t.__name__} # SKIP {what}\n" for i, t in enumerate(todo, 1)), end="")
        return 0
    for number, test in enumerate(todo, 1):
        try:
            test()
            print(f"ok {number} - {test.__name__}", flush=True)
        except Skip as what:
            print(f"ok {number} - {test.__name__} # SKIP {what}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {test.__name__}", flush=True)
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="", flush=True)
    return 1 if failed else 0


try:
    status = main()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(status)
