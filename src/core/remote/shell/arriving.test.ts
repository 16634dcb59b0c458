import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { ARRIVING } from './arriving.ts';

/** A script that receives data, and naps that are short and counted. */
async function receiving() {
  const path = await scratch();
  const locks = join(path, '.cutover/locks');
  await mkdir(locks, { recursive: true });
  await mkdir(join(path, 'incoming'));
  await symlink('me', join(locks, 'g-000001'));
  const env = {
    ...process.env,
    PATH: await pathWith({ sleep: `echo x >>'${path}/naps'; exec /bin/sleep 0.02` }),
  };
  const text = `set -eu\n${ARRIVING}\ncd "$1"; beat_while_arriving g-000001 incoming; echo "$beating"
    cat >incoming/data; kill "$beating" 2>/dev/null || :`;
  const script = spawn('sh', ['-c', text, 'sh', path], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(script, 'close');
  const beating = Number(String((await once(script.stdout, 'data'))[0]));
  const naps = () => (existsSync(join(path, 'naps')) ? readFileSync(join(path, 'naps')).length / 2 : 0);
  return {
    locks,
    beat: join(locks, 'beat-g-000001'),
    send: (bytes: number) => script.stdin.write(Buffer.alloc(bytes, 1)),
    end: async () => {
      script.stdin.end();
      await ended;
    },
    kill: () => script.kill('SIGKILL'),
    someNaps: async () => {
      const until = naps() + 5;
      await vi.waitUntil(() => naps() >= until, { timeout: 10_000 });
    },
    isOver: () => vi.waitUntil(() => !isAlive(beating), { timeout: 10_000 }),
  };
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('what arrives is a sign of life, and silence is none', async () => {
  const { beat, send, someNaps, end, isOver } = await receiving();
  await someNaps();
  expect(existsSync(beat)).toBe(false);
  for (let times = 0; times < 2; times++) {
    send(100_000);
    await vi.waitUntil(() => existsSync(beat), { timeout: 10_000 });
    await someNaps();
    await rm(beat, { force: true });
    await someNaps();
    expect(existsSync(beat)).toBe(false);
  }
  await end();
  await isOver();
});

test('who has lost the lock gives none any more', async () => {
  const { locks, beat, send, someNaps, isOver, end } = await receiving();
  await someNaps();
  await symlink('somebody else', join(locks, 'g-000002'));
  send(100_000);
  await isOver();
  expect(existsSync(beat)).toBe(false);
  await end();
});

test('it ends with a script that was killed', async () => {
  const { kill, isOver } = await receiving();
  kill();
  await isOver();
});
