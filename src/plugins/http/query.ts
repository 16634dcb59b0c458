/** The address with these parameters, over any of the same name. What is no URL stays as it is, for `post` to refuse. */
export function withQuery(address: string, given: Readonly<Record<string, string | undefined>>): string {
  const url = URL.parse(address);
  if (url === null) return address;
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}
