import autocannon from 'autocannon';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Project } from './support/project.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

const DEPLOYMENTS = 50;
const ROLLBACKS = 10;

let at: ServedProject;
let server: SshServer;
let project: Project;
let url: string;
let version = 0;

beforeAll(async () => {
  at = await createServedProject({ image: 'nginx' }, { keep: 3 });
  ({ server, project } = at);
  url = `http://${server.host}:${server.httpPort}`;
  await deployNext();
});
afterAll(() => at?.[Symbol.asyncDispose]());

/** A page and its asset carry their version at both ends, with enough between them to be cut. */
async function deployNext(...flags: readonly string[]): Promise<void> {
  version += 1;
  const body = (kind: string) => `version ${version}\n${`${kind} `.repeat(4000)}\nversion ${version}`;
  await project.repository.commit(
    { 'index.html': body('page'), 'asset.css': body('asset') },
    `Version ${version}`,
  );
  const { exitCode, stderr } = await project.run(['deploy', 'production', ...flags]);
  if (exitCode !== 0) throw new Error(stderr);
}

function versionOf(body: string): string | null {
  const lines = body.split('\n');
  return lines.length === 3 && lines[0] === lines[2] && lines[0]!.startsWith('version ') ? lines[0]! : null;
}

test(`no request fails and no page is mixed during ${DEPLOYMENTS} deployments`, {
  timeout: 300_000,
}, async () => {
  const { load, snapshots } = await underLoad(async () => {
    for (let count = 0; count < DEPLOYMENTS; count++) await deployNext();
  });
  expect(load).toEqual({ errors: 0, timeouts: 0, non2xx: 0, mismatches: 0 });
  expect(snapshots.mixed).toEqual([]);
  expect(snapshots.versions.size).toBeGreaterThan(DEPLOYMENTS / 2);
  expect(versionOf(await body('/index.html'))).toBe(`version ${version}`);
});

test(`nor during ${ROLLBACKS} rollbacks`, { timeout: 300_000 }, async () => {
  const { load, snapshots } = await underLoad(async () => {
    for (let count = 0; count < ROLLBACKS; count++) {
      await deployNext('--unpin');
      const { exitCode, stderr } = await project.run(['rollback', 'production']);
      if (exitCode !== 0) throw new Error(stderr);
    }
  });
  expect(load).toEqual({ errors: 0, timeouts: 0, non2xx: 0, mismatches: 0 });
  expect(snapshots.mixed).toEqual([]);
  expect(versionOf(await body('/index.html'))).toBe(`version ${DEPLOYMENTS + 1}`);
});

/** Four connections ask for page and asset all the time; a fifth looks whether the two belong together. */
async function underLoad(work: () => Promise<void>) {
  const firing = Promise.withResolvers<autocannon.Result>();
  const options: autocannon.Options = {
    url,
    connections: 4,
    duration: 280,
    requests: [{ path: '/index.html' }, { path: '/asset.css' }],
    verifyBody: (text) => versionOf(String(text)) !== null,
  };
  const cannon = autocannon(options, (error, result) =>
    error ? firing.reject(error) : firing.resolve(result),
  );
  const stop = new AbortController();
  const watching = watchSnapshots(stop.signal);
  try {
    await work();
  } finally {
    stop.abort();
    cannon.stop();
  }
  const { errors, timeouts, non2xx, mismatches, requests } = await firing.promise;
  expect(requests.total).toBeGreaterThan(1000);
  return { load: { errors, timeouts, non2xx, mismatches }, snapshots: await watching };
}

/** Between two looks at a page that agree, the asset must agree with them. */
async function watchSnapshots(signal: AbortSignal) {
  const mixed: string[] = [];
  const versions = new Set<string | null>();
  while (!signal.aborted) {
    const [before, asset, after] = [
      await body('/index.html'),
      await body('/asset.css'),
      await body('/index.html'),
    ].map(versionOf);
    versions.add(before!);
    if (before === null || (before === after && asset !== before)) mixed.push(`${before} ${asset} ${after}`);
  }
  return { mixed, versions };
}

async function body(path: string): Promise<string> {
  const response = await fetch(url + path);
  return `${response.ok ? '' : `status ${response.status}\n`}${await response.text()}`;
}
