/**
 * The variables of this process without those that would lead git elsewhere (`GIT_DIR`, `GIT_INDEX_FILE`, … are set
 * in hooks), with messages in English, no questions, and commits as they are, not as replace refs show them.
 */
export function cleanEnvironment(): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (!name.startsWith('GIT_') || HARMLESS.test(name))) env[name] = value;
  }
  return { ...env, ...OURS };
}

/** Where git's own parts and settings are, and how it logs in to fetch what a partial clone lacks. */
const HARMLESS = /^GIT_(EXEC_PATH|CONFIG_|SSH|SSL_|ASKPASS)/;

const OURS = {
  LC_ALL: 'C',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
} as const;
