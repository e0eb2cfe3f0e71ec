# shellcheck shell=bash
# What a test holds taskfeed against, and not every machine has. Loaded after world.bash.

# What scripts/setup peers installs that Debian does not have.
peers=$BATS_TEST_DIRNAME/../../build-peers

# needs GROUP WHAT CMD…: CMD succeeds, or the test is skipped, which tests/blackbox/run makes known;
# in CI, where all must be there, it fails. `scripts/setup GROUP` installs WHAT.
needs() {
  "${@:3}" >/dev/null 2>&1 && return
  local why="$2 is missing; scripts/setup $1 installs it"
  if [ "${CI:-}" = true ]; then
    echo "$why" >&2
    return 1
  fi
  skip "$why"
}
# needs_program GROUP PROGRAM
needs_program() { needs "$1" "$2" command -v "$2"; }
# needs_python PACKAGE LINE: a Python that can carry LINE out, in $python. Debian's own first:
# another python3 in PATH does not see its packages.
needs_python() {
  for python in /usr/bin/python3 python3; do
    "$python" -c "$2" >/dev/null 2>&1 && return
  done
  needs peers "$1" false
}

# For a peer that takes no port 0.
free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
