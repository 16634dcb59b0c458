import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeKey } from '../testing/server.ts';
import { knownHostsName, parseKnownHosts, speaksOf } from './knownHosts.ts';
import { loadKnownHosts } from './load.ts';

const key = () => makeKey('ed25519').public.split(' ').slice(0, 2).join(' ');

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cutover-known-'));
  file = join(directory, 'known_hosts');
  await writeFile(file, `hashed.example ${key()}\n[hashed.example]:2222 ${key()}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  await writeFile(
    file,
    `${[
      '# a comment',
      '',
      `plain.example,192.0.2.1 ${key()} ann@laptop`,
      `[port.example]:2222 ${key()}`,
      `*.wild.example,!not.wild.example,h?st.example ${key()}`,
      `@revoked revoked.example ${key()}`,
      `@cert-authority *.authority.example ${key()}`,
      `UPPER.example ${key()}`,
      `[2001:db8::1]:2222,2001:db8::2 ${key()}`,
    ].join('\n')}\n`,
    { flag: 'a' },
  );
});
afterAll(() => rm(directory, { recursive: true }));

test.each([
  'plain.example',
  '192.0.2.1',
  'hashed.example',
  '[hashed.example]:2222',
  '[hashed.example]:2223',
  '[port.example]:2222',
  'port.example',
  'a.wild.example',
  'a.b.wild.example',
  'not.wild.example',
  'wild.example',
  'host.example',
  'hoost.example',
  'revoked.example',
  'x.authority.example',
  'upper.example',
  'Plain.Example',
  '[2001:db8::1]:2222',
  '2001:db8::2',
  'absent.example',
])('%s is found where ssh-keygen -F finds it', async (name) => {
  const found = (await loadKnownHosts([file])).filter((entry) => speaksOf(entry, name)).map(({ at }) => at);
  expect(found).toEqual(foundByKeygen(name).map((line) => `${file}:${line}`));
});

test('markers are kept, and an unknown one makes the line void', () => {
  const text = ['@revoked a', '@cert-authority a', 'a', '@future a']
    .map((words) => `${words} ${key()}`)
    .join('\r\n');
  expect(parseKnownHosts(text, 'f').map(({ marker }) => marker)).toEqual(['revoked', 'cert-authority', null]);
});

test('lines that are torn are passed over', () => {
  const torn = [
    'a',
    'a ssh-ed25519',
    'a ssh-ed25519 AAAA',
    `a ssh-rsa ${key().split(' ')[1]}`,
    'a ssh-ed25519 ?',
  ];
  expect(parseKnownHosts(torn.join('\n'), 'f')).toEqual([]);
});

test('a pattern with many stars is decided at once', () => {
  const [entry] = parseKnownHosts(`${'*a'.repeat(40)} ${key()}`, 'f');
  expect(entry && speaksOf(entry, `${'a'.repeat(200)}b`)).toBe(false);
});

test('a file that is not there is empty; one that cannot be read is an error', async () => {
  expect(await loadKnownHosts([join(directory, 'absent'), join(file, 'below-a-file')])).toEqual([]);
  await expect(loadKnownHosts([directory])).rejects.toMatchObject({ code: 'E_HOST_KEY' });
});

test('the name has the port only where it is not 22', () => {
  expect(knownHostsName('Web1.example', 22)).toBe('web1.example');
  expect(knownHostsName('::1', 2222)).toBe('[::1]:2222');
});

/** The numbers of the lines that `ssh-keygen -F` prints; it says nothing, and fails, where there are none. */
function foundByKeygen(name: string): readonly number[] {
  try {
    const out = execFileSync('ssh-keygen', ['-F', name, '-f', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return [...out.matchAll(/found: line (\d+)/g)].map((match) => Number(match[1]));
  } catch {
    return [];
  }
}
