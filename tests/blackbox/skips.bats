#!/usr/bin/env bats
# What a test lacks is known to who reads that the others passed: `needs`, the runner of a file, and
# scripts/skipped.
load world
load peers

# ran STATUS [CI]: what ctest's command of the file whole.bats, in $dir, exits with and says.
ran() {
  status "$1" env -u BATS_TEST_FILTER CI="${2:-}" "$BATS_TEST_DIRNAME/run" bats "$dir/whole.bats"
}
# file TEST…: each a name and, behind a colon, what it does.
file() {
  local each
  printf '%s\n' '#!/usr/bin/env bats' 'bats_require_minimum_version 1.5.0' \
    "load '$BATS_TEST_DIRNAME/peers'" >whole.bats
  for each in "$@"; do
    printf '@test "%s" {\n  %s\n}\n' "${each%%:*}" "${each#*:}" >>whole.bats
  done
}
there="there:needs ci sh true"
missing="missing:needs ci a-peer false"

@test "what is missing is skipped with what installs it, and fails in CI" {
  file "$there" "$missing"
  ran 77
  has "$output" "ok 1 there" "ok 2 missing" "# skip a-peer is missing; scripts/setup ci installs it"
  ran 1 true
  has "$output" "ok 1 there" "not ok 2 missing" "a-peer is missing; scripts/setup ci installs it"
}

@test "a file is passed where nothing was skipped, and a failure is not hidden by a skip" {
  file "$there"
  ran 0
  file "$missing" "wrong:false"
  ran 1
  has "$output" "ok 1 missing" "# skip" "not ok 2 wrong"
  file
  ran 1
}

@test "what ctest's last run skipped is listed with its reasons" {
  file "$there" "$missing"
  cat >like_googletest <<'SCRIPT'
#!/bin/sh
printf '%s\n' '[ RUN      ]' 'a_test.cc:5: Skipped' 'NOT TESTED: no servers'
exit 77
SCRIPT
  printf '#!/bin/sh\nexit 77\n' >says_nothing
  chmod +x like_googletest says_nothing
  cat >CTestTestfile.cmake <<CTEST
add_test(a_file "$BATS_TEST_DIRNAME/run" bats "$dir/whole.bats")
add_test(a_suite "$dir/like_googletest")
add_test(silent "$dir/says_nothing")
add_test(whole true)
set_tests_properties(a_file a_suite silent PROPERTIES SKIP_RETURN_CODE 77)
CTEST
  CI='' ctest >ctest.log
  has "$(<ctest.log)" "did not run" "a_file (Skipped)" "a_suite (Skipped)" "silent (Skipped)"
  status 0 "$BATS_TEST_DIRNAME/../../scripts/skipped" "$dir" ctest.log
  same "the list" "skipped: 3 tests
  a_file: missing: a-peer is missing; scripts/setup ci installs it
  a_suite: NOT TESTED: no servers
  silent: no reason is given" "$output"
  ctest -R whole >ctest.log
  status 0 "$BATS_TEST_DIRNAME/../../scripts/skipped" "$dir" ctest.log
  same "the list" "skipped: nothing" "$output"
}
