/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about a machine, from a folder that looks like one; and the real one makes sense. */
#include "agent/host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/scratch.h"

static char root[] = "/tmp/sr-host-XXXXXX";

/* Write a file of the pretended machine, and the folders it is in. */
static void put(const char *path, const char *content, mode_t mode)
{
    char full[256];
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    (void)unlink(full);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    CHECK(fchmod(fd, mode) == 0 && close(fd) == 0);
}

static struct sr_host read_host(void)
{
    struct sr_host host;
    memset(&host, 0xee, sizeof host);
    sr_host_read(root, &host);
    return host;
}

#define TITLES "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static void swap_is_as_bad_as_its_worst_area(void)
{
    static const struct {
        const char *swaps;
        enum sr_host_swap swap;
        uint64_t kib;
        uint64_t used_kib;
    } CASES[] = {
        {TITLES, SR_HOST_SWAP_NONE, 0, 0},
        {TITLES "/dev/zram0 partition 100 7 5\n", SR_HOST_SWAP_RAM, 100, 7},
        {TITLES "/dev/dm-3\tpartition\t100\t\t8\t\t-2\n", SR_HOST_SWAP_ENCRYPTED, 100, 8},
        {TITLES "/dev/dm-1 partition 100 0 -2\n", SR_HOST_SWAP_OPEN, 100, 0},
        {TITLES "/dev/dm-9 partition 100 0 -2\n", SR_HOST_SWAP_OPEN, 100, 0},
        {TITLES "/dev/dm-3 partition 100 8 -2\n/dev/zram0 partition 20 1 5\n",
         SR_HOST_SWAP_ENCRYPTED, 120, 9},
        {TITLES "/dev/sda2 partition 100 1 -2\n/dev/dm-3 partition 30 2 -3\n", SR_HOST_SWAP_OPEN,
         130, 3},
        {TITLES "/swap\\040file file 100 1 -2", SR_HOST_SWAP_OPEN, 100, 1},
        {TITLES "/swapfile file many 1 -2\n", SR_HOST_SWAP_UNKNOWN, 0, 0},
        {TITLES "/swapfile\n", SR_HOST_SWAP_UNKNOWN, 0, 0},
    };
    put("/sys/class/block/dm-3/dm/uuid", "CRYPT-PLAIN-swap\n", 0600);
    put("/sys/class/block/dm-1/dm/uuid", "LVM-abc\n", 0600);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        put("/proc/swaps", CASES[i].swaps, 0600);
        struct sr_host host = read_host();
        CHECK(host.swap == CASES[i].swap);
        CHECK(host.swap == SR_HOST_SWAP_UNKNOWN ||
              (host.swap_bytes == CASES[i].kib * 1024 &&
               host.swap_used_bytes == CASES[i].used_kib * 1024));
    }
}

static void core_pattern_may_name_a_program(void)
{
    put("/proc/sys/kernel/core_pattern", "core\n", 0600);
    struct sr_host host = read_host();
    CHECK(strcmp(host.core_pattern, "core") == 0 && !host.core_runs_program);
    put("/proc/sys/kernel/core_pattern", "|/lib/systemd/systemd-coredump %P\n", 0600);
    host = read_host();
    CHECK(host.core_runs_program && strstr(host.core_pattern, "coredump %P") != NULL);
}

static void cpu_flags_are_whole_words_of_the_flags_line(void)
{
    put("/proc/cpuinfo",
        "processor\t: 0\nbugs\t\t: sha_ni\nflags\t\t: fpu aes vaesx avx512f avx512vl sha_ni\n"
        "vmx flags\t: vpclmulqdq\n\nprocessor\t: 1\nflags\t\t: vaes\n",
        0600);
    struct sr_host host = read_host();
    CHECK(host.has_aes && host.has_avx512 && host.has_sha_ni);
    CHECK(!host.has_vaes && !host.has_vpclmulqdq);
    put("/proc/cpuinfo", "flags : vaes vpclmulqdq", 0600); /* the last word of the last line */
    host = read_host();
    CHECK(host.has_vaes && host.has_vpclmulqdq && !host.has_aes);
    put("/proc/cpuinfo", "", 0600);
    host = read_host();
    CHECK(!host.has_vaes && !host.has_aes);
}

