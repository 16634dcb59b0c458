import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RUNS } from '../remote/shell/runs.ts';
import { sh } from '../remote/shell/sh.ts';
import { untilSo } from './untilSo.ts';

/** Until no tidying is at work in these deploy paths: a shell text, and the paths are its parameters. */
export const UNTIL_TIDIED = sh`${RUNS}
tidying() {
  for each in "$1"/.cutover/standby/*; do
    read_run "$each"
    if run_lives; then return 0; fi
  done
  return 1
}
for path in "$@"; do
  ${untilSo('! tidying "$path"')}
done`;

/** The same on this machine. */
export async function tidied(...paths: readonly string[]): Promise<void> {
  await promisify(execFile)('sh', ['-c', UNTIL_TIDIED, 'sh', ...paths]);
}
