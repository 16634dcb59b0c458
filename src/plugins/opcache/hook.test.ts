import { expect, test } from 'vitest';
import type { HookCommand, Json } from '../../core/contract/index.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

const create = (raw: Json) => hook.create(hook.parse(raw), fakeScope());
const listen = '/run/php/php8.2-fpm.sock';

/** What PHP itself does is tried with a real one, in test/integration/serverHooks.test.ts. */
async function reset(raw: Json, answer = 'ok: the OPcache is empty\n'): Promise<HookCommand> {
  const asked: HookCommand[] = [];
  const command = async (question: HookCommand) => {
    asked.push(question);
    return answer;
  };
  await create(raw).run(fakeHookContext({ command }));
  return asked[0]!;
}

test('PHP on the command line asks where PHP-FPM listens, by a script in the release', async () => {
  const { argv, title } = await reset({ listen });
  expect(title).toBe(`opcache_reset() in PHP-FPM at ${listen}`);
  expect(argv.slice(0, 2)).toEqual(['php', '-r']);
  expect(argv.slice(3)).toEqual(['--', listen, '/srv/shop/releases/20261121193811', '30']);
});

test('PHP, the directory and the time may be others', async () => {
  const raw = { listen: '127.0.0.1:9000', php: ['/opt/php', '-n'], directory: '/srv/tmp', timeout: '90s' };
  const { argv, timeoutMs } = await reset(raw);
  expect([...argv.slice(0, 3), ...argv.slice(4)]).toEqual([
    '/opt/php',
    '-n',
    '-r',
    '--',
    '127.0.0.1:9000',
    '/srv/tmp',
    '90',
  ]);
  expect(timeoutMs).toBe(120_000);
});

test('what it says behind "failed" is why', async () => {
  await expect(reset({ listen }, 'failed: no file\n')).rejects.toMatchObject({
    code: 'E_HOOK',
    message: 'no file',
  });
});

test('where no commands can be run it says so', async () => {
  await expect(create({ listen }).run(fakeHookContext())).rejects.toMatchObject({ code: 'E_CAPABILITY' });
});

test('its deadline leaves time to look, and a resumed one resets once more', () => {
  expect(create({ listen })).toMatchObject({ interrupted: 'again', deadlineMs: 90_000 });
});

test.each([
  [{}],
  [{ listen: 'php.sock' }],
  [{ listen: '9000' }],
  [{ listen, php: 'php' }],
  [{ listen, directory: 'x' }],
])('%j is refused', (raw) => {
  expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
});
