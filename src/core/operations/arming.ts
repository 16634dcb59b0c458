import type { Plan } from '../plan/types.ts';
import type { Armed } from '../remote/engine.ts';

/** The servers of a group whose switch is prepared. */
export interface Arming {
  /** One that changes over alone is switched in one go: that costs a round trip less. */
  isWorth(server: string): boolean;
  keep(server: string, armed: Armed | null): void;
  /** Null where nothing is armed. It is not kept any more. */
  take(server: string): Armed | null;
  /** Whatever waits there gives up. Rejects for nothing: it would give up by itself. */
  disarm(server: string): Promise<void>;
  disarmAll(): Promise<void>;
}

export function armingOf({ batches }: Pick<Plan, 'batches'>): Arming {
  const kept = new Map<string, Armed>();
  const take = (server: string) => {
    const armed = kept.get(server) ?? null;
    kept.delete(server);
    return armed;
  };
  const disarm = async (server: string) => {
    await take(server)
      ?.disarm()
      .catch(() => {});
  };
  return {
    isWorth: (server) => batches.some((batch) => batch.length > 1 && batch.includes(server)),
    keep(server, armed) {
      if (armed !== null) kept.set(server, armed);
    },
    take,
    disarm,
    disarmAll: async () => void (await Promise.all([...kept.keys()].map(disarm))),
  };
}
