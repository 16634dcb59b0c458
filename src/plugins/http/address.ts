import { lookup as resolveName } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

/** What is wrong with an address to post to, or null. Never quotes it: it may be a secret. */
export function urlFault(text: string, allowInsecure: boolean): string | null {
  const url = URL.parse(text);
  if (url === null) return 'expected a URL';
  if (url.username !== '' || url.password !== '')
    return 'expected a URL without user and password: use `headers`';
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return 'expected a URL that begins with https://';
  if (allowInsecure || namesThisMachine(url.hostname)) return null;
  if (url.protocol === 'http:')
    return 'expected https://, since what is sent would be readable on the way (`allowInsecure: true` lets http:// pass)';
  const address = bare(url.hostname);
  return isIP(address) !== 0 && isPrivate(address) ? `expected a public address: ${privateAddress}` : null;
}

/**
 * A lookup for node:http that refuses names of private addresses, among them those that clouds give their secrets from
 * (169.254.169.254). It is asked by the connection itself, so that a name cannot change between the check and the use.
 * `mayProxy`: another name is that of a proxy, which stands where it stands, and looks up the host itself.
 */
export function lookupFor(host: string, allowInsecure: boolean, mayProxy = false): LookupFunction {
  const isAllowed = (address: string) =>
    allowInsecure || (namesThisMachine(host) ? isLoopback(address) : !isPrivate(address));
  return (hostname, options, done) => {
    if (mayProxy && hostname !== host) return resolveName(hostname, options, done as never);
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '');
      const bad = addresses.find(({ address }) => !isAllowed(address));
      if (bad !== undefined) return done(new PrivateAddressError(), '');
      if (options.all === true) return done(null, addresses);
      done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

const privateAddress = 'it leads into a private network (`allowInsecure: true` lets that pass)';

class PrivateAddressError extends Error {
  readonly code = 'PRIVATE_ADDRESS';
  constructor() {
    super(privateAddress);
  }
}

/** Who writes it means it, and nothing leaves the machine. */
export function namesThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isLoopback(bare(host));
}

/** An IPv6 address stands in brackets in a URL. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

const LOOPBACK = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);

/** Not public: https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. */
const PRIVATE = blockList([
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
]);

function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIPv6(net) ? 'ipv6' : 'ipv4');
  return list;
}
