/** Writes the JSON Schema of the configuration: node scripts/schema.ts [FILE] */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { configJsonSchema } from '../src/core/config/jsonSchema.ts';

const file = resolve(import.meta.dirname, '..', process.argv[2] ?? 'dist/cutover.schema.json');
await mkdir(dirname(file), { recursive: true });
await writeFile(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
