import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor } from './redactor.ts';

const redactorOf = (...secrets: readonly string[]) => {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor;
};

test('every occurrence goes, the rest stays', () => {
  const { redact } = redactorOf('hunter2');
  expect(redact('hunter2: login with hunter2 failed (hunter22)')).toBe('***: login with *** failed (***2)');
  expect(redact('nothing here')).toBe('nothing here');
});

const secret = `p@ss "w'ö\\rd/+?&`;

test.each<[string, (text: string) => string]>([
  ['JSON', (text) => JSON.stringify({ text })],
  ['JSON in JSON', (text) => JSON.stringify(JSON.stringify(text))],
  ['an URL', (text) => `https://host/?x=${encodeURIComponent(text)}&y=1`],
  ['an URL in lower case', (text) => encodeURIComponent(text).replaceAll(/%../g, (c) => c.toLowerCase())],
  ['a form', (text) => new URLSearchParams({ text }).toString()],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64url', (text) => Buffer.from(text).toString('base64url')],
  ['a shell', (text) => `'${text.replaceAll("'", `'\\''`)}'`],
])('a secret is found in %s', (_, encode) => {
  const { redact } = redactorOf(secret);
  const text = redact(encode(secret));
  expect(text).toContain('***');
  for (const part of ['p@ss', 'p%40ss', 'p%40', 'cEBzcy', 'ö', '%C3%B6', '%c3%b6']) {
    expect(text).not.toContain(part);
  }
});

test('a secret is found inside longer base64, wherever it begins', () => {
  const { redact } = redactorOf('correct horse battery');
  for (const user of ['a:', 'ab:', 'abc:', 'abcd:']) {
    const header = Buffer.from(`${user}correct horse battery`).toString('base64');
    const left = Buffer.from(redact(header).replace('***', ''), 'base64').toString();
    expect(redact(header)).toContain('***');
    expect(left).not.toMatch(/orrect|horse|batter/);
  }
});

test('a short secret is found in base64 too', () => {
  const { redact } = redactorOf('a>>?');
  expect([redact('YT4+Pw=='), redact('YT4+Pw'), redact('YT4-Pw')]).toEqual(['***', '***', '***']);
});

test('overlapping secrets go whole', () => {
  expect(redactorOf('abcdef', 'defghi').redact('xabcdefghix')).toBe('x***x');
  expect(redactorOf('secret', 'secret-and-more').redact('secret-and-more')).toBe('***');
});

test('each long line of a key goes, also when lines are printed apart', () => {
  const key = '-----BEGIN KEY-----\nAAAAB3NzaC1yc2E\nAB==\n-----END KEY-----';
  const text = key.split('\n').map((line) => `[web1] ${line}`);
  expect(redactorOf(key).redact(text.join('\n'))).toBe('[web1] ***\n[web1] ***\n[web1] AB==\n[web1] ***');
});

test('of an URL also its path goes when it is long, and its password', () => {
  const { redact } = redactorOf('https://me:letmein99@hooks.example.com/services/T024/B024/abcdef');
  expect(redact('POST /services/T024/B024/abcdef: 404')).toBe('POST ***: 404');
  expect(redact('letmein99')).toBe('***');
  expect(redactorOf('https://ci.example.com/releases').redact('/srv/releases/2026')).toBe(
    '/srv/releases/2026',
  );
});

test('values under 4 characters are no secrets', () => {
  expect(redactorOf('', 'abc').redact('abc abcd')).toBe('abc abcd');
});

test('no secret of any kind survives, in any surrounding', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!'***'.includes(value));
      const { redact } = redactorOf(value);
      expect(redact(`${before}${value}${after}`)).not.toContain(`${before}${value}${after}`);
      expect(redact(value)).toBe('***');
    }),
  );
});
