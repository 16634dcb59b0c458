import { cp, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { cutover } from './support/cutover.ts';
import { createGitRepository, type Tree, writeTree } from './support/gitRepository.ts';
import { serverEntry } from './support/project.ts';
import { inContainer } from './support/remoteTree.ts';
import { scratch } from './support/scratch.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

/** The examples, deployed as they stand to a server that runs what they need. Only its address is put in. */
let server: SshServer;

beforeAll(async () => {
  server = await startServer({ image: 'runtimes' });
  await install('static-nginx', 'nginx.conf', '/etc/nginx/sites-enabled/site.conf');
  await install('php-nginx', 'nginx.conf', '/etc/nginx/sites-enabled/shop.conf');
  await install('php-nginx', 'php-fpm.conf', '/etc/php/8.2/fpm/pool.d/shop.conf');
  await inContainer(server, ['sh', '-c', 'install -d -o www-data /run/php && php-fpm8.2 && nginx']);
  await install('node-runit', 'run', '/home/deploy/service/api/run');
  await install('python-gunicorn', 'run', '/home/deploy/service/wiki/run');
  await inContainer(server, [
    'sh',
    '-c',
    'chown -R deploy: /home/deploy/service && cd / && setsid chpst -u deploy env HOME=/home/deploy runsvdir /home/deploy/service >/tmp/runsvdir.log 2>&1 &',
  ]);
});
afterAll(() => server?.stop());

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

async function install(example: string, name: string, path: string): Promise<void> {
  const content = await readFile(join(examples, example, 'server', name), 'utf8');
  await server.container.copyContentToContainer([
    { content, target: path, mode: name === 'run' ? 0o755 : 0o644 },
  ]);
}

interface Example {
  readonly url: string;
  /** Commits the example with this in place of `version one`, and more files. */
  release(version: string, files?: Tree): Promise<void>;
  run(...command: readonly string[]): Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
}

type Environment = { servers: Record<string, object>; hooks: Record<string, readonly object[]> };

/** `change` is for tests of what would be without. */
async function open(
  name: string,
  given: { port: number; version: string; change?: (environment: Environment) => void },
): Promise<Example> {
  const directory = await scratch();
  onTestFinished(() => directory.remove());
  const repository = await createGitRepository(join(directory.path, 'repository'));
  await cp(join(examples, name), repository.path, { recursive: true });
  const file = join(repository.path, 'cutover.yaml');
  const config = parse(await readFile(file, 'utf8')) as { environments: { production: Environment } };
  const { production } = config.environments;
  for (const [key, entry] of Object.entries(production.servers)) {
    const { path } = entry as { readonly path: string };
    production.servers[key] = serverEntry(server, { path });
  }
  given.change?.(production);
  const address = (port: number) => `http://${server.host}:${server.container.getMappedPort(port)}/`;
  const placed = JSON.stringify(config).replaceAll(
    /http:\/\/\w+\.example\.com(?::(\d+))?\//g,
    (_, port: string | undefined) => address(Number(port ?? 80)),
  );
  await writeFile(file, placed);
  const original = await readFile(join(repository.path, given.version), 'utf8');
  return {
    url: address(given.port),
    async release(version, files = {}) {
      const source = original.replaceAll('version one', version);
      await writeTree(repository.path, { [given.version]: source, ...files });
      await repository.commitAll(version);
    },
    run: (...command) => cutover([...command, 'production'], { cwd: repository.path }),
  };
}

async function succeeds(
  run: Promise<{ readonly exitCode: number | null; readonly stderr: string }>,
): Promise<void> {
  const { exitCode, stderr } = await run;
  expect(exitCode, stderr).toBe(0);
}

/** What an address answers, on a connection of its own: a version, or what was wrong. */
function ask(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 10_000 }, async (response) => {
      const body = await text(response).catch((error: Error) => error.message);
      const versions = [...new Set(body.match(/version \w+/g))];
      resolve(
        response.statusCode === 200 && versions.length === 1
          ? versions[0]!
          : `${response.statusCode}: ${body}`,
      );
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => resolve(error.message));
  });
}

/** Asks all the time while work goes on, and gives all answers that there were. */
async function answersDuring(url: string, work: () => Promise<void>): Promise<readonly string[]> {
  const answers = new Set<string>();
  let isOver = false;
  const asking = Array.from({ length: 4 }, async () => {
    while (!isOver) answers.add(await ask(url));
  });
  try {
    await work();
  } finally {
    isOver = true;
    await Promise.all(asking);
  }
  return [...answers].sort();
}

/** Every worker of a service has had its turn. */
async function answers(url: string): Promise<readonly string[]> {
  const all = await Promise.all(Array.from({ length: 40 }, () => ask(url)));
  return [...new Set(all)].sort();
}

test.each([
  ['static-nginx', { port: 80, version: 'public/index.html' }],
  ['php-nginx', { port: 8080, version: 'src/version.php' }],
  ['node-runit', { port: 3000, version: 'version.js' }],
  ['python-gunicorn', { port: 8000, version: 'version.py' }],
])(
  '%s: new code is served, there and back, and no request fails',
  { timeout: 120_000 },
  async (name, given) => {
    const example = await open(name, given);
    await example.release('version one');
    await succeeds(example.run('deploy'));
    expect(await answers(example.url)).toEqual(['version one']);

    await example.release('version two');
    const there = await answersDuring(example.url, () => succeeds(example.run('deploy')));
    expect(there).toEqual(['version one', 'version two']);
    expect(await answers(example.url)).toEqual(['version two']);

    const back = await answersDuring(example.url, () => succeeds(example.run('rollback')));
    expect(back).toEqual(['version one', 'version two']);
    expect(await answers(example.url)).toEqual(['version one']);
  },
);

test('a release brings its piece of nginx’s configuration; a wrong one brings the old release back', async () => {
  const example = await open('static-nginx', { port: 80, version: 'public/index.html' });
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
  const without = await open('php-nginx', {
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
  const withHook = await open('php-nginx', {
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
