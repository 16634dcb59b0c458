import * as z from 'zod';
import { configSchema } from './schema.ts';

/**
 * The configuration as JSON Schema (draft 2020-12), for editors. The options of extensions are left open. Optional
 * keys with a default are optional here too.
 */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, {
    target: 'draft-2020-12',
    io: 'input',
    override({ jsonSchema }) {
      // It says itself what is required, and when.
      if (jsonSchema.anyOf !== undefined && jsonSchema.properties !== undefined) delete jsonSchema.required;
    },
  });
  return { $schema, $id: 'urn:cutover:schema:1', title: 'Configuration of cutover', ...schema };
}
