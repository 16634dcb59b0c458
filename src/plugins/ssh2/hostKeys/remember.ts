import { createHmac, randomBytes } from 'node:crypto';
import { appendFile, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { keyType } from './fingerprint.ts';

/** Adds a key to a known_hosts file, which is made where there is none. One write, so that lines do not mix. */
export async function remember(
  file: string,
  name: string,
  key: Buffer,
  options: { readonly hashed: boolean },
): Promise<void> {
  const line = `${options.hashed ? hashName(name) : name} ${keyType(key)} ${key.toString('base64')}\n`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const separator = (await endsInMidLine(file)) ? '\n' : '';
  await appendFile(file, separator + line, { mode: 0o600 });
}

function hashName(name: string): string {
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
}

async function endsInMidLine(file: string): Promise<boolean> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return false;
  try {
    const { size } = await handle.stat();
    if (size === 0) return false;
    const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position: size - 1 });
    return buffer.toString() !== '\n';
  } finally {
    await handle.close();
  }
}
