import { PROVEN } from './proven.ts';
import { sh } from './sh.ts';

/**
 * `make_files INCOMING CLAIM`: makes files of `INCOMING/tree` out of what the server holds, as the lists `blocks.list` and `reuse`
 * say. Each is a file of its own, never a link: two paths do not share an inode. Somebody may have written to the source in place, so
 * what came of it is proven by its hash, but for what follows from a source that is proven already. What is wrong, or could not be made, is named by a field `resend` and in
 * `INCOMING/wrong`. Only what is right gets its time, by which a later try knows it for whole.
 */
export const MAKING = sh`${PROVEN}
# Some at a time, so that the disk has to hold no more than these twice.
join_blocks() {
  prefix=$1 joined=$2 block=0
  : >"$joined"
  set --
  while [ -f "$prefix.$block" ]; do
    set -- "$@" "$prefix.$block"
    block=$((block + 1))
    if [ "$#" -lt 16 ] && [ -f "$prefix.$block" ]; then continue; fi
    cat -- "$@" >>"$joined"
    rm -f -- "$@"
    set --
  done
}
make_files() {
  home=$PWD/$1
  claim=$2
  : >"$home/wrong"
  [ -f "$home/sums" ] || return 0
  tab=$(printf '\t')
  while IFS="$tab" read -r in path size bytes blocks count was hash; do
    to=$home/tree/$path
    rm -f -- "$home/whole"
    case $in in
      cache) from=$PWD/deploy-cache/$path ;;
      nothing)
        join_blocks "$home/blocks/$blocks" "$home/whole"
        chmod 600 "$home/whole"
        mkdir -p -- "$\{to%/*}"
        mv -f -- "$home/whole" "$to"
        continue
        ;;
      *) from=$to ;;
    esac
    if cp -- "$from" "$home/whole" 2>/dev/null && chmod 600 "$home/whole" &&
      dd if=/dev/null of="$home/whole" bs=1 seek="$size" count=0; then
      for each in "$home/blocks/$blocks".*; do
        [ -f "$each" ] || continue
        dd if="$each" of="$home/whole" bs="$bytes" seek="$\{each##*.}" conv=notrunc
        count=$((count - 1))
        rm -f -- "$each"
      done
      mkdir -p -- "$\{to%/*}"
      mv -f -- "$home/whole" "$to"
      if [ "$count" -eq 0 ] && proven "$claim" "$path" "$was"; then printf '%s  %s\n' "$hash" "$path" >>"$home/follows"; fi
    fi
  done <"$home/blocks.list"
  if [ -s "$home/follows" ]; then
    odd=0
    grep -v -x -F -f "$home/follows" "$home/sums" >"$home/others" || odd=$?
    if [ "$odd" -le 1 ]; then mv -f -- "$home/others" "$home/sums"; fi
  fi
  while IFS="$tab" read -r in from to list; do
    case $in in
      cache) from=$PWD/deploy-cache/$from ;;
      *) from=$home/tree/$from ;;
    esac
    to=$home/tree/$to
    if [ "$list" = - ]; then
      mkdir -p -- "$\{to%/*}"
      rm -f -- "$to"
      cp -- "$from" "$to" </dev/null 2>/dev/null || :
    else
      mkdir -p -- "$to"
      (cd -- "$to" && xargs -0 rm -f --) <"$home/$list"
      (cd -- "$from" && xargs -0 sh -c 'exec cp --parents -- "$@" "$0"' "$to") <"$home/$list" 2>/dev/null || :
    fi
  done <"$home/reuse"
  cd -- "$home/tree"
  find . -type d ! -perm 755 -exec chmod 755 {} +
  for mode in 644 755; do
    if [ -s "../made-$mode" ]; then xargs -0 chmod "$mode" <"../made-$mode" 2>/dev/null || :; fi
  done
  : >../found
  [ ! -s ../sums ] || cut -c 67- ../sums | tr '\n' '\000' | xargs -0 sha256sum >../found 2>/dev/null || :
  if [ "$(sha256sum <../found)" != "$(sha256sum <../sums)" ]; then
    cat ../sums ../found ../found | sort | uniq -u | cut -c 67- >../wrong
    [ -s ../wrong ] || fail E_REMOTE "nobody can tell which copies went wrong"
  fi
  while IFS= read -r each; do
    rm -f -- "$each"
    field resend "$\{each#./}"
  done <../wrong
  for mode in 644 755; do
    if [ -s "../made-$mode" ]; then xargs -0 touch -c -r ../complete <"../made-$mode"; fi
  done
  cd -- "$\{home%"/$1"}"
}
`;
