/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/overview.h"

const char sr_overview_description[] =
    "A room is a folder that keeps models sealed: encrypted, checked on every read, and listed "
    "with "
    "where they came from. A model is deposited once, gets a name and a version, and from then on "
    "is named by a REF: 'llama' (the latest version), 'llama@3', or a digest. Programs read it "
    "through a mount or through 'strongroom cat'; no plain copy lies on a disk unless somebody "
    "exports one, which is recorded.\n\n"
    "Results go to standard output, one line about a failure to standard error. '--json' prints "
    "both as JSON, with stable field names. The exit status is one of a fixed list, see "
    "'strongroom errors'.\n\n"
    "A passphrase comes from a file, an open file descriptor or the terminal, never from the "
    "command line or the environment.";

const struct sr_example sr_overview_examples[] = {
    {"strongroom init ./room", "make a room; asks for its passphrase"},
    {"strongroom deposit ./llama --name llama --room ./room", "put a model into it"},
    {"strongroom mount llama /mnt/llama --room ./room", "let programs read it as plain files"},
    {.line = NULL},
};

const struct sr_overview_variable sr_overview_environment[] = {
    {"STRONGROOM_ROOM", "the room to work in when '--room' is not given"},
    {"NO_COLOR", "when set and not empty, nothing is coloured"},
    {.name = NULL},
};
