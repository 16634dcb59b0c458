import { expect, test } from 'vitest';
import { parseKey } from '../client.ts';
import { makeKey } from '../testing/server.ts';
import type { AgentKey } from './agent.ts';
import type { Identity } from './identity.ts';
import { type Given, planLogin } from './plan.ts';

const keys = Array.from({ length: 8 }, () => parseKey(makeKey('ed25519').private));
const publicKey = (index: number) => keys[index]?.getPublicSSH() ?? Buffer.alloc(0);

const usable = (index: number): Identity => ({
  type: 'usable',
  file: `/k${index}`,
  key: keys[index] as never,
  publicKey: publicKey(index),
});
const locked = (index: number): Identity => ({
  type: 'locked',
  file: `/k${index}`,
  publicKey: publicKey(index),
});
const held = (index: number): AgentKey => ({
  key: publicKey(index),
  type: 'ssh-ed25519',
  comment: `a${index}`,
});

function plan(given: Partial<Given>) {
  const { tries, notes } = planLogin({
    identities: [],
    identitiesNamed: true,
    identitiesOnly: false,
    agentKeys: [],
    hasPassword: false,
    ...given,
  });
  return { labels: tries.map(({ label }) => label), notes };
}

test('keys that are named come first, then the agent’s others, then the password', () => {
  expect(plan({ identities: [usable(0)], agentKeys: [held(1)], hasPassword: true }).labels).toEqual([
    'key /k0',
    "the agent's a1",
    'the password',
    'the password, keyboard-interactive',
  ]);
});

test('of keys that nobody named, the agent’s come before the default files', () => {
  expect(plan({ identities: [usable(0)], identitiesNamed: false, agentKeys: [held(1)] }).labels).toEqual([
    "the agent's a1",
    'key /k0',
  ]);
});

test('a locked key is used through the agent that has it, and no key twice', () => {
  expect(plan({ identities: [locked(0), usable(1)], agentKeys: [held(1), held(0)] })).toEqual({
    labels: ['key /k0 (by the agent)', 'key /k1'],
    notes: [],
  });
  expect(plan({ identities: [locked(0)] })).toEqual({
    labels: [],
    notes: ['/k0 needs a passphrase, and the agent does not have it'],
  });
});

test('a public key names one of the agent', () => {
  const identity: Identity = { type: 'public', file: '/k0.pub', publicKey: publicKey(0) };
  expect(
    plan({ identities: [identity], identitiesOnly: true, agentKeys: [held(1), held(0)] }).labels,
  ).toEqual(['key /k0.pub (by the agent)']);
});

test('only the named ones, where that is wanted', () => {
  expect(plan({ identities: [usable(0)], identitiesOnly: true, agentKeys: [held(1)] }).labels).toEqual([
    'key /k0',
  ]);
});

test('many keys in the agent leave room for what comes after, since a server takes six attempts', () => {
  const agentKeys = [1, 2, 3, 4, 5, 6, 7].map(held);
  const { labels, notes } = plan({
    identities: [usable(0)],
    identitiesNamed: false,
    agentKeys,
    hasPassword: true,
  });
  expect(labels).toEqual([
    "the agent's a1",
    "the agent's a2",
    "the agent's a3",
    'key /k0',
    'the password',
    'the password, keyboard-interactive',
  ]);
  expect(notes).toEqual([expect.stringContaining('the agent has 4 more keys')]);
});

test('what ssh2 cannot use is named', () => {
  const certificate = { key: Buffer.from('x'), type: 'ssh-ed25519-cert-v01@openssh.com', comment: '' };
  const broken: Identity = {
    type: 'broken',
    file: '/sk',
    why: 'sk-ssh-ed25519@openssh.com is not supported by the ssh2 transport',
  };
  expect(plan({ identities: [broken], agentKeys: [certificate] })).toEqual({
    labels: [],
    notes: [
      "the agent's ssh-ed25519-cert-v01@openssh.com is not supported by the ssh2 transport",
      '/sk: sk-ssh-ed25519@openssh.com is not supported by the ssh2 transport',
    ],
  });
});
