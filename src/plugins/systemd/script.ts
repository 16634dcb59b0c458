/**
 * Arguments: `user` or `sudo`, what to do, seconds to become active, seconds to stay so, lines of the journal, units.
 * A unit of type simple counts as started once its process runs (systemd.service(5)), so it is watched for a while: after a crash
 * it has another InvocationID, or more NRestarts, or is not active.
 */
export const RESTART = `
whose=$1 deed=$2 seconds=$3 stable=$4 lines=$5
shift 5
fail() { printf 'failed: %s\\n' "$*"; exit 0; }
command -v systemctl >/dev/null || fail 'There is no systemctl on this server.'
if [ "$whose" = user ]; then
  # A session by SSH without PAM has neither.
  export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
  export DBUS_SESSION_BUS_ADDRESS="\${DBUS_SESSION_BUS_ADDRESS:-unix:path=$XDG_RUNTIME_DIR/bus}"
  [ -d "$XDG_RUNTIME_DIR" ] || fail "systemd runs nothing for $(id -un) ($XDG_RUNTIME_DIR does not exist): \\\`loginctl enable-linger $(id -un)\\\`, once and as root, lets it."
  ask() { systemctl --user "$@"; }
  act() { systemctl --user "$@"; }
  journal() { of=$1; shift; journalctl --user-unit="$of" "$@" 2>/dev/null | grep .; }
else
  ask() { systemctl "$@"; }
  act() { sudo -n systemctl "$@"; }
  # What a user may not read is left out, and that is no failure.
  journal() {
    of=$1; shift
    journalctl --unit="$of" "$@" 2>/dev/null | grep . || sudo -n journalctl --unit="$of" "$@" 2>/dev/null | grep .
  }
fi

show() {
  if [ "$lines" -gt 0 ]; then
    echo "The end of the journal of $1:"
    journal "$1" --lines="$lines" --no-pager --output=short-iso --quiet ||
      echo "$(id -un) may read none of it: the group systemd-journal may."
  fi
}
of() { ask show --property="$2" --value "$1" 2>/dev/null; }
seen() { state=$(of "$1" ActiveState); life="$(of "$1" InvocationID) $(of "$1" NRestarts)"; }

# Who restarts a unit starts it, also when it was started too often of late (systemd.unit(5), StartLimitBurst=).
# By sudo only where it has to be: that is one more line for sudoers.
allow_start() {
  [ "$deed" != reload ] || return 0
  [ "$whose" = user ] || [ "$(of "$1" ActiveState)" = failed ] || return 0
  act reset-failed "$1" 2>/dev/null || :
}

# Whether one that is started over and over is active is a matter of the moment.
trouble() {
  if [ "$anew" -eq 0 ] || [ "$state" = failed ]; then
    echo "$1 is $state ($(of "$1" SubState), result $(of "$1" Result)) after $deed."
  else
    echo "$1 does not stay active after $deed: systemd started it anew $(of "$1" NRestarts) times."
  fi
}

for unit; do
  [ "$(of "$unit" LoadState)" != not-found ] || fail "systemd knows no unit $unit."
  before=$(of "$unit" InvocationID)
  allow_start "$unit"
  act "$deed" "$unit" || { status=$?; show "$unit"; fail "systemctl $deed $unit ended with status $status."; }
  begun=$(date +%s) since=$(date +%s) last= anew=0
  while :; do
    seen "$unit"
    now=$(date +%s)
    [ "$state" = active ] && [ "$life" = "$last" ] || since=$now
    [ -z "$last" ] || [ "$life" = "$last" ] || anew=$((anew + 1))
    last=$life
    # Between two whole seconds there may be hardly any time: one more.
    [ "$state" = active ] && [ $((now - since)) -gt "$stable" ] && break
    [ "$state" = failed ] || [ "$state" = inactive ] || [ $((now - begun)) -gt $((seconds + stable)) ] &&
      { show "$unit"; fail "$(trouble "$unit")"; }
    sleep 0.5 2>/dev/null || sleep 1
  done
  [ "$deed" != restart ] || [ -z "$before" ] || [ "$(of "$unit" InvocationID)" != "$before" ] ||
    fail "$unit was not started anew."
done
echo "ok: active: $*"
`;
