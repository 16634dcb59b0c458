import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

export interface Site extends AsyncDisposable {
  /** Ends with a slash. */
  readonly url: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** A small web server whose document root is `current/public`, found anew for every request. */
export async function serve(deployPath: string): Promise<Site> {
  const root = join(deployPath, 'current', 'public');
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = join(root, path.endsWith('/') ? `${path}index.html` : path);
    const content = await readFile(file).catch((error: NodeJS.ErrnoException) => error);
    if (content instanceof Error) {
      response.writeHead(content.code === 'ENOENT' ? 404 : 500).end(content.code);
    } else {
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(content);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
