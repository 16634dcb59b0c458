import { assign, fromPromise, setup } from 'xstate';
import type { StepName } from '../contract/index.ts';
import type { Failure } from '../journal/facts.ts';

/** One thing to do on one server. */
export interface Effect {
  readonly server: string;
  readonly step: StepName;
}

/**
 * Where a server rests until the group decides, and where it ends. `launchFailed`: it serves the new release, and the
 * post-launch commands failed; `failed`: it may serve either.
 */
export type Settled = 'staged' | 'armed' | 'live' | 'launchFailed' | 'failed';
export type Ended = 'pruned' | 'reverted' | 'stranded';

export type Verdict =
  /** Make everything ready for the switch, up to one last message. */
  | { readonly type: 'arm' }
  | { readonly type: 'switch' }
  | { readonly type: 'commit' }
  | { readonly type: 'revert' };

const notProvided = fromPromise<void, Effect>(async ({ input }) => {
  throw new Error(`No effect was provided for ${input.step} on ${input.server}.`);
});

const server = setup({
  types: {
    input: {} as { server: string },
    context: {} as { server: string; failure: Failure | null },
    events: {} as Verdict,
  },
  actors: { perform: notProvided, arm: notProvided, compensate: notProvided },
  actions: {
    /** Silent until a group gives it a voice, so that this machine needs no parent. */
    report: (_, _params: { as: Settled | Ended }) => {},
    keepFailure: assign({ failure: (_, params: { error: unknown }) => params.error as Failure }),
  },
});

function performing(
  step: StepName,
  next: string,
  {
    src = 'perform',
    otherwise = 'failed',
  }: { readonly src?: 'perform' | 'arm'; readonly otherwise?: string } = {},
) {
  return server.createStateConfig({
    invoke: {
      src,
      input: ({ context }) => ({ server: context.server, step }),
      onDone: next,
      onError: {
        target: otherwise,
        actions: { type: 'keepFailure', params: ({ event }) => ({ error: event.error }) },
      },
    },
  });
}

/** An end is a rest that no verdict leaves. Not a final state: the group ends with the last report, and would not hear more. */
function resting(as: Settled | Ended, on: Partial<Record<Verdict['type'], string>> = {}) {
  return server.createStateConfig({ entry: { type: 'report', params: { as } }, on });
}

/**
 * One server's share of a transaction. It moves by itself, rests at a barrier, and leaves that only on a verdict.
 * A failed prune is a problem, not a failure, so it ends the same way.
 */
export const serverMachine = server.createMachine({
  id: 'server',
  context: ({ input }) => ({ server: input.server, failure: null }),
  initial: 'preparing',
  states: {
    preparing: performing('prepare', 'syncing'),
    syncing: performing('syncCache', 'linking'),
    linking: performing('linkRelease', 'postUploading'),
    postUploading: performing('postUpload', 'staged'),
    staged: resting('staged', { arm: 'arming', revert: 'reverting' }),
    arming: performing('activate', 'armed', { src: 'arm' }),
    armed: resting('armed', { switch: 'activating', revert: 'reverting' }),
    activating: performing('activate', 'launching'),
    launching: performing('postLaunch', 'live', { otherwise: 'launchFailed' }),
    live: resting('live', { commit: 'pruning', revert: 'reverting' }),
    launchFailed: resting('launchFailed', { commit: 'pruning', revert: 'reverting' }),
    failed: resting('failed', { revert: 'reverting' }),
    pruning: {
      invoke: {
        src: 'perform',
        input: ({ context }) => ({ server: context.server, step: 'prune' as const }),
        onDone: 'pruned',
        onError: 'pruned',
      },
    },
    reverting: {
      invoke: {
        src: 'compensate',
        input: ({ context }) => ({ server: context.server, step: 'activate' as const }),
        onDone: 'reverted',
        onError: 'stranded',
      },
    },
    pruned: resting('pruned'),
    reverted: resting('reverted'),
    stranded: resting('stranded'),
  },
});
