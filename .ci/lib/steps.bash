# Steps: announced, timed, and summed up at the end. Sourced by .ci/run.

# fail MESSAGE: ends the run with one line that says what is wrong.
fail() {
  echo "ci: $*" >&2
  exit 1
}

# step NAME FUNCTION: runs the function and notes the time it took.
step() {
  local name=$1 function=$2 started=$SECONDS
  echo
  echo "==> $name"
  CURRENT_STEP=$name
  "$function"
  CURRENT_STEP=
  note_time "$name" $((SECONDS - started))
}

note_time() {
  printf '%-12s %4d s\n' "$1" "$2" >>"$SUMMARY"
  echo "<== $1: $2 s"
}
