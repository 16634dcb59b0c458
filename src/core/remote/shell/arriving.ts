import { sh } from './sh.ts';

/**
 * `beat_while_arriving GENERATION DIRECTORY` gives signs of life beside a program that receives data: at most every
 * ten seconds, and only when there is more in the directory than before. The deployer's own have to wait behind its
 * upload, on a slow line for longer than the lease, and where there is room for one channel only until its end. What
 * it started is `beating`. It ends when told, with the script, or when the lock is lost.
 */
export const ARRIVING = sh`
beat_while_arriving() {
  (
    nap=
    trap 'kill "$nap" 2>/dev/null || :; exit 0' TERM
    arrived=$(du -sk -- "$2" 2>/dev/null) || :
    while kill -0 "$$" 2>/dev/null; do
      sleep 10 &
      nap=$!
      wait "$nap" || :
      now=$(du -sk -- "$2" 2>/dev/null) || :
      [ "$now" != "$arrived" ] || continue
      arrived=$now
      for top in .cutover/locks/g-*; do :; done
      [ "$top" = ".cutover/locks/$1" ] || exit 0
      touch ".cutover/locks/beat-$1" 2>/dev/null || :
    done
  ) </dev/null >/dev/null 2>&1 &
  beating=$!
}`;
