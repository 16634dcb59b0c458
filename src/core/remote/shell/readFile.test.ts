import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linkTo, never } from '../../testing/engineHere.ts';
import { ordinaryUser } from '../../testing/localConnection.ts';
import { scratch } from '../../testing/scratch.ts';
import { shellEngine } from './index.ts';

test('behind a directory that may not be entered nothing is taken for absent', async () => {
  const root = await scratch();
  const path = join(root, 'shop');
  await mkdir(join(path, 'closed', 'in'), { recursive: true });
  await writeFile(join(path, 'closed', 'in', 'VERSION'), '1');
  await symlink('closed/in', join(path, 'current'));
  await chmod(root, 0o755);
  const engine = shellEngine(linkTo(ordinaryUser()), path);
  const reading = (file: string) => engine.read(file, never);
  expect(Buffer.from((await reading('current/VERSION'))!).toString()).toBe('1');
  await chmod(join(path, 'closed'), 0);
  for (const file of ['closed/in/VERSION', 'closed/absent', 'current/VERSION']) {
    await expect(reading(file)).rejects.toMatchObject({
      code: 'E_REMOTE',
      message: expect.stringContaining(`${file} cannot be read: Permission denied`),
    });
  }
  expect(await reading('absent: Permission denied')).toBeNull();
  await chmod(join(path, 'closed'), 0o755);
  await chmod(path, 0);
  await expect(reading('current/VERSION')).rejects.toMatchObject({ code: 'E_REMOTE' });
  await chmod(path, 0o755);
  await engine.close();
});
