# Taking a role away again. Sourced by install-common.sh.

# remove_role UNIT...: stops and removes what the installer put; the data stay, unless --with-data
remove_role() {
  local unit data=/var/lib/kakou-$role
  if on_a_real_machine; then
    for unit in "$@"; do
      [ -e "/etc/systemd/system/$unit" ] || continue
      would "stop and disable $unit" && continue
      if systemd_runs; then systemctl --quiet stop "$unit"; fi
      systemctl --quiet disable "$unit" 2>/dev/null || true
    done
  fi
  for unit in "$@"; do take_away "/etc/systemd/system/$unit"; done
  take_away "/usr/local/bin/kakou-$role" "/usr/lib/sysusers.d/kakou-$role.conf" "/usr/lib/tmpfiles.d/kakou-$role.conf" \
    /etc/chrony/kakou.conf /etc/systemd/system/chrony.service.d/kakou.conf "/etc/kakou/install-$role"
  local folder
  for folder in "$root$releases/$role"-*; do take_away "${folder#"$root"}"; done
  take_away "/opt/kakou/$role" "/opt/kakou/$role.before"
  # what both roles use goes with the last one
  if [ ! -e "$root/opt/kakou/hub" ] && [ ! -e "$root/opt/kakou/gate" ] && [ -z "$check" ]; then
    take_away /opt/kakou /etc/kakou /etc/systemd/journald.conf.d/kakou.conf
  fi
  if [ -n "$purge" ]; then
    take_away "$data"
  elif [ -e "$root$data" ]; then
    say "$data stays, with its user; --with-data removes both"
  fi
  on_a_real_machine && [ -z "$check" ] || return 0
  if systemd_runs; then
    systemctl daemon-reload
    systemctl --quiet try-restart systemd-journald chrony || true
  fi
  [ -z "$purge" ] || userdel "kakou-$role" 2>/dev/null || true
  say "Debian's own packages stay: $(debian_packages both "$role" | tr '\n' ' ')"
}
