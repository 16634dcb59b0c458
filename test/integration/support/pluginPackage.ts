import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

export interface PluginPackage {
  readonly name: string;
  readonly version?: string;
  /** What `register.js` says; it is named by the event `cutover:register`. */
  readonly register: string;
  /** More files, by path in the package. */
  readonly files?: Readonly<Record<string, string>>;
  /** More of package.json. */
  readonly manifest?: object;
}

/** Writes a package into a folder of its own below `directory`, and gives that. */
export async function writePlugin(directory: string, plugin: PluginPackage): Promise<string> {
  const root = join(directory, plugin.name.replaceAll('/', '-'));
  const manifest = {
    name: plugin.name,
    version: plugin.version ?? '1.0.0',
    type: 'module',
    oclif: { hooks: { 'cutover:register': './register.js' } },
    ...plugin.manifest,
  };
  const files = {
    'package.json': JSON.stringify(manifest),
    'register.js': plugin.register,
    ...plugin.files,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** The tarball of a package, as `npm pack` makes it. */
export async function packPlugin(root: string, into = root): Promise<string> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', into];
  const { stdout } = await execa('npm', args, { cwd: root });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(into, filename);
}

/** A module that registers one plugin with one hook that does nothing. */
export function registering(plugin: {
  readonly name: string;
  readonly hooks?: readonly string[];
  readonly notifiers?: readonly string[];
  readonly transports?: readonly string[];
}): string {
  const table = (kind: string, names: readonly string[] = []) =>
    `${kind}: { ${names.map((name) => `${JSON.stringify(name)}: async () => inert`).join(', ')} }`;
  return `const inert = { parse: () => ({}), create: () => ({ run: async () => {}, notify: async () => {} }) };
export default ({ register }) => register({ api: 1, name: ${JSON.stringify(plugin.name)},
  ${table('hooks', plugin.hooks)}, ${table('notifiers', plugin.notifiers)}, ${table('transports', plugin.transports)} });\n`;
}
