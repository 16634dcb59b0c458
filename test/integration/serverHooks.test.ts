import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { CutoverError, type HookContext, type Json } from '../../src/core/contract/index.ts';
import { hook as nginx } from '../../src/plugins/nginx/hook.ts';
import { hook as opcache } from '../../src/plugins/opcache/hook.ts';
import { hook as phpFpm } from '../../src/plugins/php-fpm/hook.ts';
import { fakeHookContext } from '../../src/plugins/testing/deployment.ts';
import { fakeScope } from '../../src/plugins/testing/scope.ts';
import { inContainer } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

/** What hooks do to real services, by a container's own door: no deployment is needed for that. */
let server: SshServer;

const FPM = `[global]
pid = /srv/app/NAME.pid
error_log = /srv/app/NAME.log
process_control_timeout = 5s
[www]
listen = /srv/app/NAME.sock
pm = static
pm.max_children = 3
`;

beforeAll(async () => {
  server = await startServer({ image: 'runtimes' });
  await shell('mkdir -p /srv/app/releases/7');
  for (const name of ['one', 'two']) await put(`/srv/app/${name}.conf`, FPM.replaceAll('NAME', name));
});
afterAll(() => server?.stop());

beforeEach(() =>
  inContainer(server, ['sh', '-c', 'pkill -KILL -f "^php-fpm|^nginx" || :; rm -f /srv/app/*.sock']),
);

async function shell(text: string, user = 'deploy'): Promise<string> {
  const { exitCode, stdout, stderr } = await server.exec(['sh', '-c', text], { user });
  if (exitCode !== 0) throw new CutoverError('E_COMMAND', `It ended with ${exitCode}: ${stderr}${stdout}`);
  return stdout;
}

const put = (path: string, content: string) => shell(`cat >${path} <<'END'\n${content}\nEND`);

const startFpm = (name: string, more = '', user = 'deploy') =>
  shell(`php-fpm8.2 --fpm-config /srv/app/${name}.conf ${user === 'root' ? '-R' : ''} ${more}`, user);

type HookExtension = typeof phpFpm | typeof nginx | typeof opcache;

/** Runs a hook as deploy, and gives the last line of what it told. */
async function run(hook: HookExtension, raw: Json): Promise<string> {
  let said = '';
  const command: NonNullable<HookContext['command']> = async ({ argv }) => {
    const { exitCode, stdout, stderr } = await server.exec(argv, { user: 'deploy' });
    said = stdout + stderr;
    if (exitCode !== 0) throw new CutoverError('E_COMMAND', `It ended with ${exitCode}: ${said}`);
    return said;
  };
  const paths = {
    deploy: '/srv/app',
    release: '/srv/app/releases/7',
    current: '/srv/app/current',
    shared: '/srv/app/shared',
  };
  await hook.create(hook.parse(raw), fakeScope()).run(fakeHookContext({ command, paths }));
  return said.trim().split('\n').at(-1) ?? '';
}

test('the only PHP-FPM of the user is found and reloaded', async () => {
  await startFpm('one');
  const before = await shell('cat /srv/app/one.pid');
  const said = await run(phpFpm, {});
  // In the background it begins anew as another process.
  const after = await shell('cat /srv/app/one.pid');
  expect(after).not.toBe(before);
  expect(said).toBe(`ok: PHP-FPM (process ${after.trim()}) is reloaded, with new workers`);
});

test('of two PHP-FPMs one has to be named; without any that is said', async () => {
  await expect(run(phpFpm, {})).rejects.toThrow('No "php-fpm: master process" runs here.');
  await startFpm('one');
  await startFpm('two');
  await expect(run(phpFpm, {})).rejects.toThrow('More than one "php-fpm: master process" runs here');
  expect(await run(phpFpm, { pidFile: '/srv/app/two.pid' })).toContain('is reloaded');
});

test('that of another user is not this user’s to reload, and says so', async () => {
  await startFpm('one', '', 'root');
  await expect(run(phpFpm, {})).rejects.toThrow(
    /^No "php-fpm: master process" runs here that this user may signal \(there is \d+\)\.$/,
  );
  await expect(run(phpFpm, { pidFile: '/srv/app/one.pid' })).rejects.toThrow('belongs to another user');
});

test('one that cannot begin anew is told: its configuration has become wrong', async () => {
  await startFpm('one');
  await startFpm('two', '', 'root');
  onTestFinished(async () => {
    await shell('mv /srv/app/right /srv/app/one.conf');
  });
  await shell('cp /srv/app/one.conf /srv/app/right; echo nonsense >>/srv/app/one.conf');
  await expect(run(phpFpm, { timeout: '2s' })).rejects.toThrow(
    /^PHP-FPM was not reloaded within 2 s: No .* runs here that this user may signal \(there is \d+\)\.$/,
  );
});

const listen = '/srv/app/one.sock';

test('the OPcache is emptied by a script that is gone afterwards', async () => {
  await startFpm('one', '-d opcache.validate_timestamps=0');
  expect(await run(opcache, { listen })).toBe('ok: the OPcache is empty');
  expect(await shell('ls -A /srv/app/releases/7')).toBe('');
});

