import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave } from '../contest/interleave.ts';
import { ratio, showSpread, spread } from '../contest/spread.ts';
import { markdown } from '../contest/table.ts';
import { bin } from '../peers/cutover.ts';
import { program } from '../program.ts';
import type { Scenario } from './scenario.ts';

const cases = [
  ['cutover deploy --help', ['deploy', '--help']],
  ['cutover status (a directory of this machine)', ['status', 'here']],
] as const;

const PLUGINS = 10;

/** What installed plugins cost at the start: none against ten that are installed. Goal: 15 ms or less more. */
export const startUpPlugins: Scenario = {
  name: 'start-up-plugins',
  async run({ options }, report) {
    const directory = await mkdtemp(join(tmpdir(), 'cutover-bench-plugins-'));
    try {
      await prepare(directory);
      const rows: (readonly string[])[] = [];
      for (const [name, args] of cases) {
        const outcomes = await interleave(
          [starting(directory, 'none', args), starting(directory, 'ten', args)],
          { count: options.rounds ?? (options.isQuick ? 5 : 30) },
        );
        const trouble = outcomes.find((each) => each.trouble !== null)?.trouble;
        const [none = [], ten = []] = outcomes.map(({ laps }) => laps.map((lap) => lap.totalMs));
        const more = spread(ten.map((ms, index) => ms - (none[index] ?? ms)));
        const shown = [spread(none), spread(ten), more].map((each) => (each ? showSpread(each, 0) : ''));
        const pairs = ratio(ten, none)?.pairs;
        rows.push(
          trouble ? [name, trouble, '', '', ''] : [name, ...shown, pairs ? showSpread(pairs, 2) : ''],
        );
      }
      report.table(
        markdown(['start-up', 'no plugins, ms', `${PLUGINS} plugins, ms`, 'more, ms', 'ratio'], rows),
      );
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

function starting(directory: string, data: string, args: readonly string[]) {
  const run = async () => {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      CUTOVER_DATA_DIR: join(directory, data),
    };
    const { ms } = await program([process.execPath, bin, ...args], { cwd: directory, env });
    return { totalMs: ms, checkoutMs: 0 };
  };
  return { name: data, missing: null, run };
}

/** A configuration, and packages as npm would have put them there. Each brings a hook, in a file of its own. */
async function prepare(directory: string): Promise<void> {
  const names = Array.from({ length: PLUGINS }, (_, index) => `cutover-plugin-${index}`);
  await mkdir(join(directory, 'site'));
  await writeFile(join(directory, 'site/index.html'), 'hello');
  await writeFile(
    join(directory, 'cutover.yaml'),
    `application: shop\nsource: { directory: site }\nenvironments:\n  here:\n    servers: { web1: { transport: local, path: ${directory}/server } }\n`,
  );
  await mkdir(join(directory, 'none'));
  for (const name of names) {
    const root = join(directory, 'ten/node_modules', name);
    await mkdir(root, { recursive: true });
    const manifest = {
      name,
      version: '1.0.0',
      type: 'module',
      oclif: { hooks: { 'cutover:register': './register.js' } },
    };
    await writeFile(join(root, 'package.json'), JSON.stringify(manifest));
    await writeFile(
      join(root, 'register.js'),
      `export default ({ register }) => register({ api: 1, name: '${name}', hooks: { '${name}': () => import('./hook.js') } });\n`,
    );
    await writeFile(
      join(root, 'hook.js'),
      `import { defineExtension } from 'cutover/plugin';\nexport const { parse, create } = defineExtension({ parse: () => ({}), create: () => ({ run: async () => {} }) });\n`,
    );
  }
  const plugins = names.map((name) => ({ name, type: 'user', tag: 'latest' }));
  await writeFile(join(directory, 'ten/package.json'), JSON.stringify({ private: true, oclif: { plugins } }));
}
