/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"

#include "tests/findings.h"
#include "tests/tars.h"
#include "tests/zips.h"

/* The smallest safetensors file. */
static const uint8_t GOOD[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};

static struct tars T;

static struct findings look(void)
{
    return findings_of("model.nemo", SR_PROFILE_TENSORS, tars_end(&T));
}

static void a_tar_of_what_passes_passes(void)
{
    T = (struct tars){0};
    tars_add(&T, '5', "./", NULL, 0);
    tars_add(&T, '0', "./a.safetensors", GOOD, sizeof GOOD);
    tars_add(&T, '0', "b.safetensors", GOOD, sizeof GOOD);
    tars_add(&T, '0', "c.safetensors", GOOD, sizeof GOOD);
    struct findings f = look();
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);
    CHECK(strcmp(f.format, "tar") == 0 && f.covered == T.len);
}

static struct findings look_at(char type, const char *name)
{
    T = (struct tars){0};
    tars_add(&T, type, name, GOOD, type == '0' || type > '6' ? sizeof GOOD : 0);
    return look();
}

static void links_and_devices_block(void)
{
    for (const char *type = "12346"; *type != '\0'; type++) {
        struct findings f = look_at(*type, "a");
        CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_ARCHIVE_LINK));
    }
}

static void names_that_leave_the_folder_block(void)
{
    const char *const names[] = {"../a.safetensors", "/a.safetensors", "./../a.safetensors",
                                 "a/../../b.safetensors"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct findings f = look_at('0', names[i]);
        CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_ARCHIVE_NAME_OUTSIDE));
    }
    CHECK(look_at('0', "a.safetensors").verdict == SR_VERDICT_PASS);
}

static void members_are_looked_at_and_faults_are_told(void)
{
    struct findings f = look_at('0', "a.txt.so");
    CHECK(f.verdict != SR_VERDICT_PASS);
    f = look_at('S', "a.safetensors");
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    T = (struct tars){0};
    tars_add(&T, '0', "a.safetensors", GOOD, sizeof GOOD);
    tars_add(&T, '0', "A.safetensors", GOOD, sizeof GOOD);
    f = look();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_ARCHIVE_NAME_TWICE));
    /* What stands before the break counts. */
    T = (struct tars){0};
    tars_add(&T, '2', "a", NULL, 0);
    tars_add(&T, '0', "b.safetensors", GOOD, sizeof GOOD);
    T.bytes[T.last] ^= 1;
    f = look();
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_MALFORMED));
}

static void bytes_after_the_end_are_refused(void)
{
    T = (struct tars){0};
    tars_add(&T, '0', "a.safetensors", GOOD, sizeof GOOD);
    (void)tars_end(&T);
    T.bytes[T.len - 1] = 1;
    struct findings f = findings_of("model.tar", SR_PROFILE_TENSORS, sr_bytes(T.bytes, T.len));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
}

/* Its end record is near the end of the tar file as well. */
static void a_zip_file_may_be_the_last_member(void)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add(&z, "a.safetensors", GOOD, sizeof GOOD);
    struct sr_bytes zip = zips_end(&z);
    T = (struct tars){0};
    tars_add(&T, '0', "a.zip", zip.ptr, zip.len);
    struct findings f = look();
    CHECK(f.verdict == SR_VERDICT_PASS && strcmp(f.format, "tar") == 0);
    /* But not the end of the file itself. */
    T = (struct tars){0};
    tars_add(&T, '0', "a.safetensors", GOOD, sizeof GOOD);
    (void)tars_end(&T);
    memcpy(T.bytes + T.len, zip.ptr, zip.len);
    f = findings_of("a.tar", SR_PROFILE_TENSORS, sr_bytes(T.bytes, T.len + zip.len));
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_POLYGLOT));
}

int main(void)
{
    RUN(a_tar_of_what_passes_passes);
    RUN(links_and_devices_block);
    RUN(names_that_leave_the_folder_block);
    RUN(members_are_looked_at_and_faults_are_told);
    RUN(bytes_after_the_end_are_refused);
    RUN(a_zip_file_may_be_the_last_member);
    return check_done();
}
