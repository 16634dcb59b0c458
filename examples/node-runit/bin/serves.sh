#!/bin/sh
# Waits until the address answers from the release that has been deployed, or that was live before where this takes it back.
for _ in $(seq 30); do
  curl --silent --include --max-time 2 "$1" | tr -d '\r' | grep -qix "x-release: $CUTOVER_RELEASE" && exit
  sleep 1
done
echo "$1 does not answer from $CUTOVER_RELEASE."
exit 1
