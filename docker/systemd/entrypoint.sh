#!/bin/sh
# Makes the host keys, lets AUTHORIZED_KEYS in as deploy, and becomes systemd. Arguments go to sshd.
set -eu

# Where control groups are of version 2 the container sees only its own, but read-only.
[ ! -e /sys/fs/cgroup/cgroup.controllers ] || mount -o remount,rw /sys/fs/cgroup

ssh-keygen -A
printf '%s\n' "${AUTHORIZED_KEYS:-}" >/home/deploy/.ssh/authorized_keys
unset AUTHORIZED_KEYS
echo "SSHD_OPTS='$*'" >/etc/default/ssh

exec /sbin/init
