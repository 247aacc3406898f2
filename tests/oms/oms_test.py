#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Signatures of models, with the built program, against what others made: the conformance suite of OpenSSF Model Signing,
signed models of the reference's releases, vectors made for this project, and the specification's JSON schemas. Our own
signatures are verified with `openssl` alone. The samples are not in this repository: STRONGROOM_TESTDATA names their folder.
"""
import base64
import csv
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.environ["STRONGROOM"]
DATA = pathlib.Path(os.environ.get("STRONGROOM_TESTDATA") or os.environ.get("STRONGROOM_TESTDATA_DEFAULT", "/nowhere")) / "oms"
SUITE = DATA / "conformance/test"
ASSETS = SUITE / "assets"

results = []


def report(name, is_good, note=""):
    results.append(is_good)
    print(f"{'ok' if is_good else 'not ok'} {len(results)} - {name}")
    if note and not is_good:
        print("\n".join("# " + line for line in note.strip().splitlines()))


def skip(name, why):
    results.append(True)
    print(f"ok {len(results)} - {name} # SKIP {why}")


def run(*args):
    done = subprocess.run([PROGRAM, *map(str, args), "--no-input"], capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    if done.returncode != 0 and "good: " in text:
        report("a failure never says good", False, text)
    return done.returncode, text


def copy_model(source, to):
    if source.is_dir():
        shutil.copytree(source, to, symlinks=True)
    elif source.exists():
        shutil.copy(source, to)
    else:
        to.mkdir()  # git keeps no empty folders
    for path in [to, *to.rglob("*")] if to.is_dir() else [to]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    return to


def modify(model, changes):
    for name, text in {**changes.get("tamper", {}), **changes.get("inject", {})}.items():
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_text(text)
    for name in changes.get("delete", []):
        (model / name).unlink()
    for name, target in changes.get("symlinks", {}).items():
        (model / name).symlink_to(target)


def private(path, folder):
    """A copy that only its owner can read, as the program demands."""
    to = folder / "private.pem"
    shutil.copy(path, to)
    to.chmod(0o600)
    return to


def payload_of(signature):
    return base64.b64decode(json.loads(signature.read_text())["dsseEnvelope"]["payload"])


def ignored(paths):
    return [word for path in paths for word in ("--ignore", path)]


def verify_args(model, signature, verify, folder):
    args = ["verify-signature", model, "--signature", signature, *ignored(verify.get("ignore_paths", []))]
    if "public_key" in verify:
        args += ["--public-key", ASSETS / verify["public_key"]]
    if "cert_chain" in verify:
        roots = folder / "roots.pem"
        roots.write_text("\n".join((ASSETS / path).read_text() for path in verify["cert_chain"]))
        args += ["--roots", roots]
    return args + (["--ignore-unsigned-files"] if verify.get("ignore_unsigned_files") else [])


def signed_names(signature):
    statement = json.loads(payload_of(signature))
    return sorted(one["name"] for one in statement["predicate"]["resources"])


def case_model(config, case, folder):
    base = case if config.get("model_relative_to") == "test_dir" else ASSETS
    source = base / config["model"]
    model = copy_model(source, folder / source.name)
    modify(model, config.get("model_modifications", {}))
    return model


def run_verify_case(config, case, folder):
    model = case_model(config, case, folder)
    signature = folder / "bundle.sig"
    if (case / "bundle.sig").exists():
        shutil.copy(case / "bundle.sig", signature)
    else:
        inside = [path for path in model.rglob("model.sig")] if model.is_dir() else []
        signature = inside[0] if inside else model.parent / "model.sig"
    status, text = run(*verify_args(model, signature, config["verify"], folder))
    if "sigstore-verify-as-key" in case.name:  # its key file is not in the suite
        key = next(ASSETS.glob("keys/p384/*-pub.pem"))
        args = [str(key) if "ec-p256" in str(word) else word for word in verify_args(model, signature, config["verify"], folder)]
        status, text = run(*args)
        return status, text, "keyless" in text
    return status, text, True


def run_roundtrip_case(config, case, folder):
    model = case_model(config, case, folder)
    sign, verify = config["sign"], config["verify"]
    signature = (model if config.get("sig_inside_model") else folder) / "model.sig"
    args = ["sign", model, "--key", private(ASSETS / sign["private_key"], folder),
            *ignored(sign.get("ignore_paths", verify.get("ignore_paths", [])))]
    for name in ([sign["signing_cert"]] if "signing_cert" in sign else []) + sign.get("cert_chain", []):
        args += ["--cert-chain", ASSETS / name]
    status, text = run(*args, "--signature", signature)
    if status != 0:
        return status, text, True
    status, text = run(*verify_args(model, signature, verify, folder))
    expected = config.get("expected_signed_files")
    is_good = expected is None or signed_names(signature) == sorted(expected)
    if "deterministic" in case.name:
        again = folder / "again.sig"
        run(*args, "--signature", again)
        is_good = is_good and payload_of(signature) == payload_of(again)
    return status, text, is_good


def test_conformance():
    for path in sorted(SUITE.glob("test-cases/**/config.json")):
        config, case = json.loads(path.read_text()), path.parent
        name = f"conformance {case.relative_to(SUITE / 'test-cases')}"
        if config["method"] == "sigstore":
            skip(name, "keyless signatures are not supported")
            continue
        with tempfile.TemporaryDirectory() as folder:
            runner = run_roundtrip_case if "roundtrip" in path.parts else run_verify_case
            status, text, is_good = runner(config, case, pathlib.Path(folder))
            wanted = config.get("expect", "pass") == "pass"
            report(name, (status == 0) == wanted and status != 70 and is_good, f"status {status}: {text}")


def test_generated():
    folder = DATA / "generated"
    with open(folder / "CASES.tsv", encoding="utf-8") as cases:
        for case in csv.DictReader(cases, delimiter="\t"):
            option = "--public-key" if case["mode"] == "key" else "--roots"
            status, text = run("verify-signature", folder / "model", "--signature", folder / (case["case"] + ".sig"),
                               option, folder / case["trust"])
            report(f"generated {case['case']}: {case['strict_expected']}",
                   (status == 0) == (case["strict_expected"] == "accept") and status in (0, 10, 12, 23, 30, 42),
                   f"status {status}: {text}")


UPSTREAM = [
    ("v0.2.0-certificate", ".", []), ("v0.3.1-certificate", ".", []), ("v1.0.0-certificate", ".", []),
    ("v1.0.1-certificate", ".", ["ignore-me"]), ("v1.1.0-certificate", ".", ["ignore-me"]),
    ("v0.3.1-elliptic-key", "signme-1", []), ("v1.0.0-elliptic-key", "signme-1", []),
    ("v1.0.1-elliptic-key", ".", ["ignore-me"]), ("v1.1.0-elliptic-key", ".", ["ignore-me"]),
]


def test_upstream():
    base = DATA / "upstream/scripts/tests"
    for name, at, leave in UPSTREAM:
        trust = (["--roots", base / "keys/certificate/ca-cert.pem"] if "certificate" in name
                 else ["--public-key", base / "keys/certificate/signing-key-pub.pem"])
        with tempfile.TemporaryDirectory() as folder:
            model = copy_model(base / name, pathlib.Path(folder) / name)
            args = ["verify-signature", model / at, "--signature", model / "model.sig", *trust, *ignored(leave)]
            status, text = run(*args)
            report(f"upstream {name}", status == 0, text)
            whole = bytearray((model / "signme-1").read_bytes())
            whole[0] ^= 1
            (model / "signme-1").write_bytes(whole)
            status, text = run(*args)
            report(f"upstream {name}: one bit changed", status == 30 and "differs  signme-1" in text, text)
            whole[0] ^= 1
            (model / "signme-1").write_bytes(whole)
            (model / "new file").touch()
            status, text = run(*args)
            report(f"upstream {name}: a file more", status == (30 if at == "." else 0) and (at != "." or "extra    new file" in text), text)
            (model / "new file").unlink()
            (model / "signme-1").unlink()
            status, text = run(*args)
            report(f"upstream {name}: a file fewer", status == (30 if at == "." else 13), text)
    for name in ["v0.3.1-sigstore", "v1.0.0-sigstore", "v1.0.1-sigstore", "v1.1.0-sigstore"]:
        skip(f"upstream {name}", "keyless signatures are not supported")


def make_key(folder, curve, *cipher):
    key, public = folder / "key.pem", folder / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", key, *cipher],
                   check=True, capture_output=True)
    words = ["-passin", "pass:correct horse"] if cipher else []
    subprocess.run(["openssl", "pkey", "-in", key, *words, "-pubout", "-out", public], check=True, capture_output=True)
    key.chmod(0o600)
    return key, public


def make_model(folder):
    model = folder / "model"
    (model / "a").mkdir(parents=True)
    for name, data in {"a/b": b"1", "a.txt": b"22", "a-b": b"", "\u6a21\u578b.bin": bytes(range(256)) * 5000}.items():
        (model / name).write_bytes(data)
    return model


def verifies_with_openssl(folder, signature, public, digest):
    """The specification's message, made here, and a program that knows nothing of models."""
    bundle = json.loads(signature.read_text())
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    kind = b"application/vnd.in-toto+json"
    (folder / "message").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    (folder / "der").write_bytes(base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"]))
    done = subprocess.run(["openssl", "dgst", f"-{digest}", "-verify", public, "-signature", folder / "der", folder / "message"],
                          capture_output=True, check=False)
    hint = hashlib.sha256(public.read_bytes()).hexdigest()
    return done.returncode == 0 and bundle["verificationMaterial"]["publicKey"]["hint"] == hint


def root_is_right(signature, model):
    statement = json.loads(payload_of(signature))
    names = [one["name"] for one in statement["predicate"]["resources"]]
    digests = [hashlib.sha256((model / name).read_bytes()).digest() for name in names]
    return (statement["subject"][0]["digest"]["sha256"] == hashlib.sha256(b"".join(digests)).hexdigest()
            and [one["digest"] for one in statement["predicate"]["resources"]] == [d.hex() for d in digests]
            and names == sorted(names) == ["a-b", "a.txt", "a/b", "\u6a21\u578b.bin"])


def check_schemas(signature):
    try:
        import jsonschema
    except ImportError:
        return None
    schemas = {}
    for path in (DATA / "spec/schemas/v1.0").glob("*.json"):
        schema = json.loads(path.read_text())
        schemas[schema["$id"]] = schema
    if not schemas:
        return None
    bundle, statement = "https://model_signing/bundle/v1.0/schema", "https://model_signing/statement/v1.0/schema"
    for name, value in ((bundle, json.loads(signature.read_text())), (statement, json.loads(payload_of(signature)))):
        resolver = jsonschema.RefResolver(name, schemas[name], store=schemas)
        jsonschema.Draft202012Validator(schemas[name], resolver=resolver).validate(value)
    return True


def test_own_signatures():
    for curve, digest in (("P-256", "sha256"), ("P-384", "sha384"), ("P-521", "sha512")):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            model, (key, public) = make_model(folder), make_key(folder, curve)
            status, text = run("sign", model, "--key", key)
            signature = model / "model.sig"
            report(f"own {curve}: signs", status == 0, text)
            report(f"own {curve}: openssl verifies", verifies_with_openssl(folder, signature, public, digest))
            report(f"own {curve}: root and order", root_is_right(signature, model))
            status, text = run("verify-signature", model, "--signature", signature, "--public-key", public)
            report(f"own {curve}: verifies", status == 0 and "good: 4 files" in text, text)
            schemas = check_schemas(signature)
            if schemas is None:
                skip(f"own {curve}: schemas", "no python3-jsonschema or no schemas")
            else:
                report(f"own {curve}: schemas of the specification", schemas)
            status, text = run("sign", model, "--key", key)
            report(f"own {curve}: no signature is overwritten", status == 14, text)


def test_keys():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = make_model(folder)
        key, public = make_key(folder, "P-256", "-aes-256-cbc", "-pass", "pass:correct horse")
        words = folder / "words"
        words.write_text("correct horse\n")
        words.chmod(0o600)
        status, text = run("sign", model, "--key", key)
        report("keys: an encrypted key needs its passphrase", status == 20, text)
        status, text = run("sign", model, "--key", key, "--passphrase-file", words)
        report("keys: and signs with it", status == 0, text)
        status, text = run("verify-signature", model, "--signature", model / "model.sig", "--public-key", public)
        report("keys: verifies", status == 0, text)
        words.write_text("wrong horse\n")
        status, text = run("sign", model, "--key", key, "--passphrase-file", words, "--signature", folder / "s")
        report("keys: a wrong passphrase", status == 20 and not (folder / "s").exists(), text)
        key.chmod(0o644)
        status, text = run("sign", model, "--key", key, "--passphrase-file", words, "--signature", folder / "s")
        report("keys: a key that others can read", status == 21, text)
        key.chmod(0o600)
        (folder / "rsa.pem").touch(0o600)
        subprocess.run(["openssl", "genrsa", "-out", folder / "rsa.pem", "2048"], check=True, capture_output=True)
        (folder / "rsa.pem").chmod(0o600)
        status, text = run("sign", model, "--key", folder / "rsa.pem", "--signature", folder / "s")
        report("keys: RSA", status == 42, text)


def test_ignored():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model, (key, public) = make_model(folder), make_key(folder, "P-256")
        (model / ".git/objects").mkdir(parents=True)
        (model / ".git/objects/x").write_text("x")
        (model / ".git/link").symlink_to("/")
        (model / "notes").write_text("n")
        status, text = run("sign", model, "--key", key, "--ignore", "./notes/")
        report("ignored: signs", status == 0, text)
        status, text = run("verify-signature", model, "--signature", model / "model.sig", "--public-key", public, "--json")
        found = json.loads(text)["ignored"]
        report("ignored: every ignored entry that is there is reported", status == 0 and sorted(found, key=lambda o: o["path"]) == [
            {"path": ".git", "files": 2}, {"path": "model.sig", "files": 1}, {"path": "notes", "files": 1}], text)
        status, text = run("sign", model, "--key", key, "--ignore", ".", "--signature", folder / "s")
        report("ignored: not everything", status == 2, text)
        status, text = run("sign", model, "--key", key, "--ignore", "../x", "--signature", folder / "s")
        report("ignored: nothing outside", status == 2, text)
        (model / "new").write_text("n")
        args = ["verify-signature", model, "--signature", model / "model.sig", "--public-key", public]
        status, text = run(*args)
        report("unsigned: a failure", status == 30 and "extra    new" in text, text)
        status, text = run(*args, "--ignore-unsigned-files")
        report("unsigned: reported and accepted", status == 0 and "extra    new" in text and "not signed: 1 file" in text, text)
        (model / "a.txt").write_text("changed")
        status, text = run(*args, "--ignore-unsigned-files")
        report("unsigned: what is signed still counts", status == 30 and "differs  a.txt" in text, text)
        os.mkfifo(model / "pipe")
        status, text = run(*args)
        report("a pipe", status == 42, text)


def certificate(folder, name, issuer, extensions, *days):
    """An EC certificate, of itself or of an issuer, with the given extensions."""
    key, pem, config = folder / f"{name}.key", folder / f"{name}.pem", folder / f"{name}.cnf"
    config.write_text("[req]\ndistinguished_name=dn\n[dn]\n[x]\n" + "\n".join(extensions) + "\n")
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key],
                   check=True, capture_output=True)
    key.chmod(0o600)
    request = ["openssl", "req", "-new", "-key", key, "-subj", f"/CN={name}", "-config", config]
    if issuer is None:
        subprocess.run([*request, "-x509", "-extensions", "x", "-days", "30", "-out", pem], check=True, capture_output=True)
        return key, pem
    csr = folder / f"{name}.csr"
    subprocess.run([*request, "-out", csr], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", csr, "-CA", issuer[1], "-CAkey", issuer[0], "-CAcreateserial", "-out", pem,
                    "-extfile", config, "-extensions", "x", *(days or ("-days", "30"))], check=True, capture_output=True)
    return key, pem


