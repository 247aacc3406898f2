#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Signatures of people, against the real thing: keys by ssh-keygen, in a real ssh-agent, ours verified by `ssh-keygen -Y verify`
and theirs by us. FIDO2 keys are a software authenticator here (pyca/cryptography), behind an agent of our own, since neither needs
hardware that way; its signatures are checked with ssh-keygen as well. At the end acts: envelopes of ours are verified by
`ssh-keygen -Y verify` and openssl over a pre-authentication encoding that is written again here, and such as others make, by us.
"""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

TOOL = os.environ["SSH_TOOL"]
ACT_TOOL = os.environ["ACT_TOOL"]
NAMESPACE = "act@strongroom"
MESSAGE = b'{"verb":"approve"}'
PRESENCE, VERIFICATION = 1, 4

results = []
here = pathlib.Path(tempfile.mkdtemp(prefix="sr-ssh-"))


def report(name, is_good, note=""):
    results.append(is_good)
    print(f"{'ok' if is_good else 'not ok'} {len(results)} - {name}")
    if note and not is_good:
        print("\n".join("# " + line for line in str(note).strip().splitlines()))


def run(*args, data=b"", env=None):
    done = subprocess.run([str(a) for a in args], input=data, capture_output=True, check=False, timeout=60, env=env)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def tool(*args):
    return run(TOOL, *args)


def act_tool(*args):
    return run(ACT_TOOL, *args)


def put(name, data):
    path = here / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


# What ssh-keygen says about a signature.
def keygen_accepts(pub, signature, namespace=NAMESPACE, message=MESSAGE):
    allowed = put("allowed_signers", "ada@example.org " + " ".join(pub.read_text().split()[:2]) + "\n")
    return run("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "ada@example.org", "-n", namespace, "-s", signature, data=message)


def keygen_signs(key, namespace=NAMESPACE, hashalg="sha512", message=MESSAGE):
    message = put("to_sign", message)
    (here / "to_sign.sig").unlink(missing_ok=True)
    code, _, err = run("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", namespace, "-O", f"hashalg={hashalg}", message)
    assert code == 0, err
    return here / "to_sign.sig"


# SSH's wire format, written again here: the point is not to share code.
def string(data):
    return struct.pack(">I", len(data)) + data


def mpint(n):
    return string(n.to_bytes(n.bit_length() // 8 + 1, "big"))


def strings(data, count):
    out = []
    for _ in range(count):
        (length,) = struct.unpack(">I", data[:4])
        out.append(data[4 : 4 + length])
        data = data[4 + length :]
    return out, data


def armor(data):
    text = base64.b64encode(data).decode()
    lines = "".join(text[i : i + 70] + "\n" for i in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}-----END SSH SIGNATURE-----\n"


def dearmor(path):
    return base64.b64decode("".join(path.read_text().splitlines()[1:-1]))


class Authenticator:
    """A FIDO2 key: signs SHA-256(application), flags, counter, SHA-256(data); PROTOCOL.u2f."""

    def __init__(self, kind, application=b"ssh:"):
        self.kind, self.application = kind, application
        self.flags, self.counter = PRESENCE, 0
        if kind == "ed25519":
            self.key = ed25519.Ed25519PrivateKey.generate()
            self.name = b"sk-ssh-ed25519@openssh.com"
            point = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            self.blob = string(self.name) + string(point)
        else:
            self.key = ec.generate_private_key(ec.SECP256R1())
            self.name = b"sk-ecdsa-sha2-nistp256@openssh.com"
            point = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
            self.blob = string(self.name) + string(b"nistp256") + string(point)
        self.blob += string(application)

    def pub(self, name):
        return put(name, f"{self.name.decode()} {base64.b64encode(self.blob).decode()} software\n")

    def sign(self, data):
        self.counter += 1
        tail = bytes([self.flags]) + struct.pack(">I", self.counter)
        signed = hashlib.sha256(self.application).digest() + tail + hashlib.sha256(data).digest()
        if self.kind == "ed25519":
            inner = self.key.sign(signed)
        else:
            r, s = utils.decode_dss_signature(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
            inner = mpint(r) + mpint(s)
        return string(self.name) + string(inner) + tail


def make_sshsig(authenticator, namespace=NAMESPACE.encode(), reserved=b"", hashalg=b"sha512", message=MESSAGE, version=1):
    digest = hashlib.new("sha512" if hashalg == b"sha512" else "sha256", message).digest()
    purpose = string(namespace) + string(reserved) + string(hashalg)
    signature = authenticator.sign(b"SSHSIG" + purpose + string(digest))
    return b"SSHSIG" + struct.pack(">I", version) + string(authenticator.blob) + purpose + string(signature)


class FakeAgent:
    """An agent whose keys are authenticators. It answers one connection after the other."""

    def __init__(self, authenticators, name="fake.sock"):
        self.keys = {a.blob: a for a in authenticators}
        self.path = here / name
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(4)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                while head := connection.recv(4, socket.MSG_WAITALL):
                    body = connection.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)
                    connection.sendall(string(self.answer(body)))

    def answer(self, body):
        if body == b"\x0b":
            entries = b"".join(string(blob) + string(b"software") for blob in self.keys)
            return b"\x0c" + struct.pack(">I", len(self.keys)) + entries
        (blob, data), flags = strings(body[1:], 2)
        if body[0] != 13 or flags != bytes(4) or blob not in self.keys:
            return b"\x05"
        return b"\x0e" + string(self.keys[blob].sign(data))


def start_agent():
    path = here / "agent.sock"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)  # pylint: disable=consider-using-with
    for _ in range(100):
        if path.exists():
            break
        threading.Event().wait(0.05)
    return agent, path


def make_key(kind, *args):
    key = here / ("key_" + kind)
    code, _, err = run("ssh-keygen", "-q", "-t", *args, "-N", "", "-C", f"{kind}@test", "-f", key)
    assert code == 0, err
    return key, key.with_suffix(".pub")


def expect(name, done, code, words):
    report(name, done[0] == code and words in done[2], f"{done[0]}: {done[2]}")


def test_real_agent(kinds, sock):
    message = put("message", MESSAGE)
    for kind, (key, pub) in kinds.items():
        code, out, err = tool("sign", sock, pub, NAMESPACE, message)
        ours = put("ours.sig", out)
        report(f"{kind}: the agent signs for us", code == 0, err)
        code, said, err = keygen_accepts(pub, ours)
        report(f"{kind}: ssh-keygen verifies ours", code == 0 and b'Good "act@strongroom"' in said, err)
        expect(f"{kind}: we verify ours", tool("verify", pub, NAMESPACE, message, ours), 0, "")
        report(f"{kind}: ssh-keygen refuses ours for another namespace", keygen_accepts(pub, ours, namespace="file")[0] != 0)
        for hashalg in ("sha256", "sha512"):
            theirs = keygen_signs(key, hashalg=hashalg)
            expect(f"{kind}: we verify theirs with {hashalg}", tool("verify", pub, NAMESPACE, message, theirs), 0, "")
        other = put("other", MESSAGE + b" ")
        expect(f"{kind}: another message", tool("verify", pub, NAMESPACE, other, theirs), 1, "untrusted: the signature is not of this key and text")
        expect(f"{kind}: verification demanded", tool("verify", pub, NAMESPACE + "+uv", message, theirs), 1, "cannot say so")
        theirs = keygen_signs(key, namespace="git")
        expect(f"{kind}: another namespace", tool("verify", pub, NAMESPACE, message, theirs), 1, "untrusted: the signature is for namespace 'git'")


def test_keys_of_others(kinds, sock):
    message = put("message", MESSAGE)
    theirs = keygen_signs(kinds["ed25519"][0])
    expect("another key", tool("verify", kinds["p256"][1], NAMESPACE, message, theirs), 1, "untrusted: the signature is of another key")
    rsa, rsa_pub = make_key("rsa", "rsa", "-b", "2048")
    expect("RSA", tool("verify", rsa_pub, NAMESPACE, message, theirs), 1, "unsupported: SSH keys of type 'ssh-rsa'")
    expect("a signature by RSA", tool("verify", kinds["p256"][1], NAMESPACE, message, keygen_signs(rsa)), 1, "unsupported: ")
    code, out, err = tool("list", sock)
    text = out.decode()
    report("the list has every key", code == 0 and len(text.splitlines()) == len(kinds), text + err)
    for kind, (_, pub) in kinds.items():
        fingerprint = run("ssh-keygen", "-l", "-f", pub)[1].decode().split()[1]
        report(f"{kind}: the fingerprint is ssh-keygen's", f"{fingerprint} {kind}@test\n" in text, text)
    run("ssh-add", rsa, env={**os.environ, "SSH_AUTH_SOCK": str(sock)})
    report("keys of other kinds are listed as such", b"\n- rsa@test\n" in tool("list", sock)[1])


def test_models(kinds, sock):
    message = put("message", MESSAGE * 1000)
    for kind, digest in (("p256", "-sha256"), ("p384", "-sha384")):
        pem = here / "key.pem"
        code, out, err = tool("der", sock, kinds[kind][1], message, pem)
        report(f"{kind}: the agent signs a message itself", code == 0, err)
        said = run("openssl", "dgst", digest, "-verify", pem, "-signature", put("sig.der", out), message)
        report(f"{kind}: openssl verifies it", said[0] == 0, said[2])
    expect("Ed25519 does not", tool("der", sock, kinds["ed25519"][1], message, here / "x"), 1, "unsupported: ssh-agent: 'ssh-ed25519'")


def test_an_agent_that_says_no(kinds, sock):
    message = put("message", MESSAGE)
    environment = {**os.environ, "SSH_AUTH_SOCK": str(sock)}
    run("ssh-add", "-d", kinds["p256"][1], env=environment)
    expect("a key that the agent lost", tool("sign", sock, kinds["p256"][1], NAMESPACE, message), 1, "unavailable: ssh-agent refuses to sign")
    run("ssh-add", "-D", env=environment)
    code, out, err = tool("list", sock)
    report("an empty agent has an empty list", code == 0 and out == b"", err)
    expect("no agent", tool("list", here / "nobody"), 1, "unavailable: ssh-agent: connect")


def test_hardware_keys():
    message = put("message", MESSAGE)
    for kind in ("ed25519", "ecdsa"):
        key = Authenticator(kind)
        pub = key.pub("sk.pub")
        name = f"sk-{kind}"

        def verify(data, demand=NAMESPACE, with_pub=pub):
            return tool("verify", with_pub, demand, message, put("sk.sig", armor(data)))

        expect(f"{name}: touched", verify(make_sshsig(key)), 0, "")
        report(f"{name}: ssh-keygen agrees", keygen_accepts(pub, here / "sk.sig")[0] == 0)
        expect(f"{name}: with sha256", verify(make_sshsig(key, hashalg=b"sha256")), 0, "")
        expect(f"{name}: verification demanded, not there", verify(make_sshsig(key), NAMESPACE + "+uv"), 1, "without user verification")
        key.flags = PRESENCE | VERIFICATION
        done = verify(make_sshsig(key), NAMESPACE + "+uv")
        report(f"{name}: verified; flags and counter come out", done[:2] == (0, f"flags 05 counter {key.counter}\n".encode()), done)
        key.flags = VERIFICATION
        expect(f"{name}: not touched", verify(make_sshsig(key)), 1, "without user presence")
        key.flags = PRESENCE | 8
        expect(f"{name}: may be copied", verify(make_sshsig(key)), 1, "has flags 09")
        key.flags = PRESENCE
        expect(f"{name}: reserved", verify(make_sshsig(key, reserved=b"x")), 1, "unsupported: SSHSIG: the reserved field is not empty")
        expect(f"{name}: hash", verify(make_sshsig(key, hashalg=b"sha3-256")), 1, "unsupported: SSHSIG: the hash algorithm")
        expect(f"{name}: version", verify(make_sshsig(key, version=2)), 1, "unsupported: SSHSIG: version 2")
        expect(f"{name}: trailing byte", verify(make_sshsig(key) + b"\0"), 1, "malformed: SSHSIG: bytes after its end")
        expect(f"{name}: namespace", verify(make_sshsig(key, namespace=b"file")), 1, "for namespace 'file'")
        web = Authenticator(kind, b"https://example.org")
        expect(f"{name}: a key of a web site", verify(make_sshsig(web), with_pub=web.pub("web.pub")), 1, "does not begin with 'ssh:'")
        data = bytearray(make_sshsig(key))
        accepted = []
        for i in range(0, len(data), 7):
            data[i] ^= 0x20
            accepted += [i] if verify(bytes(data))[0] != 1 else []
            data[i] ^= 0x20
        report(f"{name}: no changed byte passes", not accepted, accepted)


def test_hardware_keys_in_an_agent():
    message = put("message", MESSAGE)
    keys = [Authenticator("ed25519"), Authenticator("ecdsa")]
    agent = FakeAgent(keys)
    for key in keys:
        pub = key.pub("sk.pub")
        key.flags = PRESENCE | VERIFICATION
        code, out, err = tool("sign", agent.path, pub, NAMESPACE + "+uv", message)
        report(f"sk-{key.kind}: the agent signs for us", code == 0, err)
        report(f"sk-{key.kind}: ssh-keygen verifies it", keygen_accepts(pub, put("sk.sig", out))[0] == 0)
        key.flags = PRESENCE
        expect(f"sk-{key.kind}: no PIN", tool("sign", agent.path, pub, NAMESPACE + "+uv", message), 1, "no good: the signature is without user verification")
        key.flags = 0
        expect(f"sk-{key.kind}: no touch", tool("sign", agent.path, pub, NAMESPACE, message), 1, "no good: the signature is without user presence")
        expect(f"sk-{key.kind}: no models", tool("der", agent.path, pub, message, here / "x"), 1, "unsupported: ")


# Acts: DSSE and canonical JSON, written again here as well.
PAYLOAD_TYPE = "application/vnd.in-toto+json"


def make_pae(statement, payload_type=PAYLOAD_TYPE):
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(statement), statement)


def make_envelope(statement, *signatures, payload_type=PAYLOAD_TYPE):
    made = [{"sig": base64.b64encode(s).decode(), "keyid": "whatever"} for s in signatures]
    return json.dumps({"payloadType": payload_type, "payload": base64.b64encode(statement).decode(), "signatures": made}, indent=1)


def take_apart(envelope):
    parts = json.loads(envelope)
    assert parts["payloadType"] == PAYLOAD_TYPE and len(parts["signatures"]) == 1
    return base64.b64decode(parts["payload"], validate=True), base64.b64decode(parts["signatures"][0]["sig"]), parts["signatures"][0]["keyid"]


def canonical(text):
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verify_act(key, envelope):
    return act_tool("verify", key, put("act.json", envelope))


def expect_proof(name, done, statement, words):
    digest = hashlib.sha256(statement).hexdigest()
    report(name, done[0] == 0 and done[1].decode().startswith(f"approve {digest} ") and words in done[1].decode(), done)


def test_acts_by_the_agent(kinds, sock):
    for kind, (key, pub) in kinds.items():
        code, envelope, err = act_tool("agent", sock, pub, "-")
        report(f"{kind}: the agent signs an act", code == 0, err)
        statement, signature, keyid = take_apart(envelope)
        report(f"{kind}: statement and envelope are canonical JSON", canonical(statement) == statement and canonical(envelope) == envelope)
        fingerprint = run("ssh-keygen", "-l", "-f", pub)[1].decode().split()[1]
        report(f"{kind}: the keyid is ssh-keygen's fingerprint", keyid == fingerprint, keyid)
        said = keygen_accepts(pub, put("act.sig", armor(signature)), message=make_pae(statement))
        report(f"{kind}: ssh-keygen verifies it over the PAE", said[0] == 0, said)
        said = keygen_accepts(pub, here / "act.sig", message=statement)
        report(f"{kind}: and not over the statement alone", said[0] != 0)
        expect_proof(f"{kind}: we verify it", verify_act(pub, envelope), statement, "hardware 0 presence 0 verification 0 counter 0")
        theirs = dearmor(keygen_signs(key, message=make_pae(statement)))
        expect_proof(f"{kind}: we verify theirs", verify_act(pub, make_envelope(statement, theirs)), statement, "counter 0")


def test_acts_of_others(kinds, sock):
    (_, pub), (_, other) = kinds["ed25519"], kinds["p256"]
    statement, signature, _ = take_apart(act_tool("agent", sock, pub, "-")[1])
    expect("an act by another key", verify_act(other, make_envelope(statement, signature)), 1, "untrusted: signature: the signature is of another key")
    two = make_envelope(statement, signature, signature)
    expect("two signatures, of one key", verify_act(pub, two), 1, "malformed: dsseEnvelope: signatures: 2, not exactly one")
    expect("no signature", verify_act(pub, make_envelope(statement)), 1, "malformed: dsseEnvelope: signatures: 0, not exactly one")
    other_type = make_envelope(statement, signature, payload_type="application/json")
    expect("another payload type", verify_act(pub, other_type), 1, "unsupported: envelope: payloadType 'application/json'")
    denial = act_tool("statement", "deny")[1]
    expect("a signature over another statement", verify_act(pub, make_envelope(denial, signature)), 1, "untrusted: signature: the signature is not of this key")
    spelled = json.dumps(json.loads(statement)).encode()
    expect("another spelling", verify_act(pub, make_envelope(spelled, signature)), 1, "malformed: not canonical JSON")
    more = json.loads(statement)
    more["predicate"]["fields"]["also"] = "this"
    expect("another field", verify_act(pub, make_envelope(canonical(json.dumps(more)), signature)), 1, "malformed: act: 'also': no such field")
    expect("a verb that is none", verify_act(pub, make_envelope(statement.replace(b'"approve"', b'"applaud"'), signature)), 1, "there is no 'applaud'")
    expect("an RSA key", verify_act(here / "key_rsa.pub", make_envelope(statement, signature)), 1, "unsupported: ")
    theirs = dearmor(keygen_signs(here / "key_rsa", message=make_pae(statement)))
    expect("an act by RSA", verify_act(pub, make_envelope(statement, theirs)), 1, "untrusted: signature: SSH keys of type 'ssh-rsa'")


def test_acts_by_hardware_keys():
    statement = act_tool("statement", "approve")[1]
    for kind in ("ed25519", "ecdsa"):
        key = Authenticator(kind)
        pub = key.pub("sk.pub")

        def verify(with_pub=pub, of=key, **parts):
            return verify_act(with_pub, make_envelope(statement, make_sshsig(of, **{"message": make_pae(statement), **parts})))

        name = f"sk-{kind}: act"
        expect_proof(f"{name}, touched", verify(), statement, "hardware 1 presence 1 verification 0 counter 1")
        key.flags = PRESENCE | VERIFICATION
        expect_proof(f"{name}, verified", verify(), statement, "hardware 1 presence 1 verification 1 counter 2")
        key.flags = VERIFICATION
        expect(f"{name}, not touched", verify(), 1, "untrusted: signature: the signature is without user presence")
        key.flags = PRESENCE
        expect(f"{name}, another namespace", verify(namespace=b"git"), 1, "untrusted: signature: the signature is for namespace 'git'")
        expect(f"{name}, over the statement alone", verify(message=statement), 1, "untrusted: signature: the signature is not of this key")
        expect(f"{name}, of another one", verify(of=Authenticator(kind)), 1, "untrusted: signature: the signature is of another key")


def test_acts_by_hardware_keys_in_an_agent():
    key = Authenticator("ed25519")
    agent = FakeAgent([key], "fake_acts.sock")
    pub = key.pub("sk.pub")
    key.flags = PRESENCE | VERIFICATION
    code, envelope, err = act_tool("agent", agent.path, pub, "uv")
    report("sk: the agent signs an act, verified", code == 0 and verify_act(pub, envelope)[0] == 0, err)
    key.flags = PRESENCE
    expect("sk: no PIN, no act", act_tool("agent", agent.path, pub, "uv"), 1, "untrusted: ssh-agent made a signature that is no good")
    key.flags = 0
    expect("sk: no touch, no act", act_tool("agent", agent.path, pub, "-"), 1, "without user presence")


def openssl_verifies(kind, pem, statement, signature):
    message, made = put("pae", make_pae(statement)), put("pae.sig", signature)
    if kind == "ed25519":
        return run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", pem, "-rawin", "-in", message, "-sigfile", made)
    digest = {"P-256": "-sha256", "P-384": "-sha384"}[kind]
    return run("openssl", "dgst", digest, "-verify", pem, "-signature", made, message)


def test_acts_by_files():
    for kind, options in (("ed25519", ["ed25519"]), ("P-256", ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]), ("P-384", ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"])):
        key, public, der = here / "act.pem", here / "act.pub", here / "act.der"
        run("openssl", "genpkey", "-algorithm", *options, "-out", key)
        run("openssl", "pkey", "-in", key, "-pubout", "-out", public)
        run("openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", der)
        code, envelope, err = act_tool("pem", key)
        report(f"{kind} file: signs an act", code == 0, err)
        statement, signature, keyid = take_apart(envelope)
        said = openssl_verifies(kind, public, statement, signature)
        report(f"{kind} file: openssl verifies it over the PAE", said[0] == 0, said)
        spki = der.read_bytes()
        fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(spki).digest()).decode().rstrip("=")
        line = "spki " + base64.b64encode(spki).decode()
        report(f"{kind} file: its line and fingerprint", act_tool("key", public)[1].decode() == f"{fingerprint}\n{line}\n" and keyid == fingerprint)
        expect_proof(f"{kind} file: we verify it by its line", verify_act(put("act.line", line), envelope), statement, "hardware 0")
        expect(f"{kind} file: not over another statement", verify_act(public, make_envelope(act_tool("statement", "deny")[1], signature)), 1, "untrusted: ")


def main():
    agent, sock = start_agent()
    try:
        kinds = {
            "ed25519": make_key("ed25519", "ed25519"),
            "p256": make_key("p256", "ecdsa", "-b", "256"),
            "p384": make_key("p384", "ecdsa", "-b", "384"),
        }
        for key, _ in kinds.values():
            code, _, err = run("ssh-add", "-q", key, env={**os.environ, "SSH_AUTH_SOCK": str(sock)})
            assert code == 0, err
        test_real_agent(kinds, sock)
        test_keys_of_others(kinds, sock)
        test_models(kinds, sock)
        test_acts_by_the_agent(kinds, sock)
        test_acts_of_others(kinds, sock)
        test_an_agent_that_says_no(kinds, sock)
        test_hardware_keys()
        test_hardware_keys_in_an_agent()
        test_acts_by_hardware_keys()
        test_acts_by_hardware_keys_in_an_agent()
        test_acts_by_files()
    finally:
        agent.terminate()
        agent.wait()
        shutil.rmtree(here)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if not shutil.which("ssh-agent"):
    print("1..0 # SKIP no ssh-agent: openssh-client is not installed")
    sys.exit(0)
sys.exit(main())
