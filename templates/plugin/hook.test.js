// @ts-check
/** @import { HookCommand } from 'cutover/plugin' */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHookContext, fakePlanningContext, fakeScope } from 'cutover/testing';
import { hook } from './hook.js';

const made = () => hook.create(hook.parse({ file: 'notes.txt' }), fakeScope());

test('notes the release on the server', async () => {
  /** @type {HookCommand[]} */
  const commands = [];
  const command = async (/** @type {HookCommand} */ each) => {
    commands.push(each);
    return '';
  };
  await made().run(fakeHookContext({ command, release: '20261121193811' }));
  assert.deepEqual(
    commands.map(({ argv }) => argv.slice(-2)),
    [['20261121193811', 'notes.txt']],
  );
});

test('a server that runs no commands is named', async () => {
  const { command: _, ...context } = fakeHookContext();
  await assert.rejects(made().run(context), { code: 'E_CAPABILITY', message: 'web1 runs no commands.' });
});

test('a file called STOP stands against it', async () => {
  /** @param {string | null} content */
  const refuse = (content) => {
    const readFile = async () => (content === null ? null : Buffer.from(content));
    return made().refuse?.(fakePlanningContext({ readFile }));
  };
  assert.deepEqual(await refuse('stocktaking\n'), ['the file STOP says: stocktaking']);
  assert.deepEqual(await refuse(null), []);
});
