import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Notice } from '../../src/core/contract/index.ts';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { startMailServer } from '../../src/plugins/email/testing/mailServer.ts';
import { selfSigned } from '../../src/plugins/testing/certificate.ts';
import { startReceiver } from '../../src/plugins/testing/receiver.ts';
import { createProject, type EnvironmentOptions, type Project } from './support/project.ts';

let project: Project;
let slack: Awaited<ReturnType<typeof startReceiver>>;
let mail: Awaited<ReturnType<typeof startMailServer>>;
let servers: EnvironmentOptions['servers'];
let doesSlackKnowUs: boolean;

beforeAll(async () => {
  const certificate = selfSigned();
  slack = await startReceiver((response) =>
    doesSlackKnowUs ? response.end('ok') : response.writeHead(404).end('no_service'),
  );
  mail = await startMailServer({ ...certificate });
  project = await createProject({ servers: {} });
  await writeFile(join(project.path, 'ca.pem'), certificate.cert);
});
beforeEach(async () => {
  const path = await mkdtemp(join(project.path, 'web1-'));
  servers = { web1: { transport: 'local', path } };
  doesSlackKnowUs = true;
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await slack?.[Symbol.asyncDispose]();
  await mail?.[Symbol.asyncDispose]();
});

/** `command` is a text for the shell. */
function notify(command: string): readonly object[] {
  const email = {
    host: '127.0.0.1',
    port: mail.port,
    user: 'ann',
    password: { env: 'MAIL_PASSWORD' },
    from: 'deploy@example.com',
    to: 'team@example.com',
    ca: 'ca.pem',
  };
  return [{ slack: { url: { env: 'SLACK_URL' } } }, { email }, { command: { run: command } }];
}

async function deploy(message: string, password: string) {
  await project.repository.commit({ 'index.html': message }, message);
  const env = { SLACK_URL: `${slack.url}/services/T0/B0/canary-4711`, MAIL_PASSWORD: password };
  return project.json<TransactionResult>(['deploy', 'production'], { env });
}

test('a deployment is told to a chat, by mail and to a program, each in its form', async () => {
  await project.configure({
    servers,
    notify: notify('cat >notice.json; printf "%s|%s" "$CUTOVER_RELEASE" "$SLACK_URL" >seen'),
  });
  const { exitCode, answer } = await deploy('Fix <!channel> & "it"', 's3cret');
  expect({ exitCode, problems: answer.problems }).toEqual({ exitCode: 0, problems: [] });
  const title = `shop: production serves ${answer.release}`;

  expect(slack.received).toHaveLength(1);
  const { text, attachments } = JSON.parse(slack.received[0]!.body) as {
    text: string;
    attachments: [{ color: string; blocks: [{ text: { text: string } }] }];
  };
  expect(text).toBe(title);
  expect(attachments[0].blocks[0].text.text).toContain('What: Fix &lt;!channel&gt; &amp; "it"\n');

  expect(mail.mails).toMatchObject([{ isSecure: true, user: 'ann', to: ['team@example.com'] }]);
  expect(mail.mails[0]!.raw).toContain(`\r\nSubject: ${title}\r\n`);

  const notice = JSON.parse(await readFile(join(project.path, 'notice.json'), 'utf8')) as Notice;
  expect(notice).toMatchObject({ event: 'committed', title, release: answer.release });
  expect(await readFile(join(project.path, 'seen'), 'utf8')).toBe(`${answer.release}|`);
});

test('notifiers that are refused are problems that show no secret, and the deployment goes its way', async () => {
  doesSlackKnowUs = false;
  await project.configure({ servers, notify: notify('exit 7') });
  const { exitCode, answer, stderr } = await deploy('Two', 'canary-0815');
  expect({ exitCode, outcome: answer.outcome }).toEqual({ exitCode: 0, outcome: 'committed' });
  const problems = answer.problems.join('\n');
  expect(problems).toContain('it answered 404: there is no such webhook (any more) (no_service)');
  expect(problems).toContain('it does not accept the user or the password');
  expect(problems).toContain('`exit 7` ended with status 7');
  expect(JSON.stringify(answer) + stderr).not.toMatch(/canary-(4711|0815)/);
});

test('a configuration that names HipChat is refused, with what to use', async () => {
  await project.configure({ servers, notify: [{ hipchat: { room: 'ops' } }] });
  const { exitCode, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/HipChat was shut down in February 2019.*webhook/s);
});
