/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

/*
 * bash and zsh share one shape: find out which command the line has, then look up what may follow
 * in `case` tables. The tables are the same text in both, so one function writes each of them; only
 * the frame around them differs. A table sets $kind to one of: file folder ref command shell none.
 */

static const char *completes_word(enum sr_completes completes)
{
    switch (completes) {
    case SR_COMPLETES_FILE:
        return "file";
    case SR_COMPLETES_FOLDER:
        return "folder";
    case SR_COMPLETES_REF:
        return "ref";
    case SR_COMPLETES_KIND:
        return "kind";
    case SR_COMPLETES_COMMAND:
        return "command";
    case SR_COMPLETES_SHELL:
        return "shell";
    case SR_COMPLETES_NOTHING:
        break;
    }
    return "none";
}

/* The first words of all commands, each once: commands of one first word stand together. */
static void put_first_words(void)
{
    const char *last = "";
    size_t last_len = 0;
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const char *name = sr_command_all[i]->name;
        size_t len = strcspn(name, " ");
        if (len != last_len || memcmp(name, last, len) != 0) {
            printf("%s%.*s", i == 0 ? "" : " ", (int)len, name);
        }
        last = name;
        last_len = len;
    }
}

/* Whether the command after index i is of the same first word, len bytes of name. */
static bool is_same_first(size_t i, const char *name, size_t len)
{
    const struct sr_command *next = sr_command_all[i + 1];
    return next != NULL && strncmp(next->name, name, len + 1) == 0;
}

/* `case` entries that say which second words follow a first one: a shell takes the first entry that
 * matches, so there is one for each. */
static void put_second_words(void)
{
    bool is_open = false;
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const char *name = sr_command_all[i]->name;
        size_t len = strcspn(name, " ");
        if (name[len] == ' ') {
            if (!is_open) {
                printf("        %.*s) seconds='", (int)len, name);
            }
            is_open = is_same_first(i, name, len);
            printf("%s%s", name + len + 1, is_open ? " " : "' ;;\n");
        }
    }
}

static void put_option_names(const struct sr_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        printf(" --%s", options->name);
    }
}

static void put_value_cases(const char *command, const struct sr_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (options->value != NULL) {
            printf("        '%s:--%s') kind=%s ;;\n", command, options->name,
                   completes_word(options->completes));
        }
    }
}

/* case "$command" of: which options it takes. */
static void put_option_table(void)
{
    printf("    case $command in\n");
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const struct sr_command *command = sr_command_all[i];
        if (command->options != NULL) {
            printf("        '%s') options=\"$options", command->name);
            put_option_names(command->options);
            printf("\" ;;\n");
        }
    }
    printf("    esac\n");
}

/* case "$command:$option" of: what its value is. Common options first: '*' matches any command. */
static void put_value_table(void)
{
    printf("    case $command:$1 in\n");
    for (const struct sr_option *o = sr_command_common_options; o->name != NULL; o++) {
        if (o->value != NULL) {
            printf("        *':--%s') kind=%s ;;\n", o->name, completes_word(o->completes));
        }
    }
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        put_value_cases(sr_command_all[i]->name, sr_command_all[i]->options);
    }
    printf("    esac\n");
}

/* case "$command:$index" of: what the argument is. */
static void put_argument_table(void)
{
    printf("    case $command:$arguments in\n");
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const struct sr_positional *p = sr_command_all[i]->positionals;
        for (size_t index = 0; p != NULL && p[index].name != NULL; index++) {
            if (p[index].is_repeatable) {
                printf("        '%s':*) kind=%s ;;\n", sr_command_all[i]->name,
                       completes_word(p[index].completes));
                break;
            }
            printf("        '%s:%zu') kind=%s ;;\n", sr_command_all[i]->name, index,
                   completes_word(p[index].completes));
        }
    }
    printf("    esac\n");
}

/*
 * The part that bash and zsh have in common, as functions that read and set the caller's variables.
 * __strongroom_walk takes the words before the one that is being typed.
 */
