#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: schema.py SCHEMA FILE: whether FILE is JSON of that schema. Schemas that it refers to are looked for beside it."""
import json
import os
import sys

import jsonschema


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def main():
    schema = load(sys.argv[1])
    folder = os.path.dirname(sys.argv[1])
    resolver = jsonschema.RefResolver(schema.get("$id", schema.get("id", "")), schema)
    for name in os.listdir(folder):
        if name.endswith(".schema.json"):
            other = load(os.path.join(folder, name))
            resolver.store[other["$id"]] = other
    validator = jsonschema.validators.validator_for(schema)(schema, resolver=resolver)
    errors = list(validator.iter_errors(load(sys.argv[2])))
    for error in errors[:5]:
        print(f"{sys.argv[2]}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    sys.exit(1 if errors else 0)


main()
