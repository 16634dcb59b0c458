#!/bin/sh
# What every login runs: its own command, watched or broken as /run/fault says.
if [ -e /run/fault/trace ]; then
  exec strace -f -qq -A -o /run/fault/calls -e "trace=$(cat /run/fault/trace)" /bin/bash -c "${SSH_ORIGINAL_COMMAND:-exit}"
fi
if [ -e /run/fault/plan ]; then
  LD_PRELOAD=/usr/local/lib/fault.so
  export LD_PRELOAD
fi
exec /bin/bash -c "${SSH_ORIGINAL_COMMAND:-exit}"
