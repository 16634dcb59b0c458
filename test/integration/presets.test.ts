import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  answers,
  answersDuring,
  ask,
  comesBack,
  goesThere,
  installFor,
  openExample,
  succeeds,
} from './support/example.ts';
import { inContainer } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

/** The examples, deployed as they stand to a server that runs what they need. Only its address is put in. */
let server: SshServer;

beforeAll(async () => {
  server = await startServer({ image: 'runtimes' });
  await installFor(server, 'static-nginx', 'nginx.conf', '/etc/nginx/sites-enabled/site.conf');
  await installFor(server, 'php-nginx', 'nginx.conf', '/etc/nginx/sites-enabled/shop.conf');
  await installFor(server, 'php-nginx', 'php-fpm.conf', '/etc/php/8.2/fpm/pool.d/shop.conf');
  await inContainer(server, ['sh', '-c', 'install -d -o www-data /run/php && php-fpm8.2 && nginx']);
  await installFor(server, 'node-runit', 'run', '/home/deploy/service/api/run');
  await installFor(server, 'python-gunicorn', 'run', '/home/deploy/service/wiki/run');
  await inContainer(server, [
    'sh',
    '-c',
    'chown -R deploy: /home/deploy/service && cd / && setsid chpst -u deploy env HOME=/home/deploy runsvdir /home/deploy/service >/tmp/runsvdir.log 2>&1 &',
  ]);
});
afterAll(() => server?.stop());

test.each([
  ['static-nginx', { port: 80, version: 'public/index.html' }],
  ['php-nginx', { port: 8080, version: 'src/version.php' }],
  ['node-runit', { port: 3000, version: 'version.js' }],
  ['python-gunicorn', { port: 8000, version: 'version.py' }],
])(
  '%s: new code is served, there and back, and no request fails',
  { timeout: 120_000 },
  async (name, given) => {
    const example = await openExample(server, name, given);
    await goesThere(example);
    await comesBack(example);
  },
);

test('a release brings its piece of nginx’s configuration; a wrong one brings the old release back', async () => {
  const example = await openExample(server, 'static-nginx', { port: 80, version: 'public/index.html' });
  await example.release('version three', {
    'nginx/redirects.conf': 'location = /moved { return 404 "as told"; }',
  });
  await succeeds(example.run('deploy', '--unpin'));
  expect(await ask(`${example.url}moved`)).toBe('404: as told');

  await example.release('version four', { 'nginx/redirects.conf': 'nonsense;' });
  const { exitCode, stderr } = await example.run('deploy', '--unpin');
  expect(exitCode).toBe(12);
  expect(stderr).toContain('unknown directive "nonsense"');
  expect(await answers(example.url)).toEqual(['version three']);
  expect(await ask(`${example.url}moved`)).toBe('404: as told');
});

/** What many have: nginx hands over the path by way of `current`, under which PHP-FPM finds what it has cached. */
test('where PHP-FPM gets the path of `current`, it serves old code until it is reloaded', {
  timeout: 120_000,
}, async () => {
  const site = '/etc/nginx/sites-enabled/shop.conf';
  await inContainer(server, ['sh', '-c', `sed -i s/realpath_root/document_root/ ${site} && nginx -s reload`]);
  onTestFinished(async () => {
    await inContainer(server, [
      'sh',
      '-c',
      `sed -i s/document_root/realpath_root/ ${site} && nginx -s reload`,
    ]);
  });
  const given = { port: 8080, version: 'src/version.php' };
  const without = await openExample(server, 'php-nginx', {
    ...given,
    change: (environment) => {
      environment.hooks = {};
    },
  });
  await without.release('version five');
  await succeeds(without.run('deploy', '--unpin'));
  await inContainer(server, ['/etc/init.d/php8.2-fpm', 'reload']);
  await expect.poll(() => answers(without.url), { timeout: 20_000 }).toEqual(['version five']);

  await without.release('version six');
  await succeeds(without.run('deploy', '--unpin'));
  expect(await answers(without.url)).toEqual(['version five']);

  const reload = [{ 'php-fpm': { command: ['sudo', '-n', '/etc/init.d/php8.2-fpm', 'reload'] } }];
  const withHook = await openExample(server, 'php-nginx', {
    ...given,
    change: (environment) => {
      environment.hooks = { 'after:postLaunch': reload };
    },
  });
  await withHook.release('version seven');
  const seen = await answersDuring(withHook.url, () => succeeds(withHook.run('deploy', '--unpin')));
  expect(seen).toEqual(['version five', 'version seven']);
  expect(await answers(withHook.url)).toEqual(['version seven']);
});