static void put_shared_functions(void)
{
    printf("__strongroom_value_kind() {\n    kind=\n");
    put_value_table();
    printf("}\n\n"
           "__strongroom_walk() {\n"
           "    command='' arguments=0 pending='' seconds='' options='");
    put_option_names(sr_command_common_options);
    printf("'\n"
           "    local first='' word\n"
           "    for word in \"$@\"; do\n"
           "        if [ -n \"$pending\" ]; then\n"
           "            pending=''\n"
           "            continue\n"
           "        fi\n"
           "        case $word in\n"
           "        --*=*) continue ;;\n"
           "        --*)\n"
           "            __strongroom_value_kind \"$word\"\n"
           "            [ -z \"$kind\" ] || pending=$word\n"
           "            continue\n"
           "            ;;\n"
           "        esac\n"
           "        if [ -n \"$command\" ]; then\n"
           "            arguments=$((arguments + 1))\n"
           "        elif [ -n \"$first\" ]; then\n"
           "            command=\"$first $word\" first=''\n"
           "        else\n"
           "            first=$word\n"
           "            __strongroom_seconds \"$first\"\n"
           "            [ -n \"$seconds\" ] || { command=$first first=''; }\n"
           "        fi\n"
           "    done\n"
           "    [ -n \"$first\" ] || seconds=''\n");
    put_option_table();
    printf("}\n\n"
           "__strongroom_argument_kind() {\n    kind=none\n");
    put_argument_table();
    printf("}\n\n"
           "__strongroom_seconds() {\n    seconds=''\n    case $1 in\n");
    put_second_words();
    printf("    esac\n}\n\n");
}

/* What to offer for each $kind of value, in bash. */
static void put_bash_words(void)
{
    printf("__strongroom_words() {\n"
           "    case $kind in\n"
           "    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "
           "\"$cur\") ;;\n"
           "    folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "
           "\"$cur\") ;;\n"
           "    command) mapfile -t COMPREPLY < <(compgen -W '");
    put_first_words();
    printf("' -- \"$cur\") ;;\n"
           "    shell) mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- \"$cur\") ;;\n"
           "    ref | kind) mapfile -t COMPREPLY < <(compgen -W \"$(\"${COMP_WORDS[0]}\" "
           "completion --names \"$kind\" ${room:+--room \"$room\"} 2>/dev/null)\" -- \"$cur\") ;;\n"
           "    esac\n"
           "}\n\n");
}

void sr_completion_bash(void)
{
    printf("# SPDX-License-Identifier: Apache-2.0\n"
           "# bash completion for strongroom; made by 'strongroom completion bash'.\n\n");
    put_shared_functions();
    put_bash_words();
    printf("_strongroom() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} kind='' room='' i\n"
           "    local command arguments pending seconds options\n"
           "    local -a before=()\n"
           "    COMPREPLY=()\n"
           "    # bash cuts words at '=': put '--option', '=', 'value' together again.\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        if [[ ${COMP_WORDS[i]} == '=' ]]; then\n"
           "            before[${#before[@]} - 1]+==\n"
           "        elif [[ ${before[*]: -1} == --*= && ${COMP_WORDS[i - 1]} == '=' ]]; then\n"
           "            before[${#before[@]} - 1]+=${COMP_WORDS[i]}\n"
           "        else\n"
           "            before+=(\"${COMP_WORDS[i]}\")\n"
           "        fi\n"
           "    done\n"
           "    for ((i = 0; i < ${#before[@]}; i++)); do\n"
           "        case ${before[i]} in\n"
           "        --room) room=${before[i + 1]-} ;;\n"
           "        --room=*) room=${before[i]#--room=} ;;\n"
           "        esac\n"
           "    done\n"
           "    if [[ $cur == '=' ]]; then\n"
           "        cur='' before+=('=')\n"
           "    fi\n"
           "    local last=${before[*]: -1}\n"
           "    if [[ $last == '=' ]]; then\n"
           "        unset 'before[-1]'\n"
           "    elif [[ $last == --*= ]]; then\n"
           "        before[${#before[@]} - 1]=${last%%=}\n"
           "    fi\n"
           "    __strongroom_walk \"${before[@]}\"\n"
           "    if [[ -n $pending ]]; then\n"
           "        __strongroom_value_kind \"$pending\"\n"
           "    elif [[ $cur == -* ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
           "        return\n"
           "    elif [[ -n $seconds ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$seconds\" -- \"$cur\")\n"
           "        return\n"
           "    elif [[ -z $command ]]; then\n"
           "        kind=command\n"
           "    else\n"
           "        __strongroom_argument_kind\n"
           "    fi\n"
           "    __strongroom_words\n"
           "}\n\n"
           "complete -F _strongroom strongroom\n");
}

