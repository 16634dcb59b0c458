import { expect, test } from 'vitest';
import { starterFiles } from './files.ts';
import { writtenLines } from './newPlugin.ts';
import { pluginStarter } from './request.ts';

const filesOf = (kind: string) => starterFiles(pluginStarter('pigeon', [kind]), '0.1.0', () => '');

test('a new package needs nothing that the registry does not have', () => {
  const { devDependencies, peerDependenciesMeta } = JSON.parse(filesOf('hook')['package.json']!);
  expect(Object.keys(devDependencies)).toEqual(['@types/node']);
  expect(peerDependenciesMeta).toEqual({ cutover: { optional: true } });
});

test.for([
  ['hook', 'cutover deploy here'],
  ['notifier', 'NOTIFY_URL=URL cutover deploy here'],
] as const)('what the example of a %s needs is said where its command is', ([kind, command]) => {
  const files = filesOf(kind);
  const directory = `${process.cwd()}/pigeon`;
  expect(writtenLines({ name: 'pigeon', directory, files: Object.keys(files) })[1]).toContain(
    `"${command}" in`,
  );
  expect(files['README.md']).toContain(`cd example && ${command}\n`);
});
