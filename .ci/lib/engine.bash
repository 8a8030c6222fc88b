# The container engine: an answering one is used and left alone; otherwise dockerd is started, and stopped by cleanup.
# Sourced by .ci/run.

DOCKERD_PID=
readonly DOCKERD_LOG=$WORK_DIR/dockerd.log
readonly DOCKERD_START_SECONDS=60

engine_answers() {
  timeout 10 docker info >/dev/null 2>&1
}

start_engine() {
  if engine_answers; then
    echo "an engine answers already: $(engine_version)"
    return
  fi
  # Its own session: an interrupt at the terminal must reach this script first, which then stops the engine in order.
  setsid dockerd >"$DOCKERD_LOG" 2>&1 </dev/null &
  DOCKERD_PID=$!
  local deadline=$((SECONDS + DOCKERD_START_SECONDS))
  until engine_answers; do
    kill -0 "$DOCKERD_PID" 2>/dev/null || {
      tail -n 30 "$DOCKERD_LOG"
      fail "dockerd ended while starting: its last lines are above"
    }
    ((SECONDS < deadline)) || {
      tail -n 30 "$DOCKERD_LOG"
      fail "dockerd did not answer within $DOCKERD_START_SECONDS s: its last lines are above"
    }
    sleep 0.2
  done
  echo "started: $(engine_version)"
}

engine_version() {
  docker version --format 'engine {{.Server.Version}}, API {{.Server.APIVersion}}'
}

stop_engine() {
  [[ -n $DOCKERD_PID ]] || return 0
  kill -TERM "$DOCKERD_PID" 2>/dev/null || return 0
  local deadline=$((SECONDS + 30))
  while kill -0 "$DOCKERD_PID" 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      echo "ci: dockerd does not stop; killing it" >&2
      kill -KILL "$DOCKERD_PID" 2>/dev/null || true
      break
    fi
    sleep 0.2
  done
}
