#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: spdx.py FILE: whether FILE keeps the rules of the SPDX 3.0.1 model that concern it: core, software, simple licensing, AI profile.

Written from the model (spdx.github.io/spdx-spec/v3.0.1/model), in the place of the JSON schema. Silent when all is well."""
import datetime
import json
import re
import sys

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
# Of the classes that we write: members that must be there, and those that may be.
ELEMENT = ({"type", "spdxId", "creationInfo"}, {"name", "verifiedUsing", "summary", "description", "comment"})
ARTIFACT = {"suppliedBy", "releaseTime", "builtTime", "software_primaryPurpose", "software_packageVersion",
            "software_downloadLocation", "software_copyrightText"}
CLASSES = {
    "SpdxDocument": ({"rootElement"}, {"element", "profileConformance", "dataLicense"}),
    "SoftwareAgent": (set(), set()),
    "Organization": (set(), set()),
    "ai_AIPackage": ({"name", "releaseTime", "suppliedBy", "software_packageVersion", "software_downloadLocation",
                      "software_primaryPurpose"}, ARTIFACT | {"ai_typeOfModel", "ai_domain"}),
    "software_Package": ({"name"}, ARTIFACT),
    "software_File": ({"name"}, ARTIFACT),
    "simplelicensing_LicenseExpression": ({"simplelicensing_licenseExpression"}, set()),
    "Relationship": ({"from", "to", "relationshipType"}, set()),
}
RELATIONS = {"hasDeclaredLicense", "hasConcludedLicense", "contains", "descendantOf"}
PROFILES = {"core", "software", "simpleLicensing", "expandedLicensing", "ai", "dataset", "build", "security", "lite", "extension"}
AGENTS = {"Agent", "Organization", "Person", "SoftwareAgent"}
problems = []


def expect(condition, *what):
    if not condition:
        problems.append(" ".join(map(str, what)))


def is_time(text):
    try:
        datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
        return True
    except ValueError:
        return False


def check_hash(element):
    for made in element.get("verifiedUsing", []):
        expect(made.get("type") == "Hash" and made.get("algorithm") == "sha256", element["spdxId"], "hash", made)
        expect(re.fullmatch("[0-9a-f]{64}", made.get("hashValue", "")), element["spdxId"], "hash value", made)


def check_element(element):
    kind = element["type"]
    expect(kind in CLASSES, "unknown class", kind)
    must, may = CLASSES.get(kind, (set(), set()))
    missing = (must | ELEMENT[0]) - element.keys()
    expect(not missing, element.get("spdxId"), "misses", missing)
    unknown = element.keys() - must - may - ELEMENT[0] - ELEMENT[1]
    expect(not unknown, element.get("spdxId"), "has unknown", unknown)
    expect(re.match(r"[a-z]+:[^\s<>\"{}|\\^`]+$", element.get("spdxId", "")), "no IRI:", element.get("spdxId"))
    for key in ("releaseTime", "builtTime"):
        expect(key not in element or is_time(element[key]), key, element.get(key))
    check_hash(element)


def check_creation(graph):
    found = [e for e in graph if e["type"] == "CreationInfo"]
    expect(len(found) == 1, "creation infos:", len(found))
    info = found[0]
    expect(info.keys() == {"type", "@id", "specVersion", "created", "createdBy"}, "creation info has", info.keys())
    expect(info["specVersion"] == "3.0.1" and is_time(info["created"]), "creation info", info)
    expect(info["@id"].startswith("_:"), "creation info is no blank node")
    return info


def check_references(elements, info):
    ids = {e["spdxId"]: e for e in elements}
    expect(len(ids) == len(elements), "ids are used twice")
    for e in elements:
        expect(e["creationInfo"] == info["@id"], e["spdxId"], "creation info")
        referred = [e.get("from"), e.get("suppliedBy")] + e.get("to", []) + e.get("element", []) + e.get("rootElement", [])
        for other in filter(None, referred):
            expect(other in ids, e["spdxId"], "refers to nothing:", other)
    for agent in info["createdBy"]:
        expect(ids.get(agent, {}).get("type") in AGENTS, "created by no agent:", agent)
    return ids


def check_document(ids, info):
    documents = [e for e in ids.values() if e["type"] == "SpdxDocument"]
    expect(len(documents) == 1, "documents:", len(documents))
    document = documents[0]
    expect(set(document["profileConformance"]) == {"core", "software", "simpleLicensing", "ai"}, "profiles")
    expect(set(document["profileConformance"]) <= PROFILES, "unknown profile")
    everything = set(ids) - {document["spdxId"]}
    expect(set(document["element"]) == everything, "not all elements are in the document:", everything ^ set(document["element"]))
    expect([ids[root]["type"] for root in document["rootElement"]] == ["ai_AIPackage"], "root")
    return ids[document["rootElement"][0]]


def check_package(package, ids):
    relations = [e for e in ids.values() if e["type"] == "Relationship"]
    for relation in relations:
        expect(relation["relationshipType"] in RELATIONS and len(relation["to"]) > 0, "relationship", relation)
    for kind in ("hasDeclaredLicense", "hasConcludedLicense"):
        found = [r for r in relations if r["relationshipType"] == kind and r["from"] == package["spdxId"]]
        expect(len(found) == 1 and len(found[0]["to"]) == 1, kind, "is there", len(found), "times")
        for r in found:
            expect(ids[r["to"][0]]["type"] == "simplelicensing_LicenseExpression", kind, "is no licence")
    expect(ids[package["suppliedBy"]]["type"] in AGENTS, "supplied by no agent")
    expect(package["software_primaryPurpose"] == "model", "purpose")
    expect(":" in package["software_downloadLocation"], "download location is no URI")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        text = json.load(f)
    expect(text.keys() == {"@context", "@graph"} and text["@context"] == CONTEXT, "not SPDX 3.0.1")
    info = check_creation(text["@graph"])
    elements = [e for e in text["@graph"] if e["type"] != "CreationInfo"]
    for element in elements:
        check_element(element)
    ids = check_references(elements, info)
    check_package(check_document(ids, info), ids)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
