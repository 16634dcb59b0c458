import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { STEPS } from '../contract/index.ts';
import { isObject, membersOf } from './document.ts';
import type { ExtensionLookup } from './extensions.ts';
import { configJsonSchema } from './jsonSchema.ts';
import { loadConfig } from './loadConfig.ts';
import { folderWith } from './testing/folder.ts';

const page = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

test('every key has a row in the reference, and every hook point is said', () => {
  const rows = new Set([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key));
  const [points, keys] = [keysIn(configJsonSchema()).filter(isPoint), keysIn(configJsonSchema())];
  expect(keys.filter((key) => !isPoint(key) && !rows.has(key))).toEqual([]);
  expect(points).toHaveLength(STEPS.length * 2);
  expect(['onRollback', 'onFailure', 'always'].filter((point) => !rows.has(point))).toEqual([]);
  expect(STEPS.filter((step) => !page.includes(`\`${step}\``))).toEqual([]);
});

function isPoint(key: string): boolean {
  return /^(?:before|after):/.test(key);
}

function keysIn(schema: unknown): readonly string[] {
  const own = isObject(schema) ? membersOf(schema.properties).map(([key]) => key) : [];
  const children = typeof schema === 'object' && schema !== null ? Object.values(schema) : [];
  return [...own, ...children.flatMap(keysIn)];
}

test('the two examples load, and say the same', async () => {
  const [yaml] = exampleIn('yaml');
  const [typescript] = exampleIn('ts');
  const directory = await folderWith({
    'cutover.yaml': String(yaml),
    'node_modules/cutover/package.json': '{ "name": "cutover", "type": "module", "exports": "./index.js" }',
    'node_modules/cutover/index.js': 'export const defineConfig = (config) => config;',
    'cutover.config.mts': String(typescript),
  });
  const { file: _, ...fromYaml } = await loadConfig(`${directory}/cutover.yaml`, { extensions: anything });
  const { file: __, ...fromModule } = await loadConfig(`${directory}/cutover.config.mts`, {
    extensions: anything,
  });
  expect(fromModule).toEqual(fromYaml);
});

function exampleIn(language: string): readonly (string | undefined)[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text);
}

const empty = async () => ({
  parse: (raw: unknown) => raw,
  create: () => {
    throw new Error('Nothing is created.');
  },
});
const anything: ExtensionLookup = { transport: empty, hook: empty, notifier: empty, source: empty };
