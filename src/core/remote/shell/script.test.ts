import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFields, renderScript, type Script, unframe } from './script.ts';
import { sh } from './sh.ts';

const NONCE = 'n0nce';

function run(script: Omit<Script, 'name'>, shell = 'sh', before = ''): Buffer {
  const { stdout } = spawnSync(shell, ['-s'], {
    input: before + renderScript({ name: 'try', ...script }, NONCE),
    maxBuffer: 1e9,
  });
  return stdout;
}

const body = (text: string) => {
  const framed = unframe(Buffer.from(text), NONCE);
  return framed.begun ? { ended: framed.ended, body: framed.body.toString() } : null;
};

test('what stands between the two marks is the answer, whatever was printed around it', () => {
  expect(body(`\n${NONCE} begin\nanswer${NONCE} end\n`)).toEqual({ ended: true, body: 'answer' });
  expect(body(`Welcome\nto prod\n${NONCE} begin\na\n${NONCE} end\nbye`)).toEqual({
    ended: true,
    body: 'a\n',
  });
  expect(body(`no line end\n${NONCE} begin\n${NONCE} end\n`)).toEqual({ ended: true, body: '' });
});

test('output that stops too early, or belongs to another run, is no answer', () => {
  expect(body('')).toBeNull();
  expect(body('Welcome\n')).toBeNull();
  expect(body(`${NONCE} begin\n`)).toBeNull();
  expect(body(`\nother begin\nx\nother end\n`)).toBeNull();
  expect(body(`\n${NONCE} begin\nhalf`)).toEqual({ ended: false, body: 'half' });
  expect(body(`\n${NONCE} begin\nhalf${NONCE} en`)).toMatchObject({ ended: false });
});

test('a view into a larger buffer is read at its place', () => {
  const whole = Buffer.from(`xxxx\n${NONCE} begin\na${NONCE} end\nyyyy`);
  const view = new Uint8Array(whole.buffer, whole.byteOffset + 4, whole.byteLength - 8);
  expect(unframe(view, NONCE)).toMatchObject({ begun: true, ended: true, body: Buffer.from('a') });
});

test('fields hold everything but NUL; the last of a name counts, and all are kept in order', () => {
  const fields = readFields(Buffer.from('a\0one\0b\0two\nlines \'"$(\0a\0three\0empty\0\0torn\0'));
  expect(fields.all('a')).toEqual(['one', 'three']);
  expect(fields.one('a')).toBe('three');
  expect(fields.one('b')).toBe('two\nlines \'"$(');
  expect(fields.one('empty')).toBe('');
  expect(fields.one('missing')).toBeNull();
  expect(fields.all('missing')).toEqual([]);
});

test.for(['sh', 'bash'])('ten thousand values come back from %s as they were sent', (shell) => {
  const character = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...`'"\\$\`!*?[]{}()<>|&;#~%^=-\n\t\r `) },
    { weight: 2, arbitrary: fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }) },
  );
  const value = fc
    .array(character, { maxLength: 30 })
    .map((parts) => parts.join('').replaceAll('\0', '').toWellFormed());
  const values = fc.sample(value, { numRuns: 10_000, seed: 20261121 });
  for (let start = 0; start < values.length; start += 2500) {
    const args = values.slice(start, start + 2500);
    const framed = unframe(
      run({ body: sh`for each in "$@"; do field value "$each"; done`, args }, shell),
      NONCE,
    );
    expect(framed).toMatchObject({ begun: true, ended: true });
    expect(framed.begun && readFields(framed.body).all('value')).toEqual(args);
  }
});

test.for(['sh', 'bash'])(
  'a script is read whole before it runs: nothing in it can eat the rest of it in %s',
  (shell) => {
    const whole = unframe(run({ body: 'cat\nfield got all', args: [] }, shell), NONCE);
    expect(whole).toMatchObject({ begun: true, ended: true, body: Buffer.from('got\0all\0') });
  },
);

test('the first command that fails, or a variable that is not set, ends it without the mark', () => {
  for (const bad of ['false', 'echo "$nowhere"', 'no-such-program']) {
    expect(unframe(run({ body: `${bad}\nfield a b`, args: [] }), NONCE)).toMatchObject({
      begun: true,
      ended: false,
    });
  }
});

test('files are made for others to read, and only ours to write, whatever the login says', () => {
  const framed = unframe(
    run({ body: 'field umask "$(umask)"; field locale "$LC_ALL"', args: [] }, 'sh', 'umask 077\n'),
    NONCE,
  );
  expect(framed.begun && readFields(framed.body).one('umask')).toMatch(/^0*22$/);
  expect(framed.begun && readFields(framed.body).one('locale')).toBe('C');
});

test('a NUL in a value is refused before anything is sent', () => {
  expect(() => renderScript({ name: 'try', body: '', args: ['a\0b'] }, NONCE)).toThrow(
    expect.objectContaining({ code: 'E_USAGE' }),
  );
});
