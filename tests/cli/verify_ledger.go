// SPDX-License-Identifier: Apache-2.0

// Read a ledger from a static file server as the Go project's own packages read logs of tiles; they
// share no code with us. Usage: verify_ledger URL LOG_VKEY. Prints size and root.
//
// The package has the height of its tiles in their paths, C2SP tlog-tiles has not; what is in them
// is the same.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type server string

func (s server) get(path string) ([]byte, error) {
	answer, err := http.Get(string(s) + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func (s server) Height() int                    { return height }
func (s server) SaveTiles([]tlog.Tile, [][]byte) {}
func (s server) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := s.get(strings.Replace(t.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

// open verifies the checkpoint, whose first signature has to be the log's.
func (s server) open(key note.Verifier) (tlog.Tree, error) {
	data, err := s.get("checkpoint")
	if err != nil {
		return tlog.Tree{}, err
	}
	n, err := note.Open(data, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	_, lines, _ := strings.Cut(string(data), "\n\n")
	if !strings.HasPrefix(lines, "\u2014 "+key.Name()+" ") {
		return tlog.Tree{}, fmt.Errorf("the first signature is not the log's")
	}
	text := strings.Split(n.Text, "\n")
	if len(text) != 4 || text[0] != key.Name() {
		return tlog.Tree{}, fmt.Errorf("bad checkpoint %q", n.Text)
	}
	size, err := strconv.ParseInt(text[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(text[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// entries returns the hashes of all entries in the bundle that begins with number first.
func (s server) entries(first, size int64) ([]tlog.Hash, error) {
	path := fmt.Sprintf("tile/entries/%03d", first/256)
	if size-first < 256 {
		path += fmt.Sprintf(".p/%d", size-first)
	}
	data, err := s.get(path)
	if err != nil {
		return nil, err
	}
	var out []tlog.Hash
	for len(data) >= 2 {
		n := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+n {
			return nil, fmt.Errorf("%s ends inside of an entry", path)
		}
		out = append(out, tlog.RecordHash(data[2:2+n]))
		data = data[2+n:]
	}
	return out, nil
}

func check(tree tlog.Tree, reader tlog.HashReader, index int64, leaf tlog.Hash) {
	stored, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	must(err)
	if stored[0] != leaf {
		must(fmt.Errorf("entry %d is not that of its leaf", index))
	}
	proof, err := tlog.ProveRecord(tree.N, index, reader)
	must(err)
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf))
}

func main() {
	s := server(os.Args[1])
	key, err := note.NewVerifier(os.Args[2])
	must(err)
	tree, err := s.open(key)
	must(err)
	reader := tlog.TileHashReader(tree, s)
	for first := int64(0); first < tree.N; first += 256 {
		leaves, err := s.entries(first, tree.N)
		must(err)
		want := tree.N - first
		if want > 256 {
			want = 256
		}
		if int64(len(leaves)) != want {
			must(fmt.Errorf("%d entries, not %d", len(leaves), want))
		}
		for i, leaf := range leaves {
			check(tree, reader, first+int64(i), leaf)
		}
	}
	fmt.Println(tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]))
}