void sr_completion_zsh(void)
{
    printf("#compdef strongroom\n"
           "# SPDX-License-Identifier: Apache-2.0\n"
           "# zsh completion for strongroom; made by 'strongroom completion zsh'.\n\n");
    put_shared_functions();
    printf("_strongroom() {\n"
           "    emulate -L zsh\n"
           "    local cur=${words[CURRENT]} kind='' room='' i\n"
           "    local command arguments pending seconds options\n"
           "    local -a before=(\"${(@)words[2,CURRENT-1]}\")\n"
           "    i=${before[(I)--room]}\n"
           "    (( i == 0 )) || room=${before[i+1]}\n"
           "    [[ ${before[(r)--room=*]} == '' ]] || room=${before[(r)--room=*]#--room=}\n"
           "    __strongroom_walk \"${(@)before}\"\n"
           "    if [[ -n $pending ]]; then\n"
           "        __strongroom_value_kind \"$pending\"\n"
           "    elif [[ $cur == --*=* ]]; then\n"
           "        __strongroom_value_kind \"${cur%%%%=*}\"\n"
           "        compset -P '*='\n"
           "    elif [[ $cur == -* ]]; then\n"
           "        compadd -- ${=options}\n"
           "        return\n"
           "    elif [[ -n $seconds ]]; then\n"
           "        compadd -- ${=seconds}\n"
           "        return\n"
           "    elif [[ -z $command ]]; then\n"
           "        kind=command\n"
           "    else\n"
           "        __strongroom_argument_kind\n"
           "    fi\n"
           "    case $kind in\n"
           "    file) _files ;;\n"
           "    folder) _files -/ ;;\n"
           "    command) compadd -- ");
    put_first_words();
    printf(" ;;\n"
           "    shell) compadd -- bash zsh fish ;;\n"
           "    ref|kind) compadd -- ${(f)\"$(${words[1]} completion --names $kind "
           "${room:+--room} ${room:+$room} 2>/dev/null)\"} ;;\n"
           "    esac\n"
           "}\n\n"
           "if [ \"$funcstack[1]\" = \"_strongroom\" ]; then\n"
           "    _strongroom \"$@\"\n"
           "else\n"
           "    compdef _strongroom strongroom\n"
           "fi\n");
}

