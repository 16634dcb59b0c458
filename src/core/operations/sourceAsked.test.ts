import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Fetched, SourceRequest } from '../contract/index.ts';
import type { Event } from '../journal/events.ts';
import { deploy, planFor } from './deploy.ts';
import { resume } from './resume.ts';
import { DEPLOY, elsewhere, RESUME } from './testing/lives.ts';
import { command, createWorld, type World } from './testing/world.ts';

/** Died when its commands had run; who resumes meets a source that does as `again` says. */
async function diedInPostUpload(again: () => Promise<Fetched>) {
  let isResumed = false;
  const world = await createWorld({
    servers: ['web1'],
    environment: { commands: { postUpload: [command('true')], postLaunch: [] } },
    async fetch({ directory }: SourceRequest) {
      if (isResumed) return again();
      await writeFile(join(directory, 'index.html'), 'one');
      return { revision: '1.0' };
    },
  });
  let isOver = false;
  const emit: World['runtime']['emit'] = (event) => {
    isOver ||= event.type === 'step.done' && event.step === 'postUpload';
    if (isOver) throw new Error('cut short');
  };
  await expect(deploy({ ...world.runtime, emit }, world.config, DEPLOY)).rejects.toThrow();
  isResumed = true;
  return world;
}

test.for([
  ['resume --abort', true],
  ['resume, where going back was begun,', false],
] as const)('%s takes back without asking the source', async ([, abort]) => {
  let asked = 0;
  const world = await diedInPostUpload(() => Promise.reject(new Error(`asked ${++asked}`)));
  const begun = JSON.stringify({ type: 'undo.begun', at: '2026-01-01T00:00:00Z', server: 'web1' });
  if (!abort) await appendFile(world.at('web1', '.cutover/journals/open'), `${begun}\n`);
  const result = await resume(elsewhere(world), world.config, { ...RESUME, abort });
  expect(result).toMatchObject({ outcome: 'compensated' });
  expect(asked).toBe(0);
  expect(await world.seen('web1')).toMatchObject({ current: null, releases: [], lock: 'released' });
});

test('who stops a resumed run while the source is read hears of the source, and no lock is touched', async () => {
  const asked = Promise.withResolvers<void>();
  const world = await diedInPostUpload(() => {
    asked.resolve();
    return new Promise((_, reject) =>
      world.cancel.signal.addEventListener('abort', () => reject(world.cancel.signal.reason)),
    );
  });
  const before = await world.seen('web1');
  const resuming = resume(elsewhere(world), world.config, RESUME);
  await asked.promise;
  world.cancel.abort();
  await expect(resuming).rejects.toMatchObject({
    code: 'E_INTERRUPTED',
    message: 'Interrupted while the source spy was read.',
  });
  expect(await world.seen('web1')).toEqual(before);
});

test('the story says that a source is being asked once that takes longer than a moment', async () => {
  const told = Promise.withResolvers<void>();
  const messages: string[] = [];
  const emit = (event: Event) => {
    if (event.type !== 'log') return;
    messages.push(event.message);
    told.resolve();
  };
  let isSlow = false;
  const world = await createWorld({
    servers: ['web1'],
    async fetch({ directory }) {
      if (isSlow) await told.promise;
      await writeFile(join(directory, 'index.html'), 'one');
      return { revision: '1.0' };
    },
  });
  await planFor({ ...world.runtime, emit }, world.config, DEPLOY);
  expect(messages).toEqual([]);
  isSlow = true;
  await planFor({ ...world.runtime, emit }, world.config, DEPLOY);
  expect(messages).toEqual(['Asking the source spy …']);
});
