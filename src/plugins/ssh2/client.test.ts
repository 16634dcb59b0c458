import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('one file knows the ssh2 package, and makes the one client', async () => {
  const source = join(import.meta.dirname, '..', '..');
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testing/'),
  );
  const importing: string[] = [];
  const making: string[] = [];
  for (const file of files) {
    const text = await readFile(join(source, file), 'utf8');
    if (/(?:from|import|require)\s*\(?\s*['"]ssh2['"/]/.test(text)) importing.push(file);
    if (/new\s+(?:\w+\.)?Client\s*\(/.test(text)) making.push(file);
  }
  expect(importing).toEqual(['plugins/ssh2/client.ts']);
  expect(making).toEqual(['plugins/ssh2/client.ts']);
});
