import type { Reporter } from './reporter.ts';

/** Tells each of them, in order. */
export function together(reporters: readonly Reporter[]): Reporter {
  return {
    event: (event) => {
      for (const reporter of reporters) reporter.event(event);
    },
    end: () => {
      for (const reporter of reporters) reporter.end();
    },
  };
}
