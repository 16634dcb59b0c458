import { sh } from './sh.ts';

/** `disarm`: a switch that is armed, or whose message is still under way, finds nothing any more to rename. */
export const DISARM = sh`
disarm() {
  for each in .cutover/tmp/armed*; do
    if [ -L "$each" ]; then rm -f -- "$each"; fi
  done
}`;
