import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatusResult, TransactionResult } from '../../../src/core/operations/results.ts';
import { createProject, type Project } from '../support/project.ts';
import { keep } from './conform.ts';
import { deploymentCaseNames, type Outcome } from './table.ts';

/** A server as the configuration names it. */
export interface DeployServer {
  readonly entry: object;
  /** The text of a file below the deploy path, read around the transport. */
  readonly read: (path: string) => Promise<string>;
  readonly end: () => Promise<void>;
}

/** The real program, from the configuration to what is served, through one transport. */
export function deployThrough(column: string, open: () => Promise<DeployServer>): void {
  describe(`${column}: deployments`, () => {
    const outcomes: Record<string, Outcome> = {};
    const [first, failing, rollback] = deploymentCaseNames;
    let server: DeployServer;
    let project: Project;
    beforeAll(async () => {
      server = await open();
      project = await createProject({ servers: { web1: server.entry } });
    });
    afterAll(async () => {
      await project?.[Symbol.asyncDispose]();
      await server?.end();
      await keep({ name: column, outcomes }, 'deployments');
    });
    const prove = (name: string, run: () => Promise<void>) =>
      test(name, async () => {
        outcomes[name] = 'failed';
        await run();
        outcomes[name] = 'passed';
      });
    const deploy = (args = ['deploy', 'production']) => project.json<TransactionResult>(args);
    const served = () => server.read('current/index.html');
    const live = async () => {
      const { answer } = await project.json<StatusResult>(['status', 'production']);
      return answer.servers[0]?.current;
    };

    prove(first, async () => {
      for (const version of ['one', 'two']) {
        await project.repository.commit({ 'index.html': version, "odd/it's ü": version }, version);
        const { exitCode, answer, stderr } = await deploy();
        expect({ exitCode, outcome: answer.outcome }, stderr).toEqual({ exitCode: 0, outcome: 'committed' });
        expect(await served()).toBe(version);
        expect(await server.read("current/odd/it's ü")).toBe(version);
      }
    });

    prove(failing, async () => {
      const before = await live();
      await project.repository.commit({ 'index.html': 'three' }, 'three');
      const url = `http://127.0.0.1:${await closedPort()}/`;
      const check = { 'http-check': { url, timeout: '1s', deadline: '1s' } };
      await project.configure({
        servers: { web1: server.entry },
        hooks: { 'after:activate': [check] },
      });
      const { exitCode, answer, stderr } = await deploy();
      expect({ exitCode, outcome: answer.outcome }, stderr).toEqual({ exitCode: 12, outcome: 'compensated' });
      expect([await served(), await live()]).toEqual(['two', before]);
    });

    prove(rollback, async () => {
      await project.configure({ servers: { web1: server.entry } });
      const { exitCode, stderr } = await deploy(['rollback', 'production']);
      expect(exitCode, stderr).toBe(0);
      expect(await served()).toBe('one');
    });
  });
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