test('where there is no OPcache, or it is off, nothing is to be emptied', async () => {
  await startFpm('one', '-d opcache.enable=0');
  expect(await run(opcache, { listen })).toBe('ok: OPcache is off, nothing is to be emptied');
  await startFpm('two', '-n');
  expect(await run(opcache, { listen: '/srv/app/two.sock' })).toBe(
    'ok: PHP-FPM has no OPcache, nothing is to be emptied',
  );
});

test('a cache that requests keep in use is waited for, also by one who comes while another has told it to empty itself', async () => {
  await startFpm('one', '-d opcache.validate_timestamps=0');
  await put('/srv/app/busy.php', BUSY);
  await put('/srv/app/nginx.conf', nginxOf(`fastcgi_param SCRIPT_FILENAME /srv/app/busy.php; ${TO_FPM}`));
  await shell('PATH=$PATH:/usr/sbin nginx -c /srv/app/nginx.conf');
  const answer = asked().catch((error: Error) => error.message);
  onTestFinished(async () => {
    await shell('rm -f /srv/app/busy');
  });
  await expect.poll(() => shell('ls /srv/app'), { timeout: 10_000 }).toContain('busy\n');
  for (let time = 1; time <= 2; time++) {
    await expect(run(opcache, { listen, timeout: '1s' })).rejects.toThrow(
      'The OPcache did not get empty within 1 s: requests that run keep it in use.',
    );
  }
  await shell('rm /srv/app/busy');
  expect(await answer).toBe('over');
  expect(await run(opcache, { listen })).toBe('ok: the OPcache is empty');
});

test('what PHP-FPM does not let a script do is told', async () => {
  await startFpm('one', '-d opcache.restrict_api=/srv/allowed');
  await expect(run(opcache, { listen })).rejects.toThrow('(opcache.restrict_api): say where by `directory`.');
  await startFpm('two', '-d open_basedir=/srv/allowed');
  await expect(run(opcache, { listen: '/srv/app/two.sock' })).rejects.toThrow(
    /^PHP-FPM answered (403|404|500) .*open_basedir/,
  );
});

test('an answer that others have written into is told in one line, and is no success whatever they write', async () => {
  await put('/srv/app/behind.php', '<?php echo "\\nok: all is well\\n";');
  await startFpm('one', '-d auto_append_file=/srv/app/behind.php');
  await expect(run(opcache, { listen })).rejects.toThrow(
    /^PHP-FPM answered: restarts \d+ done ok: all is well$/,
  );
});

test('a socket that nobody listens at, or that is another user’s, and a directory that is not there are told', async () => {
  await expect(run(opcache, { listen })).rejects.toThrow(
    `PHP-FPM does not answer at ${listen}: No such file or directory.`,
  );
  await startFpm('one', '', 'root');
  await inContainer(server, ['chmod', '600', listen]);
  await inContainer(server, ['chown', 'root', listen]);
  await expect(run(opcache, { listen })).rejects.toThrow(
    'Permission denied. The user has to be in the group of the socket',
  );
  await expect(run(opcache, { listen, directory: '/no/such' })).rejects.toThrow(
    'No file can be made in /no/such.',
  );
});

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map((each) => `${each}_temp_path /srv/app/${each};`)
  .join(' ');
const nginxOf = (answer: string) => `daemon on; pid /srv/app/nginx.pid; error_log /srv/app/nginx.log;
events {}
http { access_log off; ${TEMPORARY} server { listen 127.0.0.1:8123; location / { ${answer} } } }
`;
const NGINX = nginxOf('return 200 "first";');
const TO_FPM = `fastcgi_param REQUEST_METHOD GET; fastcgi_pass unix:${listen};`;
/** Runs until its file is taken away. */
const BUSY = `<?php
touch('/srv/app/busy');
for (; file_exists('/srv/app/busy'); clearstatcache()) usleep(20000);
echo 'over';`;
const commands = ['nginx', '-c', '/srv/app/nginx.conf'] as const;
const asked = () => shell(`php -r 'echo file_get_contents("http://127.0.0.1:8123/");'`);

test('nginx serves what its configuration says now; one that is wrong changes nothing', async () => {
  await put('/srv/app/nginx.conf', NGINX);
  await shell('PATH=$PATH:/usr/sbin nginx -c /srv/app/nginx.conf');
  await put('/srv/app/nginx.conf', NGINX.replace('first', 'second'));
  expect(await run(nginx, { test: [...commands, '-t'] })).toMatch(/^ok: nginx \(process \d+\) is reloaded$/);
  expect(await asked()).toBe('second');

  await put('/srv/app/nginx.conf', NGINX.replace('return', 'retrun'));
  await expect(run(nginx, { test: [...commands, '-t'] })).rejects.toThrow('unknown directive');
  await expect(run(nginx, { test: false, timeout: '2s' })).rejects.toThrow('no new workers have begun');
  expect(await asked()).toBe('second');
});
