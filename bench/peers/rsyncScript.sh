#!/usr/bin/env bash
# Deploys a work tree by rsync and hard links, over one connection.
#     rsyncScript.sh WORK_TREE SSH_CONFIG HOST DEPLOY_PATH
set -euo pipefail
work_tree=$1 ssh_config=$2 host=$3 deploy_path=$4

control=$(mktemp -d)
ssh=(ssh -F "$ssh_config" -o ControlMaster=auto -o ControlPath="$control/master" -o ControlPersist=60)
trap '"${ssh[@]}" -q -O exit "$host" 2>/dev/null || true; rm -rf "$control"' EXIT

rsync -a --delete --exclude=/.git -e "${ssh[*]}" "$work_tree/" "$host:$deploy_path/cache/"

"${ssh[@]}" "$host" sh -s "$deploy_path" <<'END'
set -eu
cd "$1"
release=$(date -u +%Y%m%d%H%M%S%N)
mkdir -p releases
cp -al cache "releases/$release"
ln -s "releases/$release" current.new
mv -T current.new current
ls -1d releases/* | head -n -3 | xargs -r rm -rf
END
