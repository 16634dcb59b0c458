/** What is wrong with an address to post to, or null. Never quotes it: it may be a secret. */
export function urlFault(text: string, allowInsecure: boolean): string | null {
  const url = URL.parse(text);
  if (url === null) return 'expected a URL';
  if (url.username !== '' || url.password !== '')
    return 'expected a URL without user and password: use `headers`';
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return 'expected a URL that begins with https://';
  if (allowInsecure || isLoopback(url.hostname)) return null;
  return 'expected https://, since what is sent would be readable on the way (`allowInsecure: true` lets http:// pass)';
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}
