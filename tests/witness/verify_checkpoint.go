// SPDX-License-Identifier: Apache-2.0

// Verify a cosigned checkpoint with the Go project's package for notes, which shares no code with us.
// Usage: verify_checkpoint CHECKPOINT LOG_VKEY WITNESS_VKEY... Prints size and root. The package knows
// keys of type 1; those of type 4 (cosignature/v1) are verified by its interface for other ones.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	b.Write(msg)
	return ed25519.Verify(c.key, b.Bytes(), sig[8:])
}

func newCosigner(vkey string) (cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return cosigner{}, fmt.Errorf("bad vkey %q", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return cosigner{}, fmt.Errorf("not a key of type 4: %q", vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if hex.EncodeToString(sum[:4]) != parts[1] {
		return cosigner{}, fmt.Errorf("bad hash in %q", vkey)
	}
	return cosigner{parts[0], binary.BigEndian.Uint32(sum[:]), ed25519.PublicKey(key[1:])}, nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	must(err)
	log, err := note.NewVerifier(os.Args[2])
	must(err)
	verifiers := []note.Verifier{log}
	for _, vkey := range os.Args[3:] {
		c, err := newCosigner(vkey)
		must(err)
		verifiers = append(verifiers, c)
	}
	n, err := note.Open(data, note.VerifierList(verifiers...))
	must(err)
	if len(n.Sigs) != len(verifiers) || len(n.UnverifiedSigs) != 0 {
		must(fmt.Errorf("%d signatures, %d unknown", len(n.Sigs), len(n.UnverifiedSigs)))
	}
	lines := strings.Split(n.Text, "\n")
	fmt.Println(lines[1], lines[2])
}
