# Steps: announced, timed, and summed up at the end. Sourced by .ci/run.

# fail MESSAGE: ends the run with one line that says what is wrong.
fail() {
  echo "ci: $*" >&2
  exit 1
}

CURRENT_STEP=
STEP_STARTED=0

# step NAME FUNCTION: runs the function and notes the time it took.
step() {
  echo
  echo "==> $1"
  CURRENT_STEP=$1
  STEP_STARTED=$SECONDS
  "$2"
  end_step ""
}

# end_step NOTE: notes the time of the step under way, if there is one.
end_step() {
  [[ -n $CURRENT_STEP ]] || return 0
  local took=$((SECONDS - STEP_STARTED))
  printf '%-12s %4d s  %s\n' "$CURRENT_STEP" "$took" "$1" >>"$SUMMARY"
  echo "<== $CURRENT_STEP: $took s $1"
  CURRENT_STEP=
}
