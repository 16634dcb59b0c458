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
  journal() { journalctl --user "$@"; }
else
  ask() { systemctl "$@"; }
  act() { sudo -n systemctl "$@"; }
  journal() { journalctl "$@" 2>/dev/null || sudo -n journalctl "$@"; }
fi

show() {
  if [ "$lines" -gt 0 ]; then
    echo "The end of the journal of $1:"
    journal --unit="$1" --lines="$lines" --no-pager --output=short-iso 2>&1 || echo 'It cannot be read by this user.'
  fi
}
of() { ask show --property="$2" --value "$1" 2>/dev/null; }
seen() { state=$(of "$1" ActiveState); life="$(of "$1" InvocationID) $(of "$1" NRestarts)"; }

for unit; do
  [ "$(of "$unit" LoadState)" != not-found ] || fail "systemd knows no unit $unit."
  before=$(of "$unit" InvocationID)
  act "$deed" "$unit" || { status=$?; show "$unit"; fail "systemctl $deed $unit ended with status $status."; }
  begun=$(date +%s) since=$(date +%s) last=
  while :; do
    seen "$unit"
    now=$(date +%s)
    [ "$state" = active ] && [ "$life" = "$last" ] || since=$now
    last=$life
    [ "$state" = active ] && [ $((now - since)) -ge "$stable" ] && break
    [ "$state" = failed ] || [ "$state" = inactive ] || [ $((now - begun)) -ge $((seconds + stable)) ] &&
      { show "$unit"; fail "$unit is $state ($(of "$unit" SubState), result $(of "$unit" Result)) after $deed."; }
    sleep 0.5 2>/dev/null || sleep 1
  done
  [ "$deed" != restart ] || [ -z "$before" ] || [ "$(of "$unit" InvocationID)" != "$before" ] ||
    fail "$unit was not started anew."
done
echo "ok: active: $*"
`;
