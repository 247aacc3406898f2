-- SPDX-License-Identifier: Apache-2.0
-- Once, when a catalog is made; the file remembers it. Readers then never wait for the writer.
PRAGMA journal_mode = WAL;
