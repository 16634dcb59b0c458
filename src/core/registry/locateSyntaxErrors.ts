import { execFile } from 'node:child_process';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { thrownAt } from '../config/thrownAt.ts';
import { messageOf } from '../contract/index.ts';

/**
 * Runs what imports modules. Where one of them is no JavaScript, the stack of the error begins with its file and line, as it does
 * where Node itself prints one: what is caught from an `import()` says neither.
 */
export async function locateSyntaxErrors<T>(work: () => PromiseLike<T> | T): Promise<T> {
  const resolved = new Set<string>();
  const watching = registerHooks({
    resolve(specifier, context, nextResolve) {
      const result = nextResolve(specifier, context);
      if (result.url.startsWith('file:')) resolved.add(result.url);
      return result;
    },
  });
  try {
    return await work();
  } catch (error) {
    if (error instanceof SyntaxError && thrownAt(error) === null) {
      const place = await firstBroken([...resolved], error);
      if (place !== null) error.stack = `${place}\n${error.stack}`;
    }
    throw error;
  } finally {
    watching.deregister();
  }
}

async function firstBroken(urls: readonly string[], error: SyntaxError): Promise<string | null> {
  for (const url of urls) {
    const said = await checked(fileURLToPath(url));
    const [place = ''] = said.split('\n');
    if (said.includes(messageOf(error)) && /:\d+$/.test(place)) return place;
  }
  return null;
}

const DEADLINE_MS = 5_000;

/** What Node says against a file, of which it runs nothing. */
function checked(file: string): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve) => {
    const options = { env, timeout: DEADLINE_MS };
    execFile(process.execPath, ['--check', file], options, (_error, _stdout, stderr) => resolve(stderr));
  });
}
