import { execa } from 'execa';
import { startProxy } from '../../integration/support/proxy.ts';
import { startAgain } from './containers.ts';
import type { Site } from './site.ts';
import { followStory } from './story.ts';
import { survey } from './survey.ts';
import { judge, type Trial } from './trial.ts';

/** A site whose server can go away and come back under the same address. */
export interface PowerSite {
  /** How many events a deployment has. */
  readonly events: number;
  /**
   * Deploys, and takes the server's power at the n-th event. It comes back at once, while the run still tries, or
   * when the run has given up.
   */
  tryPowerCut(nth: number, back: 'at once' | 'later'): Promise<Trial>;
  close(): Promise<void>;
}

/** Goes through a proxy, because a published port is another one after a restart. */
export async function openPowerSite(site: Site): Promise<PowerSite> {
  const id = site.server.container.getId();
  let port = site.server.port;
  const proxy = await startProxy({ host: site.server.host, port: () => port });
  const hostKey = site.server.hostKeys.map((key) => key.fingerprint);
  await site.configure({ entry: { host: proxy.host, port: proxy.port, hostKey } });

  const off = (): Promise<unknown> => execa('docker', ['kill', '--signal', 'KILL', id]);
  const on = async (): Promise<void> => {
    port = await startAgain(site.server);
  };
  const machine = await site.reset();
  const { events } = await followStory(machine.start(['deploy', 'production', '--events']));
  return {
    events,
    async tryPowerCut(nth, back) {
      const beginning = await site.reset();
      const before = await survey(site);
      const running = beginning.start(['deploy', 'production', '--events', '--json']);
      const { last } = await followStory(running, nth, async () => {
        await off();
        if (back === 'at once') await on();
      });
      if (back === 'later') await on();
      const { exitCode, stdout, stderr } = await running;
      const name = `power cut at event ${nth} (${last}), back ${back}`;
      return judge(
        site,
        before,
        { exitCode: exitCode ?? null, stdout, stderr },
        name,
        await site.elsewhere(),
      );
    },
    close: () => proxy.close(),
  };
}
