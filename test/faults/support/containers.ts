import { execa } from 'execa';
import { untilSo } from '../../../src/core/testing/untilSo.ts';
import type { SshServer } from '../../integration/support/sshServer.ts';

/** Starts the container of a server again, and gives the port of its sshd, which is another one than before. */
export async function startAgain({ container }: SshServer): Promise<number> {
  const id = container.getId();
  await execa('docker', ['start', id]);
  const { stdout } = await execa('docker', ['port', id, '22/tcp']);
  // The container runs before its sshd listens.
  const listens = `perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:22")'`;
  await execa('docker', ['exec', id, 'sh', '-c', untilSo(listens)]);
  return Number(stdout.split('\n')[0]!.split(':').at(-1));
}
