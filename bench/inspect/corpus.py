#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `strongroom inspect` says of every public sample, beside what other scanners said of the same files: the table of
docs/inspection.md.

usage: corpus.py PROGRAM CORPUS

Each file is inspected by a run of its own, as a user would. The peers' results were measured once, elsewhere (CORPUS/peer-results.tsv).
"""
import collections
import json
import os
import subprocess
import sys

LABELS = ["malicious", "suspicious", "malformed", "unscannable", "benign"]
VERDICTS = ["BLOCK", "REVIEW", "UNPARSABLE", "PASS"]
PEERS = ["picklescan", "picklescan-strict", "modelscan", "fickling", "modelaudit"]
PROFILES = ["tensors", "sklearn"]


def samples(corpus):
    for group in sorted(os.listdir(corpus)):
        manifest = os.path.join(corpus, group, "MANIFEST.tsv")
        if os.path.exists(manifest):
            with open(manifest, encoding="utf-8") as lines:
                for line in list(lines)[1:]:
                    fields = line.split("\t")
                    yield group, f"{group}/{fields[0]}", fields[1]


def peers(corpus):
    with open(os.path.join(corpus, "peer-results.tsv"), encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return {row[0]: dict(zip(rows[0][2:], row[2:])) for row in rows[1:]}


def inspect(program, path, profile):
    run = subprocess.run([program, "inspect", "--json", "--profile", profile, path], capture_output=True, check=False)
    report = json.loads(run.stdout)
    verdict = report["verdict"]
    expected = {"PASS": 0, "REVIEW": 1, "BLOCK": 1, "UNPARSABLE": 2}[verdict]
    if run.returncode != expected:
        sys.exit(f"{path}: {verdict}, but exit status {run.returncode}")
    return verdict


def row(cells):
    print("| " + " | ".join(str(c) for c in cells) + " |")


def ours(results):
    for profile in PROFILES:
        print(f"\nProfile `{profile}`:\n")
        row(["set", "label", "files"] + VERDICTS)
        row(["---", "---"] + ["---:"] * 5)
        totals = collections.Counter()
        for (group, label), counts in sorted(results[profile].items()):
            row([group, label, sum(counts.values())] + [counts[v] for v in VERDICTS])
            for verdict, count in counts.items():
                totals[label, verdict] += count
        for label in LABELS:
            counts = [totals[label, v] for v in VERDICTS]
            row(["**all**", f"**{label}**", f"**{sum(counts)}**"] + [f"**{c}**" for c in counts])


def beside(judged, said):
    """Only the files that the peers were shown: ours by the same names for the outcomes."""
    print("\nThe files that the peers were run on, by what each said (`flag` its failure, `warn` its softer level):\n")
    row(["label", "files", "strongroom"] + PEERS)
    row(["---", "---:"] + ["---"] * (1 + len(PEERS)))
    for label in LABELS:
        files = [f for f, (l, _) in judged.items() if l == label and f in said]
        mine = collections.Counter(judged[f][1] for f in files)
        cells = [", ".join(f"{mine[v]} {v}" for v in VERDICTS if mine[v])]
        for peer in PEERS:
            count = collections.Counter(said[f][peer] for f in files)
            cells.append(", ".join(f"{n} {word}" for word, n in count.most_common()))
        row([label, len(files)] + cells)


def main():
    program, corpus = sys.argv[1:]
    results = {p: collections.defaultdict(collections.Counter) for p in PROFILES}
    judged = {}
    for group, name, label in samples(corpus):
        if label not in LABELS:
            continue
        for profile in PROFILES:
            verdict = inspect(program, os.path.join(corpus, name), profile)
            results[profile][group, label][verdict] += 1
            if profile == PROFILES[0]:
                judged[name] = (label, verdict)
    ours(results)
    beside(judged, peers(corpus))


main()
