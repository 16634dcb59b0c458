import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { Transport } from '../../src/core/contract/index.ts';
import type { Engine } from '../../src/core/remote/engine.ts';
import { sftpEngine } from '../../src/core/remote/sftp/index.ts';
import type { Place } from '../../src/core/testing/conformancePlace.ts';
import { engineConformance } from '../../src/core/testing/engineConformance.ts';
import { linkTo } from '../../src/core/testing/engineHere.ts';
import { faultySftp } from '../../src/core/testing/faultySftp.ts';
import type { TestUser } from '../../src/plugins/ssh2/testing/client.ts';
import { byKey, trusting } from './ssh2/support.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

let server: SshServer;
let user: TestUser;
let count = 0;

beforeAll(async () => {
  server = await startServer({ image: 'sftp-only' });
  user = await trusting(server);
});
afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
  await server?.stop();
});

engineConformance('the sftp engine on a server without a shell', open, { cutEvery: 127 });

/** A directory that is the deployer's; what happens around the engine is done by the same user, outside the jail. */
async function open(): Promise<Place> {
  count += 1;
  const name = `place${count}`;
  const path = `${server.path}/${name}/shop`;
  const transport: Transport = { address: 'deploy@server', connect: () => user.connect(byKey(server)) };
  const engines: Engine[] = [];
  const run = async (program: string) => {
    const { exitCode, stdout, stderr } = await server.exec(['sh', '-euc', program], { user: 'deploy' });
    if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}: ${stderr}`);
    return stdout;
  };
  await run(`mkdir ${server.pathInContainer}/${name}`);
  onTestFinished(async () => {
    await Promise.allSettled(engines.map((engine) => engine.close()));
  });
  return {
    path,
    engine(cut) {
      const engine = sftpEngine(linkTo(cut === undefined ? transport : faultySftp(transport, cut)), path);
      engines.push(engine);
      return engine;
    },
    sh: (program) => run(`cd ${server.pathInContainer}/${name}\n${program}`),
  };
}
