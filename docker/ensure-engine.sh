#!/usr/bin/env bash
# Makes sure that a Docker engine answers and that the images of the integration tests exist.
# Uses what is there; on Debian as root it installs what is missing; anywhere else it says what to do.
# With arguments: these images instead (`bench`). Standard error tells what is done. Standard output has one line an
# image: its name and its tag.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly images=${*:-openssh busybox sftp-only nginx faulty runtimes systemd}
readonly base=debian:bookworm-slim
readonly data_root=/var/lib/cutover-docker
readonly engine_log=/var/log/cutover-docker.log
readonly engine_pid=/var/run/docker.pid
own_engine=

main() {
  take_turns
  ensure_clients
  ensure_engine
  local listing
  listing=$(for name in $images; do echo "$name $(tag_of "$name")"; done)
  if ! docker image inspect $(cut -d ' ' -f 2 <<<"$listing") >/dev/null 2>&1; then
    ensure_base
    while read -r name tag; do ensure_image "$name" "$tag"; done <<<"$listing"
  fi
  echo "$listing"
}

# Two runs at once: the second waits until the first one is done.
take_turns() {
  command -v flock >/dev/null || return 0
  exec 9>"${TMPDIR:-/tmp}/cutover-docker-$(id -u).lock"
  flock --nonblock 9 && return
  say 'Another run is preparing the Docker engine: waiting for it.'
  flock --wait 1200 9 || fail "The other run still holds ${TMPDIR:-/tmp}/cutover-docker-$(id -u).lock after 20 minutes."
}

# What the tests call themselves, next to Docker.
ensure_clients() {
  local missing=()
  command -v ssh >/dev/null && command -v ssh-keygen >/dev/null || missing+=(openssh-client)
  command -v git >/dev/null || missing+=(git)
  [ ${#missing[@]} -eq 0 ] && return
  is_debian_root || fail "The integration tests need ${missing[*]}, which this machine lacks. Install it and run this again."
  install "${missing[@]}"
}

ensure_engine() {
  engine_answers && return
  explain_unusable_engine
  if ! command -v dockerd >/dev/null; then
    install docker.io
    command -v docker >/dev/null || install docker-cli
    engine_answers && return
  fi
  if [ -d /run/systemd/system ]; then
    say 'Starting the Docker service.'
    systemctl start docker || fail 'The Docker service does not start. `journalctl -u docker` says why.'
  else
    start_own_engine
  fi
  wait_for_engine
}

# Ends the script wherever it may not, or cannot, bring up an engine itself.
explain_unusable_engine() {
  if [ -n "${DOCKER_HOST:-}" ]; then
    fail "No Docker engine answers at DOCKER_HOST=$DOCKER_HOST. Start that engine, or unset DOCKER_HOST."
  fi
  case "$(docker version 2>&1 || true)" in
    *'permission denied'*)
      fail "A Docker engine is there, but $(id -un) may not use it. Add the user to its group and log in again:" \
        "  sudo usermod -aG docker $(id -un)"
      ;;
  esac
  is_debian_root && return
  fail 'The integration tests need a Docker engine, and none answers.' \
    'Install Docker and start it (https://docs.docker.com/engine/install/), then check that `docker version` shows a server.' \
    'On Debian, run as root, this script installs and starts one itself. `npm run test:unit` needs no engine.'
}

# Without iptables and NAT: published ports work through Docker's proxy, and few privileges are needed.
start_own_engine() {
  if is_running "$engine_pid" dockerd; then return; fi
  say "Starting dockerd (data in $data_root, log in $engine_log)."
  mkdir -p "$data_root"
  forget_if_dead "$engine_pid" dockerd
  forget_if_dead /var/run/docker/containerd/containerd.pid containerd
  # The lock stays with this script: an engine that inherits it would hold it for ever.
  setsid dockerd --iptables=false --ip6tables=false --ip-masq=false \
    --data-root "$data_root" --pidfile "$engine_pid" </dev/null >"$engine_log" 2>&1 9>&- &
  own_engine=$!
}

# After a crash the process that a file names may be a zombie, or another program. dockerd takes both for itself.
forget_if_dead() {
  is_running "$1" "$2" || rm -f "$1"
}

is_running() {
  [ -e "$1" ] || return 1
  case "$(readlink "/proc/$(cat "$1")/exe")" in
    */"$2"*) return 0 ;;
    *) return 1 ;;
  esac
}

wait_for_engine() {
  local deadline=$((SECONDS + 60))
  until engine_answers; do
    if [ $SECONDS -ge $deadline ] || engine_gave_up; then
      [ ! -s "$engine_log" ] || tail -n 20 "$engine_log" >&2
      fail 'The Docker engine does not start. The lines above are the end of its log.' \
        'Inside a container an engine needs privileges: give the container the Docker socket of its host instead.'
    fi
    sleep 0.2
  done
}

engine_gave_up() {
  [ -n "$own_engine" ] && ! kill -0 "$own_engine" 2>/dev/null
}

ensure_base() {
  docker image inspect "$base" >/dev/null 2>&1 && return
  say "Pulling $base."
  quietly bounded 120 docker pull "$base" && return
  is_debian_root || fail "The image $base cannot be pulled (see above), and only Debian's mmdebstrap, as root, can build it here."
  command -v mmdebstrap >/dev/null || install mmdebstrap
  say "No registry gives $base: building it with mmdebstrap."
  local archive
  archive=$(mktemp --suffix .tar)
  quietly mmdebstrap --variant=minbase bookworm "$archive" && quietly docker import "$archive" "$base" ||
    { rm -f "$archive"; fail "mmdebstrap could not build $base (see above)."; }
  rm -f "$archive"
}

# The build uses the host's network, because an engine without NAT gives its containers no way out.
ensure_image() {
  local name=$1 tag=$2 proxies=() variable
  docker image inspect "$tag" >/dev/null 2>&1 && return
  say "Building $tag."
  for variable in http_proxy https_proxy no_proxy; do
    [ -z "${!variable:-}" ] || proxies+=(--build-arg "$variable")
  done
  quietly docker build --network host ${proxies[@]+"${proxies[@]}"} --tag "$tag" --file "$name/Dockerfile" . ||
    fail "The image $tag could not be built (see above)."
}

# A tag names the content of the image's folder, and of sshd/ which all images share.
tag_of() {
  echo "cutover-test/$1:$(find "$1" sshd -type f | LC_ALL=C sort | tr '\n' '\0' | xargs -0 $sha256 | $sha256 | cut -c 1-12)"
}

engine_answers() {
  docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

is_debian_root() {
  [ "$(id -u)" = 0 ] && grep -qs '^ID=debian$' /etc/os-release
}

# A package list that cannot be refreshed is apt's to report, when it then lacks the package.
install() {
  say "Installing $*."
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update -q || true
  quietly apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" ||
    fail "apt-get could not install $* (see above)."
}

# What a command writes is shown when it fails.
quietly() {
  local output
  output=$("$@" 2>&1 </dev/null) && return
  say "$output"
  return 1
}

bounded() {
  if command -v timeout >/dev/null; then timeout "$@"; else shift && "$@"; fi
}

say() {
  printf '%s\n' "$@" >&2
}

fail() {
  say "$@"
  exit 1
}

sha256=$(command -v sha256sum >/dev/null && echo sha256sum || echo 'shasum -a 256')
main
