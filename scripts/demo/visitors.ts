import { setTimeout as delay } from 'node:timers/promises';

/** What a page says of itself. */
export interface Page {
  readonly version: string;
  readonly release: string;
}

/** What the visitors met with. */
export interface Tally {
  readonly requests: number;
  /** Everything but a whole page: other answers, no answer, half pages, pages made of two releases. */
  readonly failures: readonly string[];
  readonly pagesByVersion: ReadonlyMap<string, number>;
}

export interface Visitors extends AsyncDisposable {
  stop(): Promise<Tally>;
}

const PAUSE_MS = 2;

/** Asks for the page again and again, one request after another, until it is stopped. */
export function sendVisitors(url: string): Visitors {
  const failures: string[] = [];
  const pagesByVersion = new Map<string, number>();
  let requests = 0;
  let isStopped = false;
  const visit = async () => {
    while (!isStopped) {
      requests += 1;
      try {
        const { version } = await look(url);
        pagesByVersion.set(version, (pagesByVersion.get(version) ?? 0) + 1);
      } catch (error) {
        failures.push((error as Error).message);
      }
      await delay(PAUSE_MS);
    }
  };
  const visits = visit();
  const stop = async (): Promise<Tally> => {
    isStopped = true;
    await visits;
    return { requests, failures, pagesByVersion };
  };
  return {
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/** Rejects unless a whole page comes, all of it of one release. */
export async function look(url: string): Promise<Page> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  const html = await response.text();
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  const version = /id="version">(\d+)</.exec(html)?.[1];
  const releases = new Set([...html.matchAll(/\b\d{14}\b/g)].map(([release]) => release));
  const [release] = releases;
  if (version === undefined || release === undefined || !html.endsWith('</html>\n')) {
    throw new Error('the page is not whole');
  }
  if (releases.size > 1) throw new Error(`the page is made of ${[...releases].join(' and ')}`);
  return { version, release };
}
