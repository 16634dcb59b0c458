import { expect, test } from 'vitest';
import type { Connection, ExecRequest, Transport } from '../contract/index.ts';
import { lockRecord, placeHere } from '../testing/conformancePlace.ts';
import { directoryTransport } from '../testing/directorySftp.ts';
import { linkTo, never } from '../testing/engineHere.ts';
import { localConnection } from '../testing/localConnection.ts';
import { chooseEngine } from './chooseEngine.ts';

/** What sshd says where SFTP is forced. */
const NO_SHELL = ['sh', '-c', 'echo "This service allows sftp connections only."; exit 1'];

interface Serving {
  readonly shell: readonly string[] | null;
  readonly sftp: boolean;
  readonly without?: readonly string[];
}

function transport({ shell, sftp, without = [] }: Serving, asked: string[] = []): Transport {
  const over = directoryTransport({ without });
  return {
    address: 'deploy@here',
    async connect(scope): Promise<Connection> {
      const bySftp = await over.connect(scope);
      const byExec = localConnection(shell === null ? {} : { wrap: () => shell });
      return {
        exec: async (request: ExecRequest) => {
          asked.push('exec');
          return byExec.exec(request);
        },
        ...(sftp
          ? {
              sftp: async () => {
                asked.push('sftp');
                return bySftp.sftp!();
              },
            }
          : {}),
        closed: byExec.closed,
        close: byExec.close,
      };
    },
  };
}

async function engine(serving: Serving, asked?: string[]) {
  const place = await placeHere((path) => chooseEngine(linkTo(transport(serving, asked)), path));
  return place.engine();
}

test('where a shell runs it is used, and SFTP is not even opened', async () => {
  const asked: string[] = [];
  const chosen = await engine({ shell: null, sftp: true }, asked);
  expect((await chosen.observe([], never)).noCommands).toBeUndefined();
  expect(await chosen.takeLock(lockRecord('one'), never)).toMatchObject({ taken: true });
  expect(asked).not.toContain('sftp');
});

test('where none runs SFTP is used from then on, and the shell is asked once', async () => {
  const asked: string[] = [];
  const chosen = await engine({ shell: NO_SHELL, sftp: true }, asked);
  expect(await chosen.tryLock(lockRecord('one'), [], never)).toMatchObject({
    taken: false,
    seen: { noCommands: 'it is reached by SFTP alone' },
  });
  const attempt = await chosen.takeLock(lockRecord('one'), never);
  if (!attempt.taken) throw new Error('The lock is held.');
  await chosen.prepare(attempt.fence, never);
  expect(asked).toEqual(['exec', 'sftp']);
});

test('several questions at once lead to one answer', async () => {
  const asked: string[] = [];
  const chosen = await engine({ shell: NO_SHELL, sftp: true }, asked);
  const looks = await Promise.all([chosen.observe([], never), chosen.observe([], never)]);
  expect(looks.map(({ noCommands }) => noCommands)).toEqual(Array(2).fill('it is reached by SFTP alone'));
  expect(asked.filter((each) => each === 'sftp')).toHaveLength(1);
});

test('where neither is to be had the reason is the shell’s', async () => {
  const chosen = await engine({ shell: NO_SHELL, sftp: false });
  await expect(chosen.observe([], never)).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringContaining('This service allows sftp connections only.'),
  });
});

test('SFTP that cannot replace a link in one step is refused, and nothing is made', async () => {
  const chosen = await engine({ shell: NO_SHELL, sftp: true, without: ['posix-rename@openssh.com'] });
  await expect(chosen.takeLock(lockRecord('one'), never)).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringContaining('posix-rename@openssh.com'),
  });
});