/* text between single quotes of fish: backslash and quote are escaped. */
static void put_fish_quoted(const char *text)
{
    (void)putchar('\'');
    for (; *text != '\0'; text++) {
        printf("%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    }
    (void)putchar('\'');
}

static void put_fish_values(enum sr_completes completes)
{
    switch (completes) {
    case SR_COMPLETES_FILE:
        printf(" -F");
        break;
    case SR_COMPLETES_FOLDER:
        printf(" -f -a '(__fish_complete_directories)'");
        break;
    case SR_COMPLETES_REF:
        printf(" -f -a '(__strongroom_names ref)'");
        break;
    case SR_COMPLETES_KIND:
        printf(" -f -a '(__strongroom_names kind)'");
        break;
    case SR_COMPLETES_COMMAND:
        printf(" -f -a '");
        put_first_words();
        printf("'");
        break;
    case SR_COMPLETES_SHELL:
        printf(" -f -a 'bash zsh fish'");
        break;
    case SR_COMPLETES_NOTHING:
        printf(" -f");
        break;
    }
}

static void put_fish_options(const char *command, const struct sr_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        printf("complete -c strongroom");
        if (command != NULL) {
            printf(" -n \"__strongroom_in '%s'\"", command);
        }
        printf(" -l %s", options->name);
        if (options->value != NULL) {
            printf(" -r");
            put_fish_values(options->completes);
        }
        printf(" -d ");
        put_fish_quoted(options->help);
        (void)putchar('\n');
    }
}

static void put_fish_command(const struct sr_command *command)
{
    size_t len = strcspn(command->name, " ");
    if (command->name[len] == '\0') {
        printf("complete -c strongroom -n \"__strongroom_in ''\" -f -a %s -d ", command->name);
    } else {
        printf("complete -c strongroom -n \"__strongroom_in ''\" -f -a %.*s -d ", (int)len,
               command->name);
        put_fish_quoted(command->summary);
        printf("\ncomplete -c strongroom -n \"__strongroom_in '%.*s'\" -f -a %s -d ", (int)len,
               command->name, command->name + len + 1);
    }
    put_fish_quoted(command->summary);
    (void)putchar('\n');
    const struct sr_positional *p = command->positionals;
    for (size_t index = 0; p != NULL && p[index].name != NULL; index++) {
        if (p[index].is_repeatable) {
            printf("complete -c strongroom -n \"__strongroom_in '%s'\"", command->name);
        } else {
            printf("complete -c strongroom -n \"__strongroom_in '%s' %zu\"", command->name, index);
        }
        put_fish_values(p[index].completes);
        (void)putchar('\n');
    }
    put_fish_options(command->name, command->options);
}

/* fish lists of words that the walk needs: first words of two-word commands, options with values.
 */
static void put_fish_words(void)
{
    printf("set -g __strongroom_pairs");
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        size_t len = strcspn(sr_command_all[i]->name, " ");
        if (sr_command_all[i]->name[len] == ' ') {
            printf(" %.*s", (int)len, sr_command_all[i]->name);
        }
    }
    printf("\nset -g __strongroom_valued");
    for (const struct sr_option *o = sr_command_common_options; o->name != NULL; o++) {
        printf("%s%s", o->value == NULL ? "" : " --", o->value == NULL ? "" : o->name);
    }
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const struct sr_option *o = sr_command_all[i]->options;
        for (; o != NULL && o->name != NULL; o++) {
            printf("%s%s", o->value == NULL ? "" : " --", o->value == NULL ? "" : o->name);
        }
    }
    printf("\n\n");
}

void sr_completion_fish(void)
{
    printf("# SPDX-License-Identifier: Apache-2.0\n"
           "# fish completion for strongroom; made by 'strongroom completion fish'.\n\n");
    put_fish_words();
    printf("# The command on the line, then its arguments, one to a line.\n"
           "function __strongroom_walk\n"
           "    set -l skip no\n"
           "    set -l first ''\n"
           "    for word in (commandline -opc)[2..-1]\n"
           "        if test $skip = yes\n"
           "            set skip no\n"
           "        else if contains -- $word $__strongroom_valued\n"
           "            set skip yes\n"
           "        else if string match -q -- '-*' $word\n"
           "            continue\n"
           "        else if test -n \"$first\"\n"
           "            echo \"$first $word\"\n"
           "            set first ''\n"
           "        else if contains -- $word $__strongroom_pairs\n"
           "            set first $word\n"
           "        else\n"
           "            echo $word\n"
           "        end\n"
           "    end\n"
           "    test -z \"$first\"; or echo $first\n"
           "end\n\n"
           "# Whether the line is in this command (and at this argument).\n"
           "function __strongroom_in\n"
           "    set -l words (__strongroom_walk)\n"
           "    test \"$words[1]\" = \"$argv[1]\"; or return 1\n"
           "    test (count $argv) -eq 1; or test (math (count $words) - 1) -eq $argv[2]\n"
           "end\n\n"
           "function __strongroom_names\n"
           "    set -l words (commandline -opc)\n"
           "    type -q $words[1]; or return\n"
           "    set -l room\n"
           "    if set -l at (contains -i -- --room $words)\n"
           "        set room --room $words[(math $at + 1)]\n"
           "    end\n"
           "    $words[1] completion --names $argv[1] $room 2>/dev/null\n"
           "end\n\n"
           "complete -c strongroom -f\n");
    put_fish_options(NULL, sr_command_common_options);
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        put_fish_command(sr_command_all[i]);
    }
}
