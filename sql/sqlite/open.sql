-- SPDX-License-Identifier: Apache-2.0
-- Run on every connection. What has a C interface (foreign keys, trusted schema, defensive mode) is
-- set there. secure_delete zeroes what is replaced: old wraps of keys must not stay in free pages.
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA cell_size_check = ON;
