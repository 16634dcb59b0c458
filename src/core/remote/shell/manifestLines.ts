import { sh } from './sh.ts';

/**
 * `segments`: the names of the segments of the manifest, newest first, on one line.
 * `manifest_lines`: the lines of the manifest of the deploy-cache, in any order: its segments laid over each other. Of
 * the lines of one path, which are in column 6, the last one counts.
 */
export const MANIFEST_LINES = sh`
segments() (
  newest=
  while IFS=' ' read -r word each; do
    if [ "$word" = segment ]; then newest="$each $newest"; fi
  done <.cutover/cache
  printf '%s' "$newest"
)
manifest_lines() (
  tab=$(printf '\t')
  oldest=
  for each in $(segments); do oldest="$each $oldest"; done
  cd .cutover/manifests || return 0
  set -- $oldest
  if [ "$#" -eq 1 ]; then
    cat -- "$1"
  else
    awk -F "$tab" 'NF >= 6 { line[$6] = $0 } END { for (each in line) print line[each] }' "$@"
  fi
)`;
