import { fileURLToPath } from 'node:url';
import { inPairs, program, showSpread } from './paired.ts';

const bin = fileURLToPath(new URL('../bin/cutover.js', import.meta.url));

/** What it costs to start: a command that does nothing beside a bare node. Goal: a ratio of 3 or less. */
export async function startUp(pairs: number): Promise<string> {
  const cases = [
    ['cutover --version', ['--version']],
    ['cutover status (no environment given: exit 2)', ['status']],
    ['cutover deploy --help', ['deploy', '--help']],
  ] as const;
  const bare = () => program([process.execPath, '-e', '0']);
  const rows: string[] = [];
  for (const [name, args] of cases) {
    const { oursMs, peerMs, ratio } = await inPairs(
      () => program([process.execPath, bin, ...args]),
      bare,
      pairs,
    );
    rows.push(`| ${name} | ${showSpread(oursMs, 0)} | ${showSpread(peerMs, 0)} | ${showSpread(ratio, 2)} |`);
  }
  return ['| start-up | ms | node -e 0, ms | ratio |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
