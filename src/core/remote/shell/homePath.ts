import { sh } from './sh.ts';

/** `home_path PATH` sets `base`: a path as configured, its leading `~/` resolved. */
export const HOME_PATH = sh`
home_path() {
  case $1 in
    "~/"*) base=$HOME/$\{1#"~/"} ;;
    *) base=$1 ;;
  esac
}`;
