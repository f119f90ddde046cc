# Shared by scripts/install-hub and scripts/install-gate: where things go, and how they get there. Sourced, not run.
#
# root      prefix of every path; empty on a real machine
# role      hub or gate
# extras    whose packages are installed: the role's own, and what an option adds

umask 022 # whatever the caller's is: the program is read by the users of its services

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=
extras=("$role")

stop() {
  echo "install-$role: $1" >&2
  exit 1
}

# value_of OPTION VALUE: the value, or one line if it is missing
value_of() {
  [ -n "${2:-}" ] || stop "$1: expected a value"
  printf '%s\n' "$2"
}

# in_one_line WHAT COMMAND...: runs it; if it fails, what it says stands in the one line that ends the installation
in_one_line() {
  local what=$1 said
  shift
  { said=$("$@" 2>&1 >&3) || stop "$what: $said"; } 3>&1
  [ -z "$said" ] || echo "$said" >&2
}

on_a_real_machine() { [ -z "$root" ]; }

check_machine() {
  on_a_real_machine || return 0
  [ "$(id -u)" = 0 ] || stop "must be root: sudo scripts/install-$role"
  command -v apt-get >/dev/null || stop "this is no Debian or Raspberry Pi OS: apt-get is missing"
  [ "$(getconf LONG_BIT)" = 64 ] || stop "a 64-bit system is needed: there are no OpenCV packages for 32-bit ARM"
}

# packages NAME...: installs those that are not there yet
packages() {
  on_a_real_machine || return 0
  local missing=() name log
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "install-$role: installing ${missing[*]}"
  log=$(mktemp)
  DEBIAN_FRONTEND=noninteractive apt-get -q update >"$log" 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null ||
    stop "apt-get install ${missing[*]} failed ($(grep -m1 -E '^E:' "$log" || tail -1 "$log")); check the network, then start again"
  rm -f "$log"
}

# put MODE SOURCE TARGET: a file of the project to its place
put() { install -D -m "$1" "$source_dir/$2" "$root$3"; }

# the program to /opt/kakou: the sources, then a venv with the locked versions that this role needs
put_program() {
  local target=$root/opt/kakou
  mkdir -p "$target/src"
  rm -rf "$target/src/edge" "$target/src/hub"
  cp -r "$source_dir"/{edge,hub,pyproject.toml,requirements.lock,README.md,LICENSE} "$target/src/"
  find "$target/src" -name __pycache__ -prune -exec rm -rf {} +
  # beside the README, what it links to
  local file
  rm -rf "$target/edge" "$target/scripts" "$target/tests"
  python3 "$source_dir/scripts/linked.py" | while read -r file; do
    install -D -m 644 "$source_dir/$file" "$target/$file"
  done
  on_a_real_machine || return 0
  python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    stop "$(python3 -V): Kakou runs on Python 3.11 to 3.13 (Debian 12, Raspberry Pi OS bookworm or trixie)"
  local log
  log=$(mktemp)
  echo "install-$role: installing the locked versions into /opt/kakou/venv"
  python3 "$source_dir/scripts/locked.py" "${extras[@]}" >"$target/requirements.lock"
  # shellcheck disable=SC2046  # no words when there is no option
  python3 -m venv $(venv_options) "$target/venv" >"$log" 2>&1 || stop "cannot make /opt/kakou/venv ($(tail -1 "$log"))"
  "$target/venv/bin/pip" --disable-pip-version-check install --quiet --require-hashes --only-binary=:all: \
    -r "$target/requirements.lock" >"$log" 2>&1 ||
    stop "pip could not install the locked versions ($(grep -m1 ERROR "$log" || tail -1 "$log")); check the network, then start again"
  "$target/venv/bin/pip" --disable-pip-version-check install --quiet --no-index --no-deps --no-build-isolation \
    --force-reinstall "$target/src" >"$log" 2>&1 ||
    stop "pip could not install Kakou itself ($(grep -m1 -iE error "$log" || tail -1 "$log"))"
  rm -f "$log"
}

venv_options() {
  # Python 3.13 has no wheel of lgpio: there Debian's python3-lgpio is used
  if [ "$role" = gate ] && ! python3 -c 'import sys; sys.exit(sys.version_info[:2] >= (3, 13))'; then
    echo --system-site-packages
  fi
}

make_users() {
  put 644 "systemd/kakou-$role.sysusers" "/usr/lib/sysusers.d/kakou-$role.conf"
  put 644 "systemd/kakou-$role.tmpfiles" "/usr/lib/tmpfiles.d/kakou-$role.conf"
  on_a_real_machine || return 0
  systemd-sysusers "kakou-$role.conf" || stop "systemd-sysusers could not make the user kakou-$role"
  systemd-tmpfiles --create "kakou-$role.conf" || stop "systemd-tmpfiles could not make /var/lib/kakou-$role"
}

# put_command [GROUP]: the command for people, with a group that the service has not: root would leave files in the data folder that
# the service cannot write
put_command() {
  install -d "$root/usr/local/bin"
  cat >"$root/usr/local/bin/kakou-$role" <<END
#!/bin/sh
# kakou-$role as the user of its service, so that no file of its folder becomes root's.
# lgpio makes a FIFO in its working directory: one that this user can write.
export LG_WD=/tmp
[ "\$(id -un)" = kakou-$role ] && exec /opt/kakou/venv/bin/kakou-$role "\$@"
[ "\$(id -u)" = 0 ] && exec runuser -u kakou-$role${1:+ -g kakou-$role -G $1} -- /opt/kakou/venv/bin/kakou-$role "\$@"
echo "kakou-$role: run it with sudo" >&2
exit 1
END
  chmod 755 "$root/usr/local/bin/kakou-$role"
}

# start UNIT...: enables and (re)starts them where systemd runs
start() {
  on_a_real_machine || return 0
  if [ ! -d /run/systemd/system ]; then
    echo "install-$role: systemd is not running here; installed, not started: $*"
    return 0
  fi
  systemctl daemon-reload
  systemctl --quiet enable "$@"
  systemctl restart "$@" || stop "$* did not start; see: journalctl -u $1"
}
