# Leaves the machine as it was: processes, containers, networks, volumes, the engine. Runs at every exit.
# Sourced by .ci/run.

# The tests put this label on everything they make in the engine; Compose's projects of the tests start with muster-it.
readonly TEST_LABEL=dev.muster.test=true
readonly COMPOSE_PROJECT_PREFIX=muster-it
# A worker that was told to stop may take its drain time; what still runs after it was forgotten by a test.
readonly LEFTOVER_GRACE_SECONDS=15

cleanup() {
  local code=$?
  trap - EXIT
  trap '' INT TERM
  set +e
  end_step "FAILED"
  CURRENT_STEP=cleanup STEP_STARTED=$SECONDS
  echo
  echo "==> cleanup"
  [[ -z $MAVEN_PID ]] || kill -TERM "$MAVEN_PID"
  end_leftover_processes || code=$((code == 0 ? 1 : code))
  remove_containers
  stop_engine
  end_step ""
  echo
  cat "$SUMMARY"
  printf '%-12s %4d s\n' "total" "$SECONDS"
  rm -rf --one-file-system "$WORK_DIR"
  if ((code == 0)); then echo "ci: passed"; else echo "ci: FAILED, exit code $code"; fi
  exit "$code"
}

# Processes that carry this run's mark in their environment: only tests and what they started have it.
leftover_processes() {
  grep -lsz "^MUSTER_CI_RUN=$RUN_ID\$" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}

end_leftover_processes() {
  local deadline=$((SECONDS + LEFTOVER_GRACE_SECONDS)) pid
  while [[ -n $(leftover_processes) ]] && ((SECONDS < deadline)); do sleep 0.5; done
  local -a left
  mapfile -t left < <(leftover_processes)
  ((${#left[@]} > 0)) || return 0
  echo "ci: ${#left[@]} processes outlived the tests that started them; killing them:" >&2
  for pid in "${left[@]}"; do
    echo "  $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-300)" >&2
    kill -KILL "$pid"
  done
  return 1
}

remove_containers() {
  engine_answers || return 0
  local -a found
  mapfile -t found < <(of_tests "ps -a" '{{.ID}}')
  ((${#found[@]} == 0)) || docker rm -f -v "${found[@]}" >/dev/null
  echo "removed ${#found[@]} containers"
  mapfile -t found < <(of_tests "network ls" '{{.ID}}')
  ((${#found[@]} == 0)) || docker network rm "${found[@]}" >/dev/null
  echo "removed ${#found[@]} networks"
  mapfile -t found < <(of_tests "volume ls" '{{.Name}}')
  ((${#found[@]} == 0)) || docker volume rm "${found[@]}" >/dev/null
  echo "removed ${#found[@]} volumes"
  mapfile -t found < <(docker images --filter 'reference=muster-it-*' --format '{{.Repository}}:{{.Tag}}')
  ((${#found[@]} == 0)) || docker rmi -f "${found[@]}" >/dev/null
  echo "removed ${#found[@]} images"
}

# of_tests "ps -a"|"network ls"|"volume ls" FORMAT: what the tests made themselves, and what Compose made for them.
of_tests() {
  local -a list
  read -r -a list <<<"$1"
  {
    docker "${list[@]}" --filter "label=$TEST_LABEL" --format "$2"
    docker "${list[@]}" --filter label=com.docker.compose.project \
      --format "$2 {{.Label \"com.docker.compose.project\"}}" |
      awk -v prefix="$COMPOSE_PROJECT_PREFIX" 'index($2, prefix) == 1 { print $1 }'
  } | sort -u
}
