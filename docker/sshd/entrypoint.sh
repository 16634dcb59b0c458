#!/bin/sh
# Makes the host keys, lets AUTHORIZED_KEYS in as deploy, and becomes sshd. Arguments go to sshd.
set -eu

# Smaller than the default, because each test waits for it.
rsa=/etc/ssh/ssh_host_rsa_key
[ -e "$rsa" ] || ssh-keygen -q -t rsa -b 2048 -N '' -f "$rsa"
ssh-keygen -A
if [ -n "${AUTHORIZED_KEYS:-}" ]; then
  printf '%s\n' "$AUTHORIZED_KEYS" >/home/deploy/.ssh/authorized_keys
fi
unset AUTHORIZED_KEYS

exec /usr/sbin/sshd -D -e "$@"
