# The program as a release: a folder of its own in /opt/kakou/releases, and a link that says which one runs. Sourced by
# install-common.sh.
#
# A release is made beside the one that runs, whole, before anything points to it; then one rename switches. So a power cut at any
# moment leaves a program that starts. /opt/kakou/ROLE is the link; /opt/kakou/ROLE.before the release that ran before.

releases=/opt/kakou/releases
migrations=src/hub/database/migrations/versions
health_seconds=${KAKOU_HEALTH_SECONDS:-15} # twice the time in which a unit that cannot work has ended
updated= # yes: another release ran before this installation
release= # the folder of the release that is to run

# release_id: names what is in it: version, program, Python, extras
release_id() {
  local version
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source_dir/pyproject.toml")
  {
    cd "$source_dir"
    find edge hub scripts systemd firmware_config pyproject.toml requirements.lock README.md LICENSE -type f \
      ! -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    python3 -V 2>/dev/null || echo "no Python yet"
    echo "${extras[*]}"
  } | sha256sum | cut -c1-12 | sed "s/^/$role-$version-/"
}

current_release() { readlink "$root/opt/kakou/$role" 2>/dev/null | sed 's|.*/||' || true; }

# sound FOLDER: returns 0 if the release was made to its end and every file is as it was then
sound() {
  [ -e "$1/files.sha256" ] && (cd "$1" && LC_ALL=C sha256sum --quiet -c files.sha256 >/dev/null 2>&1)
}

# make_release: makes the release of these sources, unless it is there and sound
make_release() {
  local id target number=0
  id=$(release_id)
  release=$(current_release)
  if [ "${release%+*}" = "$id" ] && sound "$root$releases/$release"; then return 0; fi
  # the one that runs is damaged, or another: never build in its folder
  release=$id
  while [ "$release" = "$(current_release)" ]; do number=$((number + 1)) && release=$id+$number; done
  target=$root$releases/$release
  if sound "$target"; then
    would "use $releases/$release, which is there" || true
    return 0
  fi
  would "make $releases/$release" && return 0
  rm -rf "$target" # of an attempt that was cut off
  put_sources "$target"
  on_a_real_machine && put_venv "$target"
  (cd "$target" && find . -type f ! -name files.sha256 ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >"$scratch/files")
  sync -f "$target"
  mv "$scratch/files" "$target/files.sha256.new" && mv "$target/files.sha256.new" "$target/files.sha256"
  sync -f "$target"
}

put_sources() {
  local target=$1 file
  mkdir -p "$target/src"
  cp -r "$source_dir"/{edge,hub,scripts,systemd,firmware_config,pyproject.toml,requirements.lock,README.md,LICENSE} "$target/src/"
  find "$target/src" -name __pycache__ -prune -exec rm -rf {} +
  # beside the README, what it links to
  python3 "$source_dir/scripts/linked.py" | while read -r file; do
    install -D -m 644 "$source_dir/$file" "$target/$file"
  done
}

put_venv() {
  local target=$1 log=$scratch/pip
  python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    stop "$(python3 -V): Kakou runs on Python 3.11 to 3.13 (Debian 12, Raspberry Pi OS bookworm or trixie)"
  say "installing the locked versions into $releases/$(basename "$target")"
  python3 "$source_dir/scripts/locked.py" "${extras[@]}" >"$target/requirements.lock"
  # shellcheck disable=SC2046  # no words when there is no option
  python3 -m venv $(venv_options) "$target/venv" >"$log" 2>&1 || stop "cannot make $target/venv ($(tail -1 "$log"))"
  "$target/venv/bin/pip" --disable-pip-version-check install --quiet --require-hashes --only-binary=:all: "${pip_from[@]}" \
    -r "$target/requirements.lock" >"$log" 2>&1 ||
    stop "pip could not install the locked versions ($(grep -m1 ERROR "$log" || tail -1 "$log")); $hint_of_apt"
  cp -r "$target/src" "$scratch/build" # what the building leaves behind stays out of the release
  "$target/venv/bin/pip" --disable-pip-version-check install --quiet --no-index --no-deps --no-build-isolation \
    --force-reinstall "$scratch/build" >"$log" 2>&1 ||
    stop "pip could not install Kakou itself ($(grep -m1 -iE error "$log" || tail -1 "$log"))"
}

venv_options() {
  # Python 3.13 has no wheel of lgpio: there Debian's python3-lgpio is used
  if [ "$role" = gate ] && command -v python3 >/dev/null && ! python3 -c 'import sys; sys.exit(sys.version_info[:2] >= (3, 13))'; then
    echo --system-site-packages
  fi
}

# switch_release: from now on this release runs
switch_release() {
  local now
  now=$(current_release)
  [ "$now" != "$release" ] || return 0
  would "switch /opt/kakou/$role to $release" && return 0
  [ -z "$now" ] || point "$role.before" "$now"
  [ -z "$now" ] || updated=yes
  point "$role" "$release"
}

# keep_or_go_back WHY UNIT...: after an update each unit must run for a while without ending; else the release before runs again. WHY: what
# is wrong already; empty: nothing. A hub whose database the new release has changed stays: the release before could not read it
keep_or_go_back() {
  local why=$1 before
  shift
  [ -n "$why" ] || why=$(unhealthy "$@")
  [ -n "$why" ] || return 0
  before=$(readlink "$root/opt/kakou/$role.before" | sed 's|.*/||')
  if [ "$role" = hub ] && ! diff -rq "$root$releases/$before/$migrations" "$root$releases/$release/$migrations" >/dev/null 2>&1; then
    stop "$release: $why; it stays, because it has changed the database: see journalctl -u $1"
  fi
  release=$before
  source_dir=$root$releases/$before/src
  put_units
  point "$role" "$before"
  systemctl daemon-reload
  systemctl restart "$@" || true
  stop "the new release: $why; $before runs again: see journalctl -u $1"
}

# unhealthy UNIT...: says what is wrong with them within health_seconds, or nothing
unhealthy() {
  local unit first=() second=0 number
  for unit in "$@"; do first+=("$(systemctl show -P NRestarts "$unit")"); done
  while [ "$second" -lt "$health_seconds" ]; do
    sleep 1
    second=$((second + 1))
    number=0
    for unit in "$@"; do
      systemctl --quiet is-active "$unit" || { echo "$unit does not run" && return 0; }
      [ "$(systemctl show -P NRestarts "$unit")" = "${first[$number]}" ] || { echo "$unit ended and was started again" && return 0; }
      number=$((number + 1))
    done
  done
}

# point LINK RELEASE: one rename, so that there is never a moment without the link
point() {
  ln -sfn "releases/$2" "$root/opt/kakou/$1.new"
  mv -T "$root/opt/kakou/$1.new" "$root/opt/kakou/$1"
  sync -f "$root/opt/kakou"
}

# forget_old_releases: keeps the one that runs and the one before it
forget_old_releases() {
  local folder before
  before=$(readlink "$root/opt/kakou/$role.before" 2>/dev/null || true)
  for folder in "$root$releases/$role"-*; do
    case releases/$(basename "$folder") in
      "releases/$release" | "releases/$(current_release)" | "$before" | "releases/$role-*") ;;
      *) take_away "$releases/$(basename "$folder")" ;;
    esac
  done
  # versions that were updated in place
  take_away /opt/kakou/src /opt/kakou/venv /opt/kakou/requirements.lock /opt/kakou/edge /opt/kakou/scripts /opt/kakou/tests
}
