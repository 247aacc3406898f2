# SPDX-License-Identifier: Apache-2.0
# usage: on_terminal.py [EXPECT ANSWER]... -- COMMAND ARGUMENT...
# Runs COMMAND on a terminal of its own, waits for each EXPECT and types ANSWER, prints all that the terminal showed and
# exits as the command did. An ANSWER of ^C or ^D is that key.
import sys

import pexpect

cut = sys.argv.index("--")
dialogue, command = sys.argv[1:cut], sys.argv[cut + 1:]
child = pexpect.spawn(command[0], command[1:], timeout=200, encoding="utf-8", codec_errors="replace", dimensions=(24, 120))
child.logfile_read = sys.stdout
for expect, answer in zip(dialogue[::2], dialogue[1::2]):
    if child.expect_exact([expect, pexpect.EOF, pexpect.TIMEOUT]) != 0:
        print(f"\n(never showed {expect!r})")
        sys.exit(99)
    if answer in ("^C", "^D"):
        child.sendcontrol(answer[1].lower())
    else:
        child.sendline(answer)
child.expect(pexpect.EOF)
child.close()
sys.exit(child.exitstatus if child.exitstatus is not None else 128 + child.signalstatus)
