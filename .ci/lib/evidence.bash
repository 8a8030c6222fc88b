# Evidence that the container tests ran: a skipped test is silence, and silence must not pass. Sourced by .ci/run.

# Every class *ContainerIT in the sources needs a report of this run with tests in it, none skipped.
check_evidence() {
  local source class report tests skipped missing=0 count=0
  while IFS= read -r source; do
    class=$(basename "$source" .java)
    report=$(find "$ROOT" -path '*/target/failsafe-reports/*' -name "TEST-*.$class.xml" -print -quit)
    if [[ -z $report ]]; then
      echo "$class did not run: no report of it"
      missing=1
      continue
    fi
    tests=$(suite_attribute "$report" tests)
    skipped=$(suite_attribute "$report" skipped)
    echo "$class: $tests tests, $skipped skipped"
    count=$((count + tests))
    if ((tests == 0 || skipped > 0)); then
      grep -A1 -o '<skipped[^>]*>' "$report" | sort -u || true
      missing=1
    fi
  done < <(find "$ROOT" -path '*/src/test/java/*' -name '*ContainerIT.java' | sort)
  name_flakes
  ((missing == 0)) || fail "container tests were skipped or did not run: see above"
  ((count > 0)) || fail "there is no container test at all: expected classes named *ContainerIT"
}

# Tests that passed only the second time: not a failure, but nothing to be silent about.
name_flakes() {
  local report
  while IFS= read -r report; do
    if grep -q '<flaky' "$report"; then
      echo "FLAKY, passed only the second time: $(basename "$report" .xml)"
    fi
  done < <(find "$ROOT" -path '*/target/failsafe-reports/*' -name 'TEST-*.xml' | sort)
}

# suite_attribute REPORT NAME: a number from the report's first <testsuite ...>.
suite_attribute() {
  tr '\n' ' ' <"$1" | grep -o '<testsuite [^>]*>' | sed -n 1p | grep -oP "(?<= $2=\")[0-9]+" || echo 0
}
