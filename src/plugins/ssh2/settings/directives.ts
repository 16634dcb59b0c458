/** What ssh_config says of one host: keywords in lower case, each with its values in order. */
export type Directives = ReadonlyMap<string, readonly string[]>;

/** The first value, or null; `none` is no value. */
export function directive(directives: Directives, keyword: string): string | null {
  const value = directives.get(keyword)?.[0];
  return value === undefined || value.toLowerCase() === 'none' ? null : value;
}

/** Values of a directive that lists several words, such as UserKnownHostsFile. */
export function words(directives: Directives, keyword: string): readonly string[] | null {
  const values = directives.get(keyword);
  if (values === undefined) return null;
  return values
    .flatMap((value) => value.split(/\s+/))
    .filter((word) => word !== '' && word.toLowerCase() !== 'none');
}
