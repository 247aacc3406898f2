# SPDX-License-Identifier: Apache-2.0
# People for tests: each has a key in an ssh-agent of their own, a real one. For files beside this one.

# make_agent NAME: keys/NAME.pub, and an agent at keys/NAME.sock that alone has the key. Stop them with stop_agents.
make_agent() {
    mkdir -p keys
    ssh-keygen -q -t "${2:-ed25519}" -N '' -C "$1" -f "keys/$1"
    # A socket's path is short; the test's folder may not be.
    local folder
    folder=$(mktemp -d "${TMPDIR:-/tmp}/sr-agent-XXXXXX")
    ssh-agent -D -a "$folder/sock" >/dev/null 2>&1 3>&- &
    echo "$! $folder" >>keys/agents
    ln -s "$folder/sock" "keys/$1.sock"
    local i
    # 2: nobody answers yet. The socket is there a moment before anybody listens on it.
    for i in $(seq 200); do
        SSH_AUTH_SOCK="$folder/sock" ssh-add -l >/dev/null 2>&1 || [ $? -eq 2 ] || break
        sleep 0.05
    done
    SSH_AUTH_SOCK="$folder/sock" ssh-add -q "keys/$1"
    rm "keys/$1" # the agent has it; nothing else does
}

stop_agents() {
    local pid folder
    [ -f keys/agents ] || return 0
    while read -r pid folder; do
        kill "$pid" 2>/dev/null || true
        rm -rf "$folder"
    done <keys/agents
}

# as NAME COMMAND...: a command of the program, acting as NAME, in $room.
as() {
    local who=$1
    shift
    SSH_AUTH_SOCK="$PWD/keys/$who.sock" "$STRONGROOM" "$@" --room "$room" --no-input
}

# The same with the room's passphrase.
as_unlocked() {
    local who=$1
    shift
    SSH_AUTH_SOCK="$PWD/keys/$who.sock" "$STRONGROOM" "$@" --room "$room" --passphrase-file "$room.key" --no-input
}
