#!/usr/bin/env bash
# Sets up what Kakou needs, once: Debian packages by name, then a venv in .venv with exactly the versions of requirements.lock.
#
#   scripts/setup.sh          for scripts/demo
#   scripts/setup.sh check    (the same)
#   scripts/setup.sh bench    and the sqlite3 command
#   scripts/setup.sh test     and chromium, Xvfb, sqlite3, systemd's linter, espeak-ng, nginx, fiu-utils, gpg; chromium's headless shell
#                             where Debian has it
#
# As root, or with sudo. A second run compares a stamp and is done, without a network. What cannot be installed is said in
# one line, with what to do about it. KAKOU_PYTHON names another Python (3.11 to 3.13).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
stamp=$venv/.kakou-setup
log=$(mktemp)
trap 'rm -f "$log"' EXIT

stop() {
  echo "setup: $1" >&2
  exit 1
}

# --- Debian packages: only those whose file or command is missing ---------------------------------------------------------
has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1"; }
has_command() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }
has_font() { [ -d /usr/share/fonts/truetype/wqy ] || [ -d /usr/share/fonts/opentype/noto ]; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

missing_packages() {
  local python=${KAKOU_PYTHON:-python3}
  has_command "$python" || echo python3
  has_command "$python" && has_venv "$python" || echo python3-venv
  has_library libzbar.so.0 || echo libzbar0
  has_command mosquitto || echo mosquitto
  has_font || echo fonts-wqy-microhei
  case $1 in
    test)
      has_command chromium || echo chromium
      has_command Xvfb || echo xvfb # the gate's browser is driven on a screen of its own
      has_command xdotool || echo xdotool
      has_library libatomic.so.1 || echo libatomic1 # Playwright brings a node that needs it
      has_command sqlite3 || echo sqlite3
      has_command systemd-analyze || echo systemd
      has_command espeak-ng || echo espeak-ng # a gate's voice
      has_command nginx || echo nginx-light # the proxy before the hub's pages
      has_command fiu-run || echo fiu-utils   # EIO for processes
      has_command gpg || echo gpg             # signs an offline kit, and
      has_command gpg-agent || echo gpg-agent # holds its key meanwhile
      ;;
    bench) has_command sqlite3 || echo sqlite3 ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$1")
  [ ${#missing[@]} -gt 0 ] || return 0
  local names="${missing[*]}"
  command -v apt-get >/dev/null || stop "missing: $names; this is no Debian: install them with your package manager, then start again"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    stop "missing: $names; run as root: apt-get install $names"
  echo "setup: installing $names" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update >"$log" 2>&1 || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null ||
    stop "apt-get install $names failed ($(grep -m1 -E '^E:' "$log" || tail -1 "$log")); check the network and the package sources, then start again"
}

# the engine of chromium without a browser around it: the tests' pages take two thirds of the time in it, and run without it as well
offer_shell() {
  ! has_command chromium-headless-shell && apt-cache show chromium-headless-shell >/dev/null 2>&1 || return 0
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || return 0
  echo "setup: installing chromium-headless-shell" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends --no-remove chromium-headless-shell \
    >"$log" 2>&1 </dev/null || echo "setup: not installed ($(grep -m1 -E '^E:' "$log" || tail -1 "$log")): the tests use chromium" >&2
}

# --- the venv ---------------------------------------------------------------------------------------------------------------
# the stamp's first line says which Python and folder the venv belongs to, its second what is installed in it
wanted_stamp() {
  echo "$("$1" -V) $root"
  cat "$root/requirements.lock" "$root/pyproject.toml" | sha256sum | cut -d' ' -f1
}

make_venv() {
  local python=${KAKOU_PYTHON:-python3}
  "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    stop "$python is $("$python" -V 2>&1); Kakou runs on Python 3.11 to 3.13: name one with KAKOU_PYTHON=..."
  local wanted
  wanted=$(wanted_stamp "$python")
  [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ] || return 0
  echo "setup: installing the versions of requirements.lock into .venv" >&2
  local clear=(--clear) # another Python, another folder: begin anew
  [ "$(head -1 "$stamp" 2>/dev/null || true)" != "$(head -1 <<<"$wanted")" ] || clear=()
  rm -f "$stamp"
  "$python" -m venv "${clear[@]}" "$venv" >"$log" 2>&1 ||
    stop "cannot make $venv ($(tail -1 "$log")); free some space or fix its permissions, then start again"
  "$venv/bin/pip" --disable-pip-version-check install --quiet --require-hashes --only-binary=:all: \
    -r "$root/requirements.lock" >"$log" 2>&1 ||
    stop "pip could not install requirements.lock ($(grep -m1 ERROR "$log" || tail -1 "$log")); check the network, then start again"
  "$venv/bin/pip" --disable-pip-version-check install --quiet --no-index --no-deps --no-build-isolation -e "$root" >"$log" 2>&1 ||
    stop "pip could not install the project itself ($(grep -m1 -iE 'error' "$log" || tail -1 "$log"))"
  echo "$wanted" >"$stamp"
}

exec 9<"$root"
flock 9 # two starts at once: the second waits for the first, then finds the stamp
install_packages "${1:-demo}"
[ "${1:-demo}" != test ] || offer_shell
make_venv
