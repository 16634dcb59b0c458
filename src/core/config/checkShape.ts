import type { z } from 'zod';
import type { ConfigDocument, Path } from './document.ts';
import { configIssues } from './issues.ts';
import { type CheckedConfig, configSchema } from './schema.ts';
import type { ConfigIssue } from './types.ts';

/** Compares a document with the schema. What extensions read is not looked into. */
export function checkShape(
  document: ConfigDocument,
): { readonly config: CheckedConfig } | { readonly issues: readonly ConfigIssue[] } {
  const result = configSchema.safeParse(document.raw);
  if (result.success) return { config: result.data };
  const context = { document, base: [], expected: expectedOf, knownKeys };
  return { issues: configIssues(result.error.issues, context) };
}

/** In our schema the text of every error is what was expected. */
function expectedOf({ message }: { readonly message: string }): string {
  return message;
}

function knownKeys(path: Path): readonly string[] {
  return [...new Set(path.reduce(childrenOf, [configSchema] as readonly z.core.$ZodType[]).flatMap(keysOf))];
}

/** What may stand under a key of any of these schemas. */
function childrenOf(schemas: readonly z.core.$ZodType[], key: string | number): readonly z.core.$ZodType[] {
  return schemas.flatMap(formsOf).flatMap(({ _zod: { def } }): readonly z.core.$ZodType[] => {
    if (isObject(def)) return def.shape[key] === undefined ? [] : [def.shape[key]];
    if (isArray(def)) return [def.element];
    return isRecord(def) ? [def.valueType] : [];
  });
}

function keysOf(schema: z.core.$ZodType): readonly string[] {
  return formsOf(schema).flatMap(({ _zod: { def } }) => (isObject(def) ? Object.keys(def.shape) : []));
}

/** A schema without its wrappers; of a union all members. */
function formsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = schema._zod;
  if (isUnion(def)) return def.options.flatMap(formsOf);
  return isWrapper(def) ? formsOf(def.innerType) : [schema];
}

type Def = z.core.$ZodTypeDef;
const isObject = (def: Def): def is z.core.$ZodObjectDef => def.type === 'object';
const isArray = (def: Def): def is z.core.$ZodArrayDef => def.type === 'array';
const isRecord = (def: Def): def is z.core.$ZodRecordDef => def.type === 'record';
const isUnion = (def: Def): def is z.core.$ZodUnionDef => def.type === 'union';
const isWrapper = (def: Def): def is z.core.$ZodOptionalDef =>
  def.type === 'optional' || def.type === 'default';