CA = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier=hash"]
LEAF = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature", "extendedKeyUsage=codeSigning"]


def test_certificates():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = make_model(folder)
        root = certificate(folder, "root", None, CA)
        issuer = certificate(folder, "issuer", root, CA)
        narrow = certificate(folder, "narrow", root, CA + ["nameConstraints=critical,permitted;email:.good.example"])
        tls_only = certificate(folder, "tls-only", root, CA + ["extendedKeyUsage=serverAuth"])
        email = "subjectAltName=email:a@x.good.example,URI:https://good.example/ci,DNS:good.example"
        cases = [
            ("good", issuer, LEAF + [email], [], 0),
            ("named by e-mail", issuer, LEAF + [email], ["--signer-name", "a@x.good.example"], 0),
            ("named by URI", issuer, LEAF + [email], ["--signer-name", "https://good.example/ci"], 0),
            ("named by host", issuer, LEAF + [email], ["--signer-name", "good.example"], 0),
            ("named by subject", issuer, LEAF + [email], ["--signer-name", "CN=named by subject"], 0),
            ("named by common name", issuer, LEAF + [email], ["--signer-name", "named by common name"], 0),
            ("another name", issuer, LEAF + [email], ["--signer-name", "b@x.good.example"], 23),
            ("prefix of a name", issuer, LEAF + [email], ["--signer-name", "a@x.good"], 23),
            ("for TLS", issuer, [*LEAF[:2], "extendedKeyUsage=serverAuth"], [], 23),
            ("for TLS, any usage", issuer, [*LEAF[:2], "extendedKeyUsage=serverAuth"], ["--any-usage"], 0),
            ("without usage", issuer, LEAF[:1], ["--any-usage"], 23),
            ("may not sign", issuer, [LEAF[0], "keyUsage=critical,keyAgreement", LEAF[2]], [], 23),
            ("allowed by name constraints", narrow, LEAF + ["subjectAltName=email:a@x.good.example"], [], 0),
            ("against name constraints", narrow, LEAF + ["subjectAltName=email:a@x.bad.example"], [], 23),
            ("of an issuer for TLS", tls_only, LEAF, [], 23),
            ("unknown critical extension", issuer, LEAF + ["1.2.3.4=critical,DER:0500"], [], 23),
        ]
        for case, by, extensions, args, wanted in cases:
            key, pem = certificate(folder, case, by, extensions)
            signature = folder / f"{case}.sig"
            status, text = run("sign", model, "--key", key, "--cert-chain", pem, "--cert-chain", by[1], "--signature", signature)
            if status == 0:
                status, text = run("verify-signature", model, "--signature", signature, "--roots", root[1], *args)
            report(f"certificate {case}", status == wanted, f"status {status}: {text}")
        status, text = run("sign", model, "--key", issuer[0], "--cert-chain", root[1], "--signature", folder / "s")
        report("certificate of another key", status == 23 and not (folder / "s").exists(), text)


