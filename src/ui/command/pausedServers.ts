import * as Args from '@oclif/core/args';
import { environmentArgs } from './environmentCommand.ts';

export const pauseArgs = {
  ...environmentArgs,
  server: Args.string({ required: true, description: 'The server of the environment.' }),
};

/** The one that is named, and those of `--server`; each once. */
export function pausedServers(
  { server }: { readonly server: string },
  flags: { readonly server?: readonly string[] | undefined },
): readonly string[] {
  return [...new Set([server, ...(flags.server ?? [])])];
}

/** What `--server` takes beyond the one that is named. */
export function asTyped([first, ...others]: readonly string[]): readonly string[] {
  return [...(first === undefined ? [] : [first]), ...others.flatMap((name) => ['--server', name])];
}
