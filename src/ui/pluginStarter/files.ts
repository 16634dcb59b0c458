import { KIND_IN_WORDS, type Kind } from '../../core/registry/offers.ts';
import { exampleConfig, exampleFiles } from './example.ts';
import { readme } from './readme.ts';
import type { PluginStarter } from './request.ts';

/**
 * All files of a package that works at once, by path. `template` gives one of the templates, each of which is a file of the
 * package under its own name; `version` is that of this program.
 */
export function starterFiles(
  starter: PluginStarter,
  version: string,
  template: (file: string) => string,
): Readonly<Record<string, string>> {
  const words = starter.kinds.map((kind) => KIND_IN_WORDS[kind]);
  const own = ['options', ...words.flatMap((word) => [word, `${word}.test`])];
  return {
    'package.json': `${JSON.stringify(packageJson(starter, version), null, 2)}\n`,
    'README.md': readme(starter),
    'index.js': index(starter),
    ...Object.fromEntries(own.map((name) => [`${name}.js`, template(`${name}.js`)])),
    'example/cutover.yaml': exampleConfig(starter),
    ...exampleFiles(starter),
  };
}

function packageJson({ packageName, kinds }: PluginStarter, version: string): object {
  const words = kinds.map((kind) => KIND_IN_WORDS[kind]);
  return {
    name: packageName,
    version: '0.1.0',
    description: `A ${words.join(', ').replace(/, ([^,]+)$/, ' and $1')} for cutover.`,
    keywords: ['cutover', 'cutover-plugin', ...words],
    type: 'module',
    exports: './index.js',
    // By name: installing looks whether each is there.
    files: ['index', 'options', ...words].map((name) => `${name}.js`),
    scripts: { test: 'node --test' },
    engines: { node: '>=22.18' },
    // The running program gives what is imported of it; a copy is there for tests and editors.
    peerDependencies: { cutover: `>=${version}` },
    peerDependenciesMeta: { cutover: { optional: true } },
    // Without cutover, as long as the registry does not have it: no install would succeed.
    devDependencies: { '@types/node': '^22.18.0' },
    oclif: { hooks: { 'cutover:register': './index.js' } },
  };
}

function index({ name, packageName, kinds }: PluginStarter): string {
  const key = /^[a-z]\w*$/i.test(name) ? name : `'${name}'`;
  const line = (kind: Kind) => {
    const word = KIND_IN_WORDS[kind];
    return `  ${kind}: { ${key}: async () => (await import('./${word}.js')).${word} },`;
  };
  return `// @ts-check
/** @import { Plugin } from 'cutover/plugin' */

/**
 * What this package brings. Each part is imported only when a configuration names it.
 * @type {Plugin}
 */
export const plugin = {
  api: 1,
  name: '${packageName}',
${kinds.map(line).join('\n')}
};

/** cutover calls it by the hook in package.json. @param {{ register: (plugin: Plugin) => void }} program */
export default function register(program) {
  program.register(plugin);
}
`;
}
