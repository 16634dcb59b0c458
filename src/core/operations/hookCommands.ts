import {
  CutoverError,
  type HookCommand,
  type HookContext,
  type HookPoint,
  quoteAll,
  STEPS,
  type StepName,
} from '../contract/index.ts';
import { planned, type StepContext, tellAttached, variablesOf } from '../steps/index.ts';
import { pathsOf } from './hookContext.ts';

/** The programs that one run of a hook starts on its server, one behind the other. */
export interface HookCommands {
  readonly command: NonNullable<HookContext['command']>;
  /** No more are begun, and what is at work still is ended: the hook did not wait for it. */
  end(): Promise<void>;
}

export interface HookCommandsOptions {
  readonly context: StepContext;
  /** Names the run of the hook in all lives of the transaction; that of a program is made of it. */
  readonly id: string;
  readonly point: HookPoint;
  readonly signal: AbortSignal;
}

/** As much of the end of what it printed is given to the hook. */
const KEPT_BYTES = 64 * 1024;

export function hookCommands({ context, id, point, signal }: HookCommandsOptions): HookCommands {
  const step = stepAt(point);
  const paths = pathsOf(context.server, context.plan.release);
  let count = 0;
  const over = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  const run = async (asked: HookCommand, name: string): Promise<string> => {
    if (over.signal.aborted)
      throw new CutoverError('E_HOOK', 'The hook has ended; it can run nothing any more.');
    const line = commandLine(asked);
    const { engine, fence, server, emit, catchUp } = context;
    const tail = tailOf(KEPT_BYTES);
    emit({ type: 'command', server: server.name, step, run: asked.title ?? line });
    const request = {
      id: name,
      run: line,
      ...(asked.title === undefined ? {} : { title: asked.title }),
      directory: paths[asked.directory ?? 'deploy'],
      variables: { ...variablesOf(context, planned(context)), ...asked.variables },
      timeoutMs: asked.timeoutMs ?? null,
      idleTimeoutMs: null,
      onAttached: () => tellAttached(context, asked.title ?? line),
      onLine(stream: 'stdout' | 'stderr', text: string) {
        tail.push(text);
        emit({ type: 'output', server: server.name, step, stream, line: text });
      },
      catchUp,
    };
    await engine.command(fence, request, AbortSignal.any([signal, over.signal]));
    return tail.text();
  };

  return {
    command(asked) {
      const name = `${id}-${++count}`;
      const work = last.then(() => run(asked, name));
      last = work.catch(() => {});
      return work;
    },
    async end() {
      over.abort();
      await last;
    },
  };
}

/** The step that a point is in; null: it is behind all of them. */
function stepAt(point: HookPoint): StepName | null {
  if (point === 'onRollback') return 'postLaunch';
  return STEPS.find((step) => point.endsWith(`:${step}`)) ?? null;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The shell of the server reads it, so nothing in it may mean anything there. */
function commandLine({ argv, variables = {} }: HookCommand): string {
  const refuse = (why: string) => new CutoverError('E_USAGE', `A hook asked for a program, and ${why}.`);
  const [program = ''] = argv;
  if (program === '') throw refuse('named none');
  // That would be an assignment.
  if (program.includes('=')) throw refuse(`"${program}" cannot be one`);
  const odd = Object.keys(variables).find((name) => !VARIABLE.test(name));
  if (odd !== undefined) throw refuse(`"${odd}" is no name of a variable`);
  return quoteAll(argv);
}

/** The end of a text that comes line by line. What is longer by far is cut now and then, so that each line costs what it holds. */
function tailOf(keptBytes: number): { push(line: string): void; text(): string } {
  let kept: Buffer[] = [];
  let sizeBytes = 0;
  const cut = () => {
    const end = Buffer.concat(kept).subarray(-keptBytes);
    kept = [end];
    sizeBytes = end.length;
    return end;
  };
  return {
    push(line) {
      const text = Buffer.from(`${line}\n`);
      kept.push(text);
      sizeBytes += text.length;
      if (sizeBytes > 2 * keptBytes) cut();
    },
    text: () => cut().toString('utf8'),
  };
}
