import { expect, test } from 'vitest';
import { messageOf } from '../contract/index.ts';
import type { Observation } from '../remote/observation.ts';
import type { Tree } from '../testing/trees.ts';
import { planDeployment } from './planDeployment.ts';
import { environment, everywhere, facts, seen } from './testing/facts.ts';

/** Why a plan is refused, a line each, for web1 alone; empty when it is not. */
function refused(
  changes: Partial<Observation>,
  tree: Tree = { 'index.html': 'one' },
  shared: Shared = {},
): readonly string[] {
  const observations = new Map([
    ['web1', seen(changes)],
    ['web2', seen({ shared: { '.env': 'file' } })],
  ]);
  const chosen = environment({ shared: { directories: [], files: [], ...shared } });
  try {
    planDeployment(facts(tree, { observations, environment: chosen }));
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_REFUSED', hint: expect.any(String) });
    expect(messageOf(error)).toMatch(/^Nothing was touched\. /);
    return messageOf(error).replace('Nothing was touched. ', '').split('\n');
  }
}

type Shared = { readonly directories?: readonly string[]; readonly files?: readonly string[] };

test.for([
  ['a real directory', { kind: 'directory' }, /web1: \/srv\/shop\/current is a real directory, not a link/],
  ['a file', { kind: 'other' }, /current is a file, not a link/],
  [
    'a link out of releases',
    { kind: 'link', text: '/tmp', release: null, dangling: false },
    /leads outside releases\/, to \/tmp/,
  ],
] as const)('current that is %s', ([, current, why]) => {
  expect(refused({ current })).toEqual([expect.stringMatching(why)]);
});

test('a link that leads nowhere is repaired, not refused', () => {
  expect(refused({ current: { kind: 'link', text: 'releases/x', release: 'x', dangling: true } })).toEqual(
    [],
  );
});

test('everything that stands against it is said at once, and how to mend it', () => {
  const observations = everywhere(
    seen({
      writable: false,
      misplaced: ['releases', 'shared'],
      tools: new Set(['tar', 'cp', 'mv', 'ln', 'rm']),
    }),
  );
  const all = [
    '/srv/shop/releases is a link or a file, not a directory',
    '/srv/shop/shared is a link or a file, not a directory',
    'deploy may not write to /srv/shop',
    'it has no find, xargs, readlink',
  ];
  expect(() => planDeployment(facts({}, { observations }))).toThrow(
    expect.objectContaining({
      message: `Nothing was touched. ${['web1', 'web2'].flatMap((name) => all.map((why) => `${name}: ${why}`)).join('\n')}`,
      hint: expect.stringContaining('chown deploy /srv/shop'),
    }),
  );
});

test.for([
  [
    'a shared file that is nowhere',
    {},
    {},
    { files: ['.env'] },
    ['the shared file /srv/shop/shared/.env does not exist'],
  ],
  ['a shared file that the source brings', {}, { '.env': 'x' }, { files: ['.env'] }, []],
  ['a shared file that is there', { shared: { '.env': 'file' } }, {}, { files: ['.env'] }, []],
  ['a shared file that is a link', { shared: { '.env': 'link' } }, {}, { files: ['.env'] }, []],
  [
    'a shared file that is a directory',
    { shared: { '.env': 'directory' } },
    {},
    { files: ['.env'] },
    ['/srv/shop/shared/.env is a directory'],
  ],
  [
    'a shared directory that is a file',
    { shared: { up: 'file' } },
    {},
    { directories: ['up'] },
    ['/srv/shop/shared/up is not a directory'],
  ],
  ['a shared directory that is nowhere', {}, {}, { directories: ['up'] }, []],
  [
    'a shared directory for which the source has a file',
    {},
    { up: 'x' },
    { directories: ['up'] },
    [/up is a file in the source/],
  ],
  [
    'a shared path below a link of the source',
    {},
    { real: null, public: { to: 'real' } },
    { directories: ['public/up'] },
    [/public\/up cannot be linked: public is a link in the source/],
  ],
  [
    'a shared path below a file of the source',
    {},
    { public: 'x' },
    { directories: ['public/a/up'] },
    [/public is a file in the source/],
  ],
] as const satisfies readonly (readonly [
  string,
  Partial<Observation>,
  Tree,
  Shared,
  readonly (string | RegExp)[],
])[])('%s', ([, changes, tree, shared, expected]) => {
  const lines = refused(changes, tree, shared).filter((line) => line.startsWith('web1: '));
  expect(lines).toEqual(
    expected.map((why) => (typeof why === 'string' ? `web1: ${why}` : expect.stringMatching(why))),
  );
});

test('what does not fit is refused too', () => {
  expect(refused({ freeBytes: 1000, freeInodes: 10 })).toEqual([
    expect.stringMatching(/^web1: .* has 1000 bytes free/),
    expect.stringMatching(/^web1: .* has 10 inodes free/),
  ]);
});
