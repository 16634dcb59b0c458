import { sh } from './sh.ts';

/**
 * `manifest_lines`: the lines of the manifest of the deploy-cache, in any order: its segments laid over each other. Of
 * the lines of one path, which are in column 6, the last one counts.
 */
export const MANIFEST_LINES = sh`
manifest_lines() (
  tab=$(printf '\t')
  cd .cutover/manifests || return 0
  set --
  while IFS=' ' read -r word each; do
    if [ "$word" = segment ]; then set -- "$@" "$each"; fi
  done <../cache
  if [ "$#" -eq 1 ]; then
    cat -- "$1"
  else
    awk -F "$tab" 'NF >= 6 { line[$6] = $0 } END { for (each in line) print line[each] }' "$@"
  fi
)`;
