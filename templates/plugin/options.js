// @ts-check
/** @import { Json, OptionIssue, SecretReference } from 'cutover/plugin' */

/**
 * Reads the options of an extension key by key. What a reader throws, and keys that have none, are told all at once, each
 * with its place in the configuration.
 * @template {Readonly<Record<string, (value: Json | undefined) => unknown>>} Readers
 * @param {Json} raw
 * @param {Readers} readers
 * @returns {{ readonly [Key in keyof Readers]: ReturnType<Readers[Key]> }}
 */
export function readOptions(raw, readers) {
  if (!isObject(raw)) throw optionsError([{ path: [], message: 'expected an object' }]);
  /** @type {OptionIssue[]} */
  const issues = Object.keys(raw)
    .filter((key) => !Object.hasOwn(readers, key))
    .map((key) => ({
      path: [key],
      message: `unknown key; expected one of ${Object.keys(readers).join(', ')}`,
    }));
  const read = Object.entries(readers).map(([key, reader]) => {
    try {
      return [key, reader(raw[key])];
    } catch (error) {
      issues.push({ path: [key], message: error instanceof Error ? error.message : String(error) });
      return [key, undefined];
    }
  });
  if (issues.length > 0) throw optionsError(issues);
  return Object.fromEntries(read);
}

/**
 * @param {string} [otherwise] When the key is not there. Without it, it has to be.
 * @returns {(value: Json | undefined) => string}
 */
export function text(otherwise) {
  return (value = otherwise) => {
    if (typeof value !== 'string' || value === '') throw new Error('expected a text');
    return value;
  };
}

/**
 * @param {Json | undefined} value
 * @returns {readonly string[]}
 */
export function texts(value = []) {
  if (!Array.isArray(value)) throw new Error('expected a list of texts');
  return value.map(text());
}

/**
 * @param {Json | undefined} value
 * @returns {SecretReference}
 */
export function secret(value) {
  const [key, name] = isObject(value) ? (Object.entries(value)[0] ?? []) : [];
  const isReference = isObject(value) && Object.keys(value).length === 1 && typeof name === 'string';
  if (isReference && key === 'env') return { env: name };
  if (isReference && key === 'file') return { file: name };
  if (isReference && key === 'command') return { command: name };
  throw new Error('expected a secret by reference, { env: NAME }, { file: PATH } or { command: "…" }');
}

/**
 * @param {Json | undefined} value
 * @returns {value is Readonly<Record<string, Json>>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {readonly OptionIssue[]} issues */
function optionsError(issues) {
  return Object.assign(new Error(issues.map(({ message }) => message).join('; ')), { issues });
}