static void fuse_needs_a_device_and_a_helper(void)
{
    struct sr_host host = read_host();
    CHECK(!host.has_fuse_device && host.fusermount[0] == '\0' && !host.fusermount_is_suid);
    put("/dev/fuse", "", 0600);
    put("/usr/bin/fusermount3", "", 0600); /* not executable, also not for root */
    host = read_host();
    CHECK(host.has_fuse_device && host.fusermount[0] == '\0');
    put("/bin/fusermount3", "", 0755);
    host = read_host();
    CHECK(strcmp(host.fusermount, "/bin/fusermount3") == 0 && !host.fusermount_is_suid);
    put("/usr/bin/fusermount3", "", 04755);
    host = read_host();
    CHECK(strcmp(host.fusermount, "/usr/bin/fusermount3") == 0 && host.fusermount_is_suid);
}

static void locked_memory_is_the_limit_or_a_capability(void)
{
    put("/proc/self/status", "Name:\tx\nCapEff:\t0000000000000000\n", 0600);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    struct sr_host host = read_host();
    CHECK(limit.rlim_cur == RLIM_INFINITY ? host.memlock_soft_bytes == SR_HOST_UNLIMITED
                                          : host.memlock_soft_bytes == limit.rlim_cur);
    limit.rlim_cur = 4096;
    CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    CHECK(read_host().memlock_soft_bytes == 4096);
    /* CAP_IPC_LOCK is bit 14. */
    put("/proc/self/status", "CapInh:\t0000000000000000\nCapEff:\t0000000000004000\n", 0600);
    CHECK(read_host().memlock_soft_bytes == SR_HOST_UNLIMITED);
    put("/proc/self/status", "CapEff:\tffffffffffffbfff\n", 0600);
    CHECK(read_host().memlock_soft_bytes == 4096);
}

static void unknown_is_said_where_there_is_nothing_to_read(void)
{
    struct sr_host host;
    sr_host_read("/nonexistent-root", &host);
    CHECK(host.swap == SR_HOST_SWAP_UNKNOWN);
    CHECK(host.core_pattern[0] == '\0' && !host.has_fuse_device && !host.has_aes);
    char too_long[600] = "";
    memset(too_long, 'x', sizeof too_long - 1);
    sr_host_read(too_long, &host);
    CHECK(host.swap == SR_HOST_SWAP_UNKNOWN);
}

static void this_machine_makes_sense(void)
{
    struct sr_host host;
    struct utsname name;
    sr_host_read("", &host);
    CHECK(uname(&name) == 0 && strcmp(host.kernel, name.release) == 0);
    CHECK(host.cpus >= 1);
    CHECK(host.swap_used_bytes <= host.swap_bytes);
    CHECK((host.swap == SR_HOST_SWAP_NONE) == (host.swap_bytes == 0) ||
          host.swap == SR_HOST_SWAP_UNKNOWN);
}

static void clock_is_judged_by_build_and_files(void)
{
    const int64_t now = INT64_C(1800000000000);
    CHECK(sr_host_judge_clock(0, 0) == SR_HOST_CLOCK_BEFORE_BUILD);
    CHECK(sr_host_judge_clock(INT64_C(1793491199999), 0) == SR_HOST_CLOCK_BEFORE_BUILD);
    CHECK(sr_host_judge_clock(INT64_C(1793491200000), 0) == SR_HOST_CLOCK_SANE);
    CHECK(sr_host_judge_clock(now, now - 1) == SR_HOST_CLOCK_SANE);
    CHECK(sr_host_judge_clock(now, now + 60000) == SR_HOST_CLOCK_SANE);
    CHECK(sr_host_judge_clock(now, now + 60001) == SR_HOST_CLOCK_BEHIND_FILES);
}

static void free_space_is_of_a_place(void)
{
    uint64_t bytes = 0;
    struct sr_err err = {0};
    CHECK(sr_host_free_bytes(root, &bytes, NULL) == SR_OK && bytes > 0);
    CHECK(sr_host_free_bytes("/nonexistent", &bytes, &err) == SR_NOT_FOUND);
    CHECK(strstr(err.message, "'/nonexistent'") != NULL);
}

int main(void)
{
    if (!scratch_make(root)) {
        return 1;
    }
    RUN(swap_is_as_bad_as_its_worst_area);
    RUN(core_pattern_may_name_a_program);
    RUN(cpu_flags_are_whole_words_of_the_flags_line);
    RUN(fuse_needs_a_device_and_a_helper);
    RUN(locked_memory_is_the_limit_or_a_capability);
    RUN(unknown_is_said_where_there_is_nothing_to_read);
    RUN(this_machine_makes_sense);
    RUN(clock_is_judged_by_build_and_files);
    RUN(free_space_is_of_a_place);
    scratch_remove(root);
    return check_done();
}
