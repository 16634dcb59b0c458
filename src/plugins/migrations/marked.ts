/** The names in a marker file, in its order and each once. No file: none. */
export function markedIn(file: Uint8Array | null): readonly string[] {
  if (file === null) return [];
  // The decoder takes a byte order mark away.
  const lines = new TextDecoder().decode(file).split(/\r\n|\n|\r/);
  return [
    ...new Set(lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))),
  ];
}

/** What going back from one to the other would have to undo. */
export function crossed(live: readonly string[], target: readonly string[]): readonly string[] {
  const kept = new Set(target);
  return live.filter((name) => !kept.has(name));
}
