# An installation from a kit of scripts/make-offline-kit, without a network. Sourced by install-common.sh.
#
# apt_from, pip_from   where apt and pip take packages from: nothing is added where there is no kit

apt_from=()
pip_from=()
hint_of_apt="check the network, or install from a kit (--from DIR)"
keyring=/etc/kakou/release.gpg

# use_kit DIR KEYRING: checks the kit's signature and files, and has apt, pip and this installer take everything from it. KEYRING: the
# public half of the release key that is expected; empty: the one of the last installation, or, at the first, the kit's own.
use_kit() {
  local kit=$1 expected=$2 system
  [ -r "$kit/SHA256SUMS" ] || stop "$kit: no kit of make-offline-kit (SHA256SUMS is missing)"
  kit=$(cd "$kit" && pwd)
  [ -n "$expected" ] || expected=$root$keyring
  [ -e "$expected" ] || expected=$kit/release.gpg
  signed_by "$expected" "$kit/SHA256SUMS" || stop "$kit: not signed by the release key of $expected"
  system=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")-$(dpkg --print-architecture)
  grep -q "  debs/$system/Packages$" "$kit/SHA256SUMS" ||
    stop "$kit: made for $(sed -n 's|.*  debs/\(.*\)/Packages$|\1|p' "$kit/SHA256SUMS" | tr '\n' ' ')and not for this machine's $system"
  whole_files "$kit" "$system"
  ln -s "$kit" "$scratch/kit"
  tar -C "$scratch" -xf "$kit/release.tar"
  source_dir=$scratch/release
  cp "$expected" "$scratch/release.gpg"
  echo "deb [trusted=yes] file:$scratch/kit/debs/$system ./" >"$scratch/kit.list"
  mkdir -p "$scratch/lists/partial"
  apt_from=(-o "Dir::Etc::sourcelist=$scratch/kit.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$scratch/lists"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -o Acquire::Languages=none)
  hint_of_apt="the kit does not fit this machine"
  pip_from=(--no-index --find-links "$kit/wheels")
  export PIP_CONFIG_FILE=/dev/null
  say "the kit is whole; signed by $(sha256sum "$expected" | cut -d' ' -f1)"
}

# signed_by KEYRING FILE: returns 0 if FILE.sig is a signature over FILE by a key of the ring. apt itself brings one of the two programs
signed_by() {
  if command -v sqv >/dev/null; then
    sqv --keyring "$1" "$2.sig" "$2" >/dev/null 2>&1
  elif command -v gpgv >/dev/null; then
    gpgv --quiet --keyring "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")" "$2.sig" "$2" >/dev/null 2>&1
  else
    stop "gpgv is missing: nothing here can check a signature"
  fi
}

# whole_files KIT SYSTEM: every file that this machine needs is what the signed sums say
whole_files() {
  local bad
  grep -E "  (release.tar|wheels/.*|debs/$2/.*)$" "$1/SHA256SUMS" >"$scratch/sums"
  bad=$(cd "$1" && LC_ALL=C sha256sum --quiet -c "$scratch/sums" 2>/dev/null | head -1) || true
  [ -z "$bad" ] || stop "$1/${bad%%: *}: is not as the kit's checksums say; copy the kit again"
}

# keep_keyring: later installations must be signed by the same key
keep_keyring() { [ ! -e "$scratch/release.gpg" ] || put_file 644 "$scratch/release.gpg" "$keyring"; }