def test_against_reference():
    try:
        import model_signing  # noqa: F401
    except ImportError:
        skip("the reference verifies ours, we verify the reference's", "no Python package model_signing")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model, (key, public) = make_model(folder), make_key(folder, "P-384")
        run("sign", model, "--key", key)
        theirs = [sys.executable, "-m", "model_signing"]
        done = subprocess.run([*theirs, "verify", "key", model, "--signature", model / "model.sig", "--public_key", public],
                              capture_output=True, text=True, check=False)
        report("the reference verifies ours", done.returncode == 0, done.stderr)
        done = subprocess.run([*theirs, "sign", "key", model, "--signature", folder / "theirs.sig", "--private_key", key],
                              capture_output=True, text=True, check=False)
        status, text = run("verify-signature", model, "--signature", folder / "theirs.sig", "--public-key", public,
                           "--ignore", "model.sig")
        report("we verify the reference's", done.returncode == 0 and status == 0, done.stderr + text)


def main():
    if DATA.is_dir():
        test_conformance()
        test_generated()
        test_upstream()
    else:
        skip("conformance suite, generated and upstream signatures", "no samples; set STRONGROOM_TESTDATA")
    test_own_signatures()
    test_keys()
    test_ignored()
    test_certificates()
    test_against_reference()
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
