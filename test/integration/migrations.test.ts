import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createProject } from './support/project.ts';
import { scratch } from './support/scratch.ts';

async function shop() {
  const site = await scratch();
  onTestFinished(() => site.remove());
  const path = join(site.path, 'shop');
  const project = await createProject({
    servers: { web1: { transport: 'local', path } },
    hooks: { onRollback: [{ migrations: {} }] },
  });
  onTestFinished(() => project[Symbol.asyncDispose]());
  return {
    live: async () => (await readlink(join(path, 'current'))).slice('releases/'.length),
    run: project.run,
    async deploy(tree: Readonly<Record<string, string>>) {
      await project.repository.commit(tree);
      const { exitCode, stderr } = await project.run(['deploy', 'production']);
      expect(exitCode, stderr).toBe(0);
    },
  };
}

test('a rollback across a migration that cannot be undone is refused, by name, unless somebody says why not', async () => {
  const at = await shop();
  await at.deploy({ index: 'one' });
  const first = await at.live();
  await at.deploy({ index: 'two', '.irreversible-migrations': '# one way\ndrop_customers_fax\n' });
  const second = await at.live();

  const refused = await at.run(['rollback', 'production']);
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain(
    `A rollback to ${first} would cross migrations that cannot be undone: drop_customers_fax`,
  );
  expect(await at.live()).toBe(second);

  const forced = await at.run(['rollback', 'production', '--override', '--reason', 'the column is empty']);
  expect(forced.exitCode, forced.stderr).toBe(0);
  expect(forced.stderr).toContain('It is done all the same: the column is empty');
  expect(await at.live()).toBe(first);
});

test('one between releases that both know it is not, nor one to a release whose marker is the same file', async () => {
  const at = await shop();
  await at.deploy({ index: 'one', '.irreversible-migrations': 'drop_customers_fax\n' });
  const first = await at.live();
  await at.deploy({ index: 'two', '.irreversible-migrations': 'drop_customers_fax\r\n' });
  const { exitCode, stderr } = await at.run(['rollback', 'production']);
  expect(exitCode, stderr).toBe(0);
  expect(await at.live()).toBe(first);
});

test('what is no file says nothing for the rollback', async () => {
  const at = await shop();
  await at.deploy({ index: 'one' });
  await at.deploy({ index: 'two', '.irreversible-migrations/readme': 'a directory' });
  const { exitCode, stderr } = await at.run(['rollback', 'production']);
  expect(exitCode).toBe(4);
  expect(stderr).toContain('.irreversible-migrations');
});
