import { CutoverError, type ErrorCode } from '../../contract/index.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

export interface WorldWithAway extends World {
  /** Servers that cannot be reached now, and how they fail. */
  readonly away: Map<string, ErrorCode>;
}

/** Servers that may be out of reach. */
export async function worldWithAway(options: WorldOptions = {}): Promise<WorldWithAway> {
  const away = new Map<string, ErrorCode>();
  const world = await createWorld({
    ...options,
    transport: (server, plain) => ({
      address: plain.address,
      async connect(scope) {
        const code = away.get(server);
        if (code !== undefined) throw new CutoverError(code, `${server}: no way to it`, { server });
        return plain.connect(scope);
      },
    }),
  });
  return { ...world, away };
}
