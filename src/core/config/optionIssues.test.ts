import { expect, test } from 'vitest';
import { production, wrong } from './testing/load.ts';

const server = (options: string) =>
  production(`servers: { web1: { transport: wire, ${options}, path: /srv } }`);

test.each([
  ['usr: a', 'usr: unknown key; did you mean "user"?'],
  ['identity_file: a', 'identity_file: unknown key; did you mean "identityFile"?'],
  ['identityfile: a', 'identityfile: unknown key; did you mean "identityFile"?'],
  ['Port: 22', 'Port: unknown key; did you mean "port"?'],
  ['colour: red', 'colour: unknown key'],
  ['retry: { tims: 1 }', 'retry.tims: unknown key; did you mean "times"?'],
])('a transport is asked what %s may have meant', async (option, expected) => {
  const lines = await wrong(server(`host: a, ${option}`));
  expect(lines).toEqual([expect.stringMatching(/^cutover\.yaml:5:/)]);
  expect(lines[0]?.endsWith(`web1.${expected}`)).toBe(true);
});

test.each([
  ['host: a, port: 0', 'web1.port: expected a number to be >=1; found 0'],
  ['host: true', 'web1.host: expected a text; found the boolean true'],
  ['host: a, retry: 3', 'web1.retry: expected an object; found 3'],
  ['host: a, hostKey: 5', 'web1.hostKey: expected a text or a list; found 5'],
])('options of a transport: %s', async (options, expected) => {
  const lines = await wrong(server(options));
  expect(lines).toEqual([expect.stringContaining(expected)]);
});

test('options of hooks and notifiers have their place too', async () => {
  const lines = await wrong(
    production('hooks: { "after:activate": [{ ping: { within: 5 m } }] }', 'notify: [{ post: }]'),
  );
  expect(lines).toEqual([
    'cutover.yaml:5:35  environments.production.hooks["after:activate"][0].ping.url: missing; expected a text',
    'cutover.yaml:5:51  environments.production.hooks["after:activate"][0].ping.within: expected a duration; found "5 m"',
    expect.stringMatching(
      /^cutover\.yaml:6:16 {2}.*notify\[0\]\.post\.url: missing; expected a secret by reference/,
    ),
  ]);
});

const CANARY = 'Tr0ub4dor-canary';

test.each([
  [`password: ${CANARY}`],
  [`password: "${CANARY}"`],
  [`password: [${CANARY}]`],
  [`password: { env: [${CANARY}] }`],
  [`password: { value: ${CANARY} }`],
  [`pasword: ${CANARY}`],
  [`password: *${CANARY}`],
  [`password: !${CANARY} x`],
  [`password: @${CANARY}`],
  [`password: "${CANARY}`],
  [`password: "\\q${CANARY}"`],
  [`password: a: ${CANARY}`],
  [`port: "https://me:${CANARY}@host/"`],
])('a secret that stands in the file is not repeated: %s', async (option) => {
  const text = await wrong(
    production(`servers:`, `  web1: { transport: wire, host: a, ${option}, path: /srv }`),
  );
  expect(text.length).toBeGreaterThan(0);
  expect(text.join('\n')).not.toContain(CANARY);
});

test('a plain secret is answered with how to refer to one', async () => {
  const lines = await wrong(server('host: a, password: hunter2'));
  expect(lines).toEqual([
    'cutover.yaml:5:60  environments.production.servers.web1.password: expected a secret by reference, { env: NAME }, { file: PATH } or { command: "…" }; found a plain text',
  ]);
});

test('a URL that is no secret keeps its own message', async () => {
  const lines = await wrong(production('hooks: { "after:activate": [{ ping: { url: nowhere } }] }'));
  expect(lines).toEqual([expect.stringMatching(/ping\.url: Invalid URL; found a plain text$/)]);
});
