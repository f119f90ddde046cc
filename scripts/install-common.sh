# Shared by scripts/install-hub and scripts/install-gate: where things go, and how they get there. Sourced, not run.
#
# root      prefix of every path; empty on a real machine
# role      hub or gate
# extras    whose packages are installed: the role's own, and what an option adds
# check     yes: nothing is changed, each thing that would be is said
# changes   how many things were changed, or would be

umask 022 # whatever the caller's is: the program is read by the users of its services

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=
check=
uninstall=
purge=
changes=0
extras=("$role")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. "$source_dir/scripts/install-kit.sh"
. "$source_dir/scripts/install-release.sh"
. "$source_dir/scripts/install-remove.sh"

stop() {
  echo "install-$role: $1" >&2
  exit 1
}

say() { echo "install-$role: $1"; }

# would WHAT: counts a change. With --check it says it and returns 0; else it returns 1, and the caller does it
would() {
  changes=$((changes + 1))
  [ -n "$check" ] && say "would $1"
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

systemd_runs() { [ -d /run/systemd/system ]; }

check_machine() {
  on_a_real_machine || return 0
  [ "$(id -u)" = 0 ] || stop "must be root: sudo scripts/install-$role"
  command -v apt-get >/dev/null || stop "this is no Debian or Raspberry Pi OS: apt-get is missing"
  [ "$(getconf LONG_BIT)" = 64 ] || stop "a 64-bit system is needed: there are no OpenCV packages for 32-bit ARM"
}

# debian_packages PART...: the names that scripts/debian-packages.txt has for these parts
debian_packages() {
  local part
  for part in "$@"; do sed -n "s/^$part //p" "$source_dir/scripts/debian-packages.txt"; done
}

# packages NAME...: installs those that are not there yet
packages() {
  on_a_real_machine || return 0
  local missing=() name log=$scratch/apt
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  would "install of Debian: ${missing[*]}" && return 0
  say "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get -q "${apt_from[@]}" update >"$log" 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get -q -y "${apt_from[@]}" install --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null ||
    stop "apt-get install ${missing[*]} failed ($(grep -m1 -E '^E:' "$log" || tail -1 "$log")); $hint_of_apt"
}

# put MODE SOURCE TARGET: a file of the project to its place; one that somebody changed is mended
put() { put_file "$1" "$source_dir/$2" "$3"; }

# put_file MODE FILE TARGET: the same for a file that was made here
put_file() {
  local what=write
  if [ -e "$root$3" ]; then
    what=rewrite
    cmp -s "$2" "$root$3" && [ "$(stat -c %a "$root$3")" = "$1" ] && return 0
  fi
  would "$what $3" || install -D -m "$1" "$2" "$root$3"
}

# take_away PATH...: removes what is there
take_away() {
  local path
  for path in "$@"; do
    if [ -e "$root$path" ] || [ -L "$root$path" ]; then would "remove $path" || rm -rf "$root$path"; fi
  done
}

make_users() {
  put 644 "systemd/kakou-$role.sysusers" "/usr/lib/sysusers.d/kakou-$role.conf"
  put 644 "systemd/kakou-$role.tmpfiles" "/usr/lib/tmpfiles.d/kakou-$role.conf"
  on_a_real_machine && [ -z "$check" ] || return 0
  systemd-sysusers "kakou-$role.conf" || stop "systemd-sysusers could not make the user kakou-$role"
  local path mode owner group
  # not by systemd-tmpfiles: in an image without /proc it does nothing
  grep '^d ' "$source_dir/systemd/kakou-$role.tmpfiles" | while read -r _ path mode owner group _; do
    install -d -m "$mode" -o "$owner" -g "$group" "$path" || stop "$path: cannot be made"
  done
}

# put_command [GROUP]: the command for people, with a group that the service has not: root would leave files in the data folder that
# the service cannot write
put_command() {
  local program=/opt/kakou/$role/venv/bin/kakou-$role
  cat >"$scratch/command" <<END
#!/bin/sh
# kakou-$role as the user of its service, so that no file of its folder becomes root's.
# lgpio makes a FIFO in its working directory: one that this user can write.
export LG_WD=/tmp
[ "\$(id -un)" = kakou-$role ] && exec $program "\$@"
[ "\$(id -u)" = 0 ] && exec runuser -u kakou-$role${1:+ -g kakou-$role -G $1} -- $program "\$@"
echo "kakou-$role: run it with sudo" >&2
exit 1
END
  put_file 755 "$scratch/command" "/usr/local/bin/kakou-$role"
}

# setting FILE KEY...: a value of a TOML file, or nothing
setting() {
  [ -e "$1" ] || return 0
  python3 - "$@" <<'END'
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    value = tomllib.load(file)
for key in sys.argv[2:]:
    value = value.get(key, {}) if isinstance(value, dict) else {}
print("" if value == {} else value)
END
}

# start UNIT...: enables them, and (re)starts them where systemd runs and anything changed or one does not run
start() {
  on_a_real_machine || return 0
  local unit off=()
  for unit in "$@"; do systemctl --quiet is-enabled "$unit" 2>/dev/null || off+=("$unit"); done
  [ ${#off[@]} = 0 ] || would "enable ${off[*]}" || systemctl --quiet enable "${off[@]}"
  if ! systemd_runs; then
    [ -n "$check" ] || say "systemd is not running here; installed and enabled, not started: $*"
    return 0
  fi
  [ "$changes" -gt 0 ] || ! systemctl --quiet is-active "$@" || return 0
  would "restart $*" && return 0
  systemctl daemon-reload
  local why=
  systemctl restart "$@" || why="$* did not start"
  if [ -n "$updated" ]; then
    keep_or_go_back "$why" "$@"
  elif [ -n "$why" ]; then
    stop "$why; see: journalctl -u $1"
  fi
}

finish() {
  if [ -z "$check" ]; then say done && exit 0; fi
  [ "$changes" = 0 ] && say "nothing would change" && exit 0
  say "$changes changes would be made"
  exit 2
}
