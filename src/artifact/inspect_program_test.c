/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"

#include "base/text.h"
#include "tests/findings.h"

static struct findings look(const char *name, const char *bytes, size_t len)
{
    return findings_of(name, SR_PROFILE_TENSORS, sr_bytes(bytes, len));
}
#define LOOK(name, bytes) look(name, bytes, sizeof bytes - 1)

/* clang-format off */
static void programs_block_whatever_they_are_called(void)
{
    const struct findings found[] = {
        LOOK("model", "\x7f" "ELF\2\1\1"),
        LOOK("model", "MZqFpD='\n"),
        LOOK("model", "\xfe\xed\xfa\xce\0\0"),
        LOOK("model", "\xcf\xfa\xed\xfe\0\0"),
        LOOK("model", "\xca\xfe\xba\xbe\0\0\0\x34"),
        LOOK("model", "\0asm\1\0\0\0"),
        LOOK("model", "dex\n035\0"),
        LOOK("model", "!<arch>\nx"),
        LOOK("model", "\x1bLua\x54"),
        LOOK("model", "BC\xc0\xde"),
        LOOK("model", "#!/bin/sh\nid\n"),
        LOOK("model", "#! /usr/bin/env python\n"),
        LOOK("model", "\xa7\x0d\r\n\0\0\0\0abcdefgh\xe3"),
        LOOK("model", "\x03\xf3\r\nabcdc"),
        LOOK("model", "@echo off\r\n"),
    };
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
        CHECK(found[i].verdict == SR_VERDICT_BLOCK && findings_has(&found[i], SR_RULE_PROGRAM));
        CHECK(strcmp(found[i].format, "program") == 0);
    }
}
/* clang-format on */

static void a_windows_program_is_one_by_its_second_header(void)
{
    uint8_t bytes[72] = {'M', 'Z'};
    bytes[60] = 66;
    struct findings f = findings_of("model", SR_PROFILE_TENSORS, sr_bytes(bytes, sizeof bytes));
    CHECK(!findings_has(&f, SR_RULE_PROGRAM));
    memcpy(bytes + 66, "PE", 2);
    f = findings_of("model", SR_PROFILE_TENSORS, sr_bytes(bytes, sizeof bytes));
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_PROGRAM));
    bytes[62] = 1; /* beyond the end */
    f = findings_of("model", SR_PROFILE_TENSORS, sr_bytes(bytes, sizeof bytes));
    CHECK(!findings_has(&f, SR_RULE_PROGRAM));
}

static void names_of_programs_block(void)
{
    const char *const names[] = {"a.so",  "a.dll", "a/b.EXE",      "a.pyc",
                                 "a.bat", "a.ps1", "libx.so.12.1", "x.so.1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct findings f = LOOK(names[i], "\1\2\3");
        CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_PROGRAM_NAMED));
    }
    const char *const others[] = {"a.so.x", "a.so.", "soso", "a.sox"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK(LOOK(others[i], "\1\2\3").verdict == SR_VERDICT_UNPARSABLE);
    }
}

static void source_code_is_for_a_person(void)
{
    const char *const names[] = {"a.py", "a/b.sh", "kernel.CU", "Makefile", "x/Dockerfile", "a.c"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct findings f = LOOK(names[i], "#!/usr/bin/env python\nimport os\n");
        CHECK(f.verdict == SR_VERDICT_REVIEW && findings_has(&f, SR_RULE_SOURCE_CODE));
        CHECK(strcmp(f.format, "source-code") == 0);
    }
    CHECK(LOOK("a.py", "\xff\xfe").verdict == SR_VERDICT_UNPARSABLE);
    CHECK(LOOK("a.py", "").verdict != SR_VERDICT_PASS);
    CHECK(LOOK("notMakefile", "all:\n").verdict == SR_VERDICT_UNPARSABLE);
}

/* clang-format off */
static void what_is_not_supported_is_told(void)
{
    const struct findings found[] = {
        LOOK("model.bin", "7z\xbc\xaf\x27\x1c\0\4"),
        LOOK("model", "Rar!\x1a\7\1\0"),
        LOOK("model", "\x28\xb5\x2f\xfd\0"),
        LOOK("model", "\x5f\x2a\x4d\x18\0"),
        LOOK("model", "RDX3\nX\n"),
        LOOK("model", "\x89PNG\r\n\x1a\n"),
        LOOK("model", "....ftypisom"),
        LOOK("model.mlmodel", "\10\1"),
        LOOK("model.engine", "\1"),
        LOOK("model.t7", "\4\0\0\0"),
        LOOK("model.xml", "<?xml version='1.0'?><net/>"),
        LOOK("model.pmml", "<PMML/>"),
        LOOK("a.svg", "<svg/>"),
        LOOK("a.svg", "<?xml version='1.0'?><!DOCTYPE svg PUBLIC 'x'><svg/>"),
    };
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
        CHECK(found[i].verdict == SR_VERDICT_UNPARSABLE);
        CHECK(findings_has(&found[i], SR_RULE_UNSUPPORTED_FORMAT));
    }
}
/* clang-format on */

static void xml_with_its_own_entities_blocks(void)
{
    struct findings f =
        LOOK("a.pmml", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///'>]><a/>");
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_XML_DTD));
    f = LOOK("a.svg", "<!DOCTYPE svg PUBLIC 'x' [<!ENTITY b 'c'>]><svg/>");
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_XML_DTD));
}

int main(void)
{
    RUN(programs_block_whatever_they_are_called);
    RUN(a_windows_program_is_one_by_its_second_header);
    RUN(names_of_programs_block);
    RUN(source_code_is_for_a_person);
    RUN(what_is_not_supported_is_told);
    RUN(xml_with_its_own_entities_blocks);
    return check_done();
}
