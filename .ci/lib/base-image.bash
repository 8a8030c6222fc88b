# The base image: a small Debian with a Java 17 runtime, made by debootstrap, because no registry answers where CI runs.
# Made once: the tar is kept in $CACHE_DIR, the image in the engine; both carry the recipe's hash, so a changed recipe
# makes a new one. A MUSTER_BASE_IMAGE in the environment is used instead. Sourced by .ci/run.

readonly LOCAL_BASE_IMAGE=muster-jre:local
readonly BASE_SUITE=bookworm
readonly BASE_INCLUDE=openjdk-17-jre-headless,ca-certificates
# What a container never reads.
readonly -a BASE_EXCLUDE=(
  './var/cache/apt/*' './var/lib/apt/lists/*' './var/log/*' './usr/share/doc/*' './usr/share/man/*'
  './usr/share/locale/*' './dev/*'
)
BASE_IMAGE=

provide_base_image() {
  if [[ -n ${MUSTER_BASE_IMAGE:-} ]]; then
    BASE_IMAGE=$MUSTER_BASE_IMAGE
    docker image inspect "$BASE_IMAGE" >/dev/null 2>&1 || docker pull "$BASE_IMAGE"
    echo "using $BASE_IMAGE, as MUSTER_BASE_IMAGE says"
    return
  fi
  BASE_IMAGE=$LOCAL_BASE_IMAGE
  local recipe tar
  recipe=$(printf '%s\n' "$BASE_SUITE" "$BASE_INCLUDE" "${BASE_EXCLUDE[@]}" | sha256sum | cut -c1-12)
  if [[ $(docker image inspect --format '{{index .Config.Labels "dev.muster.recipe"}}' "$BASE_IMAGE" 2>/dev/null) == "$recipe" ]]; then
    echo "$BASE_IMAGE is in the engine already"
    return
  fi
  tar=$(base_image_cache)/jre-$BASE_SUITE-$recipe.tar
  [[ -f $tar ]] || build_base_tar "$tar"
  docker import --change "LABEL dev.muster.recipe=$recipe" "$tar" "$BASE_IMAGE" >/dev/null
  docker run --rm --network none "$BASE_IMAGE" java -version 2>&1 | sed -n 1p
}

base_image_cache() {
  if mkdir -p "$CACHE_DIR" 2>/dev/null && [[ -w $CACHE_DIR ]]; then
    echo "$CACHE_DIR"
  else
    echo "$WORK_DIR"
  fi
}

build_base_tar() {
  local tar=$1 tree=$WORK_DIR/jre-tree
  echo "building it with debootstrap from ${DEBIAN_MIRROR:-its default mirror}"
  debootstrap --variant=minbase --include="$BASE_INCLUDE" "$BASE_SUITE" "$tree" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} \
    >"$WORK_DIR/debootstrap.log" 2>&1 || {
    tail -n 30 "$WORK_DIR/debootstrap.log"
    fail "debootstrap failed: its last lines are above"
  }
  # Renamed when whole: an interrupted run must not leave half an image in the cache.
  tar -C "$tree" "${BASE_EXCLUDE[@]/#/--exclude=}" -cf "$tar.part" .
  mv "$tar.part" "$tar"
  rm -rf --one-file-system "$tree"
}
