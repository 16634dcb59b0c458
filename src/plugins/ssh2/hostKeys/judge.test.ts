import { expect, test } from 'vitest';
import { makeKey } from '../testing/server.ts';
import { fingerprint } from './fingerprint.ts';
import { hostKeyAlgorithms, judge, type Trust } from './judge.ts';
import { parseKnownHosts } from './knownHosts.ts';
import { hostKeyVerifier } from './verifier.ts';

const line = (type: 'ed25519' | 'ecdsa' | 'rsa') => makeKey(type).public.split(' ').slice(0, 2).join(' ');
const blob = (text: string) => Buffer.from(text.split(' ')[1] ?? '', 'base64');
const [mine, other, rsa] = [line('ed25519'), line('ed25519'), line('rsa')];

function trust(text: string, more: Partial<Trust> = {}): Trust {
  const knownHosts = parseKnownHosts(text, 'known');
  return { knownHosts, name: '[h]:2222', nameWithoutPort: 'h', pinned: [], acceptNew: false, ...more };
}

test.each<[string, Trust, object]>([
  ['known', trust(`[h]:2222 ${mine}`), { type: 'trusted' }],
  ['known without the port', trust(`h ${mine}`), { type: 'trusted' }],
  ['one of several', trust(`[h]:2222 ${other}\n[h]:2222 ${mine}`), { type: 'trusted' }],
  ['not known', trust(''), { type: 'unknown', otherTypes: [], authorityAt: null }],
  ['of another host', trust(`x ${mine}`), { type: 'unknown', otherTypes: [], authorityAt: null }],
  [
    'changed',
    trust(`[h]:2222 ${other}`),
    { type: 'changed', at: 'known:1', knownAs: fingerprint(blob(other)) },
  ],
  [
    'changed, though right without the port',
    trust(`[h]:2222 ${other}\nh ${mine}`),
    { type: 'changed', at: 'known:1', knownAs: fingerprint(blob(other)) },
  ],
  ['different without the port', trust(`h ${other}`), { type: 'unknown', otherTypes: [], authorityAt: null }],
  [
    'of another type',
    trust(`[h]:2222 ${rsa}`),
    { type: 'unknown', otherTypes: ['ssh-rsa'], authorityAt: null },
  ],
  [
    'certified',
    trust(`@cert-authority [h]:2222 ${other}`),
    { type: 'unknown', otherTypes: [], authorityAt: 'known:1' },
  ],
  ['revoked', trust(`[h]:2222 ${mine}\n@revoked * ${mine}`), { type: 'revoked', at: 'known:2' }],
  ['another one revoked', trust(`[h]:2222 ${mine}\n@revoked * ${other}`), { type: 'trusted' }],
  ['pinned', trust('', { pinned: [fingerprint(blob(mine))] }), { type: 'trusted' }],
  [
    'pinned, but revoked',
    trust(`@revoked * ${mine}`, { pinned: [fingerprint(blob(mine))] }),
    { type: 'revoked', at: 'known:1' },
  ],
  [
    'known, but another one pinned',
    trust(`[h]:2222 ${mine}`, { pinned: [fingerprint(blob(other))] }),
    { type: 'notPinned' },
  ],
  ['new, and new ones are let in', trust('', { acceptNew: true }), { type: 'accepted' }],
  [
    'changed, and new ones are let in',
    trust(`[h]:2222 ${other}`, { acceptNew: true }),
    { type: 'changed', at: 'known:1', knownAs: fingerprint(blob(other)) },
  ],
  [
    'of another type, and new ones are let in',
    trust(`[h]:2222 ${rsa}`, { acceptNew: true }),
    { type: 'unknown', otherTypes: ['ssh-rsa'], authorityAt: null },
  ],
])('a key that is %s', (_, given, verdict) => {
  expect(judge(given, blob(mine))).toEqual(verdict);
  const { verify } = hostKeyVerifier(given);
  const mayPass = 'type' in verdict && (verdict.type === 'trusted' || verdict.type === 'accepted');
  // A literal boolean: ssh2 takes everything that is not `false` for consent.
  expect(verify(blob(mine))).toBe(mayPass);
  expect(verify(blob(mine))).toBe(mayPass);
  expect(verify(blob(other))).toBe(false);
});

test('types that are known come first, and weak ones never', () => {
  const all = [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ];
  expect(hostKeyAlgorithms(trust(''))).toEqual(all);
  expect(hostKeyAlgorithms(trust(`h ${rsa}\n[h]:2222 ${mine}`)).slice(0, 3)).toEqual([
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-ed25519',
  ]);
  expect(hostKeyAlgorithms(trust('h ssh-dss AAAAB3NzaC1kc3M='))).toEqual(all);
});
