import autocannon from 'autocannon';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { untilSo } from '../../src/core/testing/untilSo.ts';
import { createProject, type Project, serverEntry } from './support/project.ts';
import { inContainer } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

const NAMES = ['web1', 'web2', 'web3'];

let balancer: SshServer;
let machines: readonly SshServer[];
let project: Project;

/** The application of each server is an nginx of the user's, which a post-launch command stops and starts again. */
const APPLICATION = `worker_processes 1;
pid /srv/app/shared/nginx.pid;
error_log /dev/null;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
  server { listen 8080; root /srv/app/current; }
}`;

const START = '/usr/sbin/nginx -c /srv/app/shared/nginx.conf';
/** An application that takes a moment to come up again. */
const RESTART = `if [ -e /srv/app/shared/nginx.pid ]; then ${START} -s stop; fi
${untilSo('! [ -e /srv/app/shared/nginx.pid ]')}
sleep 0.3
${START}`;

function balancing(addresses: readonly string[]): string {
  const servers = addresses.map((address) => `server ${address}:8080 max_fails=1 fail_timeout=1s;`).join(' ');
  return `worker_processes 1;
error_log stderr;
events {}
http {
  access_log off;
  keepalive_requests 10000000;
  upstream shop { ${servers} }
  server { listen 80; location / { proxy_pass http://shop; proxy_connect_timeout 1s; } }
}`;
}

const write = (server: SshServer, path: string, text: string) =>
  inContainer(server, ['sh', '-c', 'mkdir -p "$(dirname "$1")" && printf %s "$2" >"$1"', 'sh', path, text]);

beforeAll(async () => {
  [balancer, machines] = await Promise.all([
    startServer({ image: 'nginx' }),
    Promise.all(NAMES.map(() => startServer({ image: 'nginx' }))),
  ]);
  for (const machine of machines) {
    await write(machine, '/srv/app/shared/nginx.conf', APPLICATION);
    await inContainer(machine, ['chown', '-R', 'deploy:deploy', '/srv/app/shared']);
  }
  const addresses = machines.map(({ container }) => container.getIpAddress('bridge'));
  await write(balancer, '/etc/nginx/nginx.conf', balancing(addresses));
  await inContainer(balancer, ['nginx', '-s', 'reload']);
  project = await createProject({
    strategy: 'sequential',
    pause: '1s',
    commands: { postLaunch: [RESTART] },
    servers: Object.fromEntries(NAMES.map((name, index) => [name, serverEntry(machines[index]!)])),
  });
  await deploy(1);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await Promise.all([balancer, ...(machines ?? [])].map((machine) => machine?.stop()));
});

async function deploy(version: number): Promise<TransactionResult> {
  await project.repository.commit({ 'index.html': `version ${version}` }, `Version ${version}`);
  const { exitCode, answer, stderr } = await project.json<TransactionResult>(['deploy', 'production']);
  if (exitCode !== 0) throw new Error(stderr);
  return answer;
}

test('batch by batch behind a load balancer: every application is restarted, and no request fails', {
  timeout: 120_000,
}, async () => {
  const url = `http://${balancer.host}:${balancer.httpPort}/index.html`;
  const firing = Promise.withResolvers<autocannon.Result>();
  const versions = new Set<string>();
  const options: autocannon.Options = {
    url,
    connections: 4,
    duration: 100,
    verifyBody: (body) => {
      versions.add(String(body));
      return /^version \d$/.test(String(body));
    },
  };
  const cannon = autocannon(options, (error, result) =>
    error ? firing.reject(error) : firing.resolve(result),
  );
  try {
    for (const version of [2, 3]) expect((await deploy(version)).outcome).toBe('committed');
  } finally {
    cannon.stop();
  }
  const { errors, timeouts, non2xx, mismatches, requests } = await firing.promise;
  expect({ errors, timeouts, non2xx, mismatches }).toEqual({
    errors: 0,
    timeouts: 0,
    non2xx: 0,
    mismatches: 0,
  });
  expect(requests.total).toBeGreaterThan(100);
  expect([...versions].sort()).toEqual(['version 1', 'version 2', 'version 3']);
});
