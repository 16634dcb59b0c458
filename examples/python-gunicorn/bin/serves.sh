#!/bin/sh
# Waits until twenty answers in a row come from the release that is deployed: no old worker takes requests any more.
seconds=30
count=0
while [ "$count" -lt 20 ]; do
  if curl --silent --include --max-time 2 "$1" | tr -d '\r' | grep -qix "x-release: $CUTOVER_RELEASE"; then
    count=$((count + 1))
  else
    [ "$seconds" -gt 0 ] || { echo "$1 does not answer from $CUTOVER_RELEASE."; exit 1; }
    count=0 seconds=$((seconds - 1))
    sleep 1
  fi
done
