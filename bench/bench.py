#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole-process benchmarks: each row compares strongroom with a peer in the same run, after a warm-up, in turn (A B A B ...),
and prints medians and their ratio. Needs about 6 x --gib of disk. `make bench` runs it; docs/performance.md keeps the result."""
import argparse
import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time

GB = 1e9


def run(argv, out=subprocess.DEVNULL, env=None):
    """Run argv; returns (seconds, peak RSS in bytes of the child)."""
    start = time.monotonic()
    child = subprocess.Popen(argv, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=env)
    text = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"bench: {' '.join(argv)} failed: {text.decode(errors='replace')}")
    return seconds, usage.ru_maxrss * 1024


def shell(line):
    return run(["sh", "-c", line])


class Bench:
    def __init__(self, args):
        self.args = args
        self.dir = os.path.abspath(args.dir)
        self.sr = os.path.abspath(args.strongroom)
        self.rows = []
        self.peaks = {}

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def strongroom(self, *argv, out=subprocess.DEVNULL):
        common = ["--room", self.path("room"), "--passphrase-file", self.path("pass"), "--no-input"]
        seconds, rss = run([self.sr, *argv, *common], out=out)
        key = argv[0]
        self.peaks[key] = max(self.peaks.get(key, 0), rss)
        return seconds

    def row(self, name, ours, peer, amount, target, unit="GB/s"):
        """ours and peer are lists of seconds; amount in bytes. Ratio > 1: we are faster."""
        a, b = statistics.median(ours), statistics.median(peer)
        ratio = b / a
        self.rows.append((name, a, b, amount, ratio, target))
        rate = lambda s: f"{amount / s / GB:.2f} GB/s" if amount else f"{s * 1000:.1f} ms"
        verdict = "met" if target is None or ratio >= target else "MISSED"
        wanted = "" if target is None else f"{target:.2f}"
        print(f"| {name} | {rate(a)} | {rate(b)} | {ratio:.2f} | {wanted} | {verdict if target else ''} |", flush=True)

    def compare(self, name, ours, peer, amount, target, runs=None, prepare=None):
        """ours and peer: functions that do it once and return seconds."""
        mine, theirs = [], []
        def once(function):
            if prepare:
                prepare()
                back_memory(min(2 * self.args.gib + 1, self.args.memory_gib))
            return function()

        for i in range((runs or self.args.runs) + 1):
            a = once(ours)
            b = once(peer)
            if i > 0:  # the first round is the warm-up
                mine.append(a)
                theirs.append(b)
        self.row(name, mine, theirs, amount, target)


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("3\n")


def back_memory(gib):
    """Touch that much memory and give it back: in a virtual machine the first use of a page is slow, and would fall on whoever comes first."""
    # In another process: what this one had is counted into the peak of the programs it starts.
    code = "import mmap, sys; mmap.mmap(-1, int(sys.argv[1]), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)"
    run([sys.executable, "-c", code, str(int(gib * (1 << 30)))])


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


def warm(*paths):
    for path in paths:
        run(["cat", path])


def blobs(room):
    return [os.path.join(d, f) for d, _, files in os.walk(os.path.join(room, "blobs")) for f in files]


def setup(b):
    remove(b.dir)
    os.makedirs(b.dir)
    run([b.sr, "init", b.path("room"), "--generate-passphrase", b.path("pass"), "--no-input"])
    run([b.args.mkmodel, "--gib", str(b.args.gib), "--shards", "1", b.path("big")])
    run([b.args.mkmodel, "--gib", str(b.args.gib / 2), "--shards", "4", b.path("four")])
    b.file = max((os.path.join(b.path("big"), f) for f in os.listdir(b.path("big"))), key=os.path.getsize)
    b.name = os.path.basename(b.file)
    b.bytes = os.path.getsize(b.file)
    run(["age-keygen", "-o", b.path("age.key")])
    with open(b.path("age.key")) as f:
        b.recipient = next(line.split()[-1] for line in f if "public key" in line)


def bench_deposit(b):
    number = [0]

    def deposit(source):
        number[0] += 1
        return b.strongroom("deposit", source, "--name", f"m{number[0]}")

    def clean():
        for path in ("copy", "x.age", "four.copy"):
            remove(b.path(path))
        for path in blobs(b.path("room")):  # the catalog keeps its rows; only space matters here
            os.chmod(path, 0o600)
            os.truncate(path, 0)
        os.sync()

    age = f"age -e -r {b.recipient} -o {b.path('x.age')} {b.file}"
    warm(b.file)
    one = lambda: deposit(b.path("big"))
    b.compare("deposit, one file: against `openssl dgst -sha256`", one, lambda: run(["openssl", "dgst", "-sha256", b.file])[0], b.bytes, 0.9, prepare=clean)
    b.compare("deposit, one file: against `cp` and `sync`", one, lambda: shell(f"cp {b.file} {b.path('copy')} && sync {b.path('copy')}")[0], b.bytes, 0.9, prepare=clean)
    b.compare("deposit, one file: against `cp`, not synced", one, lambda: run(["cp", b.file, b.path("copy")])[0], b.bytes, None, prepare=clean)
    b.compare("deposit, one file: against `age -e` and `sync`", one, lambda: shell(f"{age} && sync {b.path('x.age')}")[0], b.bytes, 1.0, prepare=clean)
    b.compare("deposit, one file: against `age -e`, not synced", one, lambda: shell(age)[0], b.bytes, None, prepare=clean)
    shards = [os.path.join(b.path("four"), f) for f in sorted(os.listdir(b.path("four"))) if f.endswith(".safetensors")]
    size = sum(map(os.path.getsize, shards))
    each = " && ".join(f"age -e -r {b.recipient} -o {b.path('x.age')}.{i} {s}" for i, s in enumerate(shards))
    outputs = " ".join(f"{b.path('x.age')}.{i}" for i in range(len(shards)))

    def clean_four():
        clean()
        for i in range(len(shards)):
            remove(f"{b.path('x.age')}.{i}")

    warm(*shards)
    four = lambda: deposit(b.path("four"))
    b.compare("deposit, four files: against `age -e` and `sync`", four, lambda: shell(f"{each} && sync {outputs}")[0], size, 1.5, prepare=clean_four)
    b.compare("deposit, four files: against `age -e`, not synced", four, lambda: shell(each)[0], size, None, prepare=clean_four)
    clean_four()
    remove(b.path("room"))
    run([b.sr, "init", b.path("room"), "--generate-passphrase", b.path("pass2"), "--no-input"])
    os.replace(b.path("pass2"), b.path("pass"))
    b.strongroom("deposit", b.path("big"), "--name", "big")


def bench_export(b):
    shell(f"age -e -r {b.recipient} -o {b.path('x.age')} {b.file}")
    os.makedirs(b.path("gc.cipher"), exist_ok=True)
    os.makedirs(b.path("gc.plain"), exist_ok=True)
    shell(f"echo bench > {b.path('gc.pass')} && gocryptfs -q -init -passfile {b.path('gc.pass')} {b.path('gc.cipher')}")
    shell(f"gocryptfs -q -passfile {b.path('gc.pass')} {b.path('gc.cipher')} {b.path('gc.plain')}")
    shell(f"cp {b.file} {b.path('gc.plain')}/f && sync")

    def clean():
        remove(b.path("out"))
        remove(b.path("copy"))
        os.sync()

    def export():
        return b.strongroom("export", "big", b.path("out"), "--confirm", "big")

    def gocryptfs():
        shell(f"fusermount3 -u {b.path('gc.plain')} && gocryptfs -q -passfile {b.path('gc.pass')} {b.path('gc.cipher')} {b.path('gc.plain')}")
        return run(["dd", f"if={b.path('gc.plain', 'f')}", "of=/dev/null", "bs=1M", "status=none"])[0]

    warm(*blobs(b.path("room")))
    b.compare("export: against `cp` and `sync`", export, lambda: shell(f"cp {b.file} {b.path('copy')} && sync {b.path('copy')}")[0], b.bytes, 0.9, prepare=clean)
    b.compare("export: against `cp`, not synced", export, lambda: run(["cp", b.file, b.path("copy")])[0], b.bytes, None, prepare=clean)
    b.compare("export: against `age -d` to a file, not synced", export, lambda: shell(f"age -d -i {b.path('age.key')} -o {b.path('copy')} {b.path('x.age')}")[0], b.bytes, None, prepare=clean)
    b.compare("`cat` to nowhere: against `age -d` to nowhere", lambda: b.strongroom("cat", f"big:{b.name}"), lambda: shell(f"age -d -i {b.path('age.key')} {b.path('x.age')} > /dev/null")[0], b.bytes, 4.0, prepare=clean)
    warm(b.path("gc.cipher") + "/" + max(os.listdir(b.path("gc.cipher")), key=lambda f: os.path.getsize(b.path("gc.cipher", f))))
    b.compare("`cat` to nowhere: against gocryptfs read", lambda: b.strongroom("cat", f"big:{b.name}"), gocryptfs, b.bytes, 3.0, prepare=clean)
    clean()
    remove(b.path("x.age"))
    b.gocryptfs = gocryptfs


class Mount:
    def __init__(self, b, ref):
        self.b, self.ref, self.dir = b, ref, b.path("mnt")

    def __enter__(self):
        os.makedirs(self.dir, exist_ok=True)
        b = self.b
        self.child = subprocess.Popen([b.sr, "mount", self.ref, self.dir, "--foreground", "--room", b.path("room"), "--passphrase-file", b.path("pass"), "--no-input"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            if os.path.ismount(self.dir) and os.listdir(self.dir):
                return self
            time.sleep(0.01)
        sys.exit("bench: the mount did not come up")

    def __exit__(self, *unused):
        self.child.send_signal(signal.SIGTERM)
        _, _, usage = os.wait4(self.child.pid, 0)
        self.child.returncode = 0
        self.b.peaks["mount"] = max(self.b.peaks.get("mount", 0), usage.ru_maxrss * 1024)

    def file(self):
        return os.path.join(self.dir, self.b.name)


def dd(path):
    return run(["dd", f"if={path}", "of=/dev/null", "bs=1M", "status=none"])[0]


def bench_mount(b):
    def through_mount():
        with Mount(b, "big") as m:
            return dd(m.file())

    if os.geteuid() == 0:
        def cold_mount():
            with Mount(b, "big") as m:
                drop_caches()
                back_memory(b.args.memory_gib)
                return dd(m.file())

        def cold_plain():
            drop_caches()
            back_memory(b.args.memory_gib)
            return dd(b.file)

        b.compare("mount, sequential read, cold: against the plain file", cold_mount, cold_plain, b.bytes, 0.95, runs=3)
    warm(*blobs(b.path("room")))
    b.compare("mount, sequential, first read, warm bodies: against gocryptfs", through_mount, b.gocryptfs, b.bytes, 2.0, prepare=lambda: None)
    warm(*blobs(b.path("room")), b.file)
    with Mount(b, "big") as m, open(m.file(), "rb"):
        dd(m.file())
        b.compare("mount, second read: against the plain file", lambda: dd(m.file()), lambda: dd(b.file), b.bytes, 0.9)
        helper = os.path.abspath(b.args.mmap_read)
        first, ours, theirs = [], [], []
        for _ in range(b.args.runs):
            for path, into in ((m.file(), ours), (b.file, theirs)):
                text = subprocess.run([helper, path, "16", "64"], check=True, capture_output=True, text=True).stdout.split()
                into.append(1 / float(text[1]))
        b.row("mount, mmap, random 16 MiB tensors, second touch: against the plain file", ours, theirs, int(GB), 0.9)
    shell(f"fusermount3 -u {b.path('gc.plain')}")


def bench_tensor(b):
    text = subprocess.run([b.sr, "show", "big", "--tensors", "--json", "--room", b.path("room"), "--passphrase-file", b.path("pass"), "--no-input"], check=True, capture_output=True, text=True).stdout
    tensors = [t for f in json.loads(text)["contents"] for t in f["tensors"]]
    pick = min(tensors, key=lambda t: abs((t["end"] - t["begin"]) - (16 << 20)))
    begin, size = pick["begin"], pick["end"] - pick["begin"]
    warm(b.file, *blobs(b.path("room")))
    # GNU dd counts in bytes with these flags, and reads the range in 1 MiB pieces.
    plain = lambda: run(["dd", f"if={b.file}", "of=/dev/null", "bs=1M", f"skip={begin}", f"count={size}", "iflag=skip_bytes,count_bytes", "status=none"])[0]
    ours = lambda: b.strongroom("cat", f"big:{b.name}@{pick['name']}")
    b.compare(f"one tensor of {size / (1 << 20):.1f} MiB by `cat`: against `dd` of its bytes", ours, plain, 0, 0.5, runs=21)


def bench_llama(b):
    script = b.args.llama
    if not script or not os.path.exists(os.path.join(os.path.dirname(script), "node_modules")):
        print("| llama.cpp load | skipped: llama.cpp is not installed (tools/bench installs it) | | | | |")
        return
    os.makedirs(b.path("gguf"))
    run([b.args.mkmodel, "--gguf", b.path("gguf", "model.gguf"), "--gib", "0.75"])
    b.strongroom("deposit", b.path("gguf"), "--name", "gguf")
    number = lambda path: json.loads(subprocess.run([os.path.join(os.path.dirname(script), "node.sh"), script, path, "x", "1"], check=True, capture_output=True, text=True).stdout)["load_ms"] / 1000
    size = os.path.getsize(b.path("gguf", "model.gguf"))

    def mounted(cold):
        m = Mount(b, "gguf")
        with m:
            if cold:
                drop_caches()
            return number(os.path.join(m.dir, "model.gguf"))

    def plain(cold):
        if cold:
            drop_caches()
        return number(b.path("gguf", "model.gguf"))

    if os.geteuid() == 0:
        b.compare("llama.cpp load, cold: against the plain file (at most 1.3 x its time)", lambda: mounted(True), lambda: plain(True), size, 1 / 1.3, runs=3)
    b.compare("llama.cpp load, warm: against the plain file", lambda: mounted(False), lambda: plain(False), size, None, runs=3)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strongroom", required=True)
    parser.add_argument("--mkmodel", required=True)
    parser.add_argument("--mmap-read", required=True)
    parser.add_argument("--llama", default="")
    parser.add_argument("--dir", required=True)
    parser.add_argument("--gib", type=float, default=8)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--memory-gib", type=float, default=10, help="to touch before each timed run")
    parser.add_argument("--only", default="deposit,export,mount,tensor,llama")
    args = parser.parse_args()
    b = Bench(args)
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    print(f"{time.strftime('%Y-%m-%d')}, {cpu}, {os.cpu_count()} cores, Linux {platform.release()}, model of {args.gib:g} GiB, median of {args.runs} after a warm-up\n")
    print("| what | ours | peer | ratio | target | |\n|---|---|---|---|---|---|")
    setup(b)
    bench_deposit(b)
    for name, function in (("export", bench_export), ("mount", bench_mount), ("tensor", bench_tensor), ("llama", bench_llama)):
        if name in args.only.split(","):
            function(b)
    print("\n| peak memory (RSS) of | MiB |\n|---|---|")
    for name, peak in sorted(b.peaks.items()):
        print(f"| `{name}` | {peak / (1 << 20):.0f} |")
    remove(b.dir)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    main()
