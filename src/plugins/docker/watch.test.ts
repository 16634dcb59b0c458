import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { engineFor } from './engine.ts';
import { Options } from './options.ts';
import { startWatch } from './watch.ts';

async function watchBy(script: string, signal = new AbortController().signal) {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-docker-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'docker');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o700);
  const options = Options.parse({ container: 'shop', program });
  return { folder, watching: startWatch(engineFor(options, program), options, signal) };
}

test('a signal that fires while the client is being started ends the wait', async () => {
  const stop = new AbortController();
  // Behind the first look at it, and before anybody listens.
  stop.signal.throwIfAborted = () => stop.abort(new Error('enough'));
  const { watching } = await watchBy('exec sleep 600', stop.signal);
  await expect(watching).rejects.toThrow('enough');
});

test('what the engine says is heard to its end, also when its client has ended before', async () => {
  const said = '(sleep 0.1; echo "Error response from daemon: No such container: shop" >&2) & exit 1';
  const { watching } = await watchBy(said);
  await expect(watching).rejects.toMatchObject({
    message: 'Could not run anything in the container shop: No such container: shop.',
  });
});

test('who holds the streams of a client that has ended is not waited for', async () => {
  const { folder, watching } = await watchBy('echo "Error: no" >&2; sleep 600 & echo $! >"$0.pid"; exit 1');
  await expect(watching).rejects.toThrow('shop: no.');
  // It is still there: so it has not been waited for.
  process.kill(Number(await readFile(join(folder, 'docker.pid'), 'utf8')));
});
