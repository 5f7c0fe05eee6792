#!/bin/sh
# Tests of the front door that build nothing: run_test.sh PATH_OF_RUN
set -eu
run=$1

fail() {
  echo "run_test: $*" >&2
  exit 1
}

cd /
for help in '' help --help; do
  # shellcheck disable=SC2086  # '' stands for no argument
  text=$("$run" $help) || fail "'run $help' exits with $?"
  for command in demo test bench asan tsan fuzz docs format install deps; do
    echo "$text" | grep -q "^  $command " || fail "'run $help' does not name $command"
  done
done

status=0
text=$("$run" no-such-command 2>&1) || status=$?
[ "$status" -eq 2 ] || fail "an unknown command exits with $status, expected 2"
echo "$text" | grep -q "unknown command 'no-such-command'" || fail 'an unknown command is not named'
echo "$text" | grep -q '^Usage:' || fail 'an unknown command does not show the help'

status=0
"$run" install >/dev/null 2>&1 || status=$?
[ "$status" -ne 0 ] || fail "'run install' without a prefix succeeds"

link=$(mktemp -d)
trap 'rm -rf "$link"' EXIT
ln -s "$run" "$link/run"
"$link/run" help >/dev/null || fail 'run does not work through a link'
