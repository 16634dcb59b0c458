import { cp, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { cutover } from './cutover.ts';
import { createGitRepository, type Tree, writeTree } from './gitRepository.ts';
import { serverEntry } from './project.ts';
import { scratch } from './scratch.ts';
import type { SshServer } from './sshServer.ts';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** Puts what stands in the folder `server/` of an example where its server needs it. */
export async function installFor(
  server: SshServer,
  example: string,
  name: string,
  path: string,
): Promise<void> {
  const content = await readFile(join(examples, example, 'server', name), 'utf8');
  await server.container.copyContentToContainer([
    { content, target: path, mode: name === 'run' ? 0o755 : 0o644 },
  ]);
}

/** An example in a repository of its own, to be deployed as it stands. Only the addresses of its server are put in. */
export interface Example {
  readonly url: string;
  /** Commits the example with this in place of `version one`, and more files. */
  release(version: string, files?: Tree): Promise<void>;
  run(...command: readonly string[]): Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
}

type Environment = { servers: Record<string, object>; hooks: Record<string, readonly object[]> };

/** `change` is for tests of what would be without. */
export async function openExample(
  server: SshServer,
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

export async function succeeds(
  run: Promise<{ readonly exitCode: number | null; readonly stderr: string }>,
): Promise<void> {
  const { exitCode, stderr } = await run;
  expect(exitCode, stderr).toBe(0);
}

/** What an address answers, on a connection of its own: a version, or what was wrong. */
export function ask(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 60_000 }, async (response) => {
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
export async function answersDuring(url: string, work: () => Promise<void>): Promise<readonly string[]> {
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
export async function answers(url: string): Promise<readonly string[]> {
  const all = await Promise.all(Array.from({ length: 40 }, () => ask(url)));
  return [...new Set(all)].sort();
}

/** Deploys `version one` and then `version two`, without a request that fails. */
export async function goesThere(example: Example): Promise<void> {
  await example.release('version one');
  await succeeds(example.run('deploy'));
  expect(await answers(example.url)).toEqual(['version one']);

  await example.release('version two');
  const there = await answersDuring(example.url, () => succeeds(example.run('deploy')));
  expect(there).toEqual(['version one', 'version two']);
  expect(await answers(example.url)).toEqual(['version two']);
}

/** Goes from `version two` back to `version one`, without a request that fails. */
export async function comesBack(example: Example): Promise<void> {
  const back = await answersDuring(example.url, () => succeeds(example.run('rollback')));
  expect(back).toEqual(['version one', 'version two']);
  expect(await answers(example.url)).toEqual(['version one']);
}
