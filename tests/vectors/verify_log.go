// SPDX-License-Identifier: Apache-2.0

// Verify what make_log prints with the Go project's own packages for notes and logs, which share no
// code with us. Usage: verify_log MAKE_LOG. TAP on standard output.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "example.org/strongroom/test"

var tests, failed int

func check(what string, err error) {
	tests++
	if err != nil {
		failed++
		fmt.Printf("not ok %d - %s: %v\n", tests, what, err)
		return
	}
	fmt.Printf("ok %d - %s\n", tests, what)
}

func hashes(lines []string) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, line := range lines {
		b, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(b) != 32 {
			return nil, fmt.Errorf("bad hash %q", line)
		}
		var h tlog.Hash
		copy(h[:], b)
		out = append(out, h)
	}
	return out, nil
}

// open verifies a signed checkpoint and returns its tree.
func open(data []byte, key note.Verifier) (tlog.Tree, error) {
	n, err := note.Open(data, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != origin {
		return tlog.Tree{}, fmt.Errorf("bad checkpoint %q", n.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := hashes(lines[2:3])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: root[0]}, nil
}

func receipt(data []byte, key note.Verifier) error {
	head, checkpoint, found := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("bad receipt")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	tree, err := open([]byte(checkpoint), key)
	if err != nil {
		return err
	}
	path, err := hashes(lines[2:])
	if err != nil {
		return err
	}
	leaf := tlog.RecordHash([]byte(fmt.Sprintf("leaf %d", index)))
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, leaf)
}

func growth(data []byte, trees map[int64]tlog.Tree) error {
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if err != nil {
		return err
	}
	path, err := hashes(lines[1:])
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, 600, trees[600].Hash, old, trees[old].Hash)
}

func main() {
	out, err := exec.Command(os.Args[1]).Output()
	check("a log is made", err)
	in := bufio.NewReader(bytes.NewReader(out))
	trees := map[int64]tlog.Tree{}
	var key note.Verifier
	for {
		var kind string
		var size int
		if _, err := fmt.Fscanf(in, "%s %d\n", &kind, &size); err != nil {
			break
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(in, data); err != nil {
			check("whole output", err)
			break
		}
		switch kind {
		case "vkey":
			key, err = note.NewVerifier(string(data))
			check("the key", err)
		case "checkpoint":
			tree, err := open(data, key)
			trees[tree.N] = tree
			check(fmt.Sprintf("checkpoint of %d", tree.N), err)
		case "receipt":
			check("receipt", receipt(data, key))
		case "growth":
			check("growth", growth(data, trees))
		}
	}
	if tests != 27 {
		check("27 tests", fmt.Errorf("%d", tests))
	}
	fmt.Printf("1..%d\n", tests)
	if failed > 0 {
		os.Exit(1)
	}
}
