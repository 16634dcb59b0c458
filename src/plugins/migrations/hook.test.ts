import { expect, test } from 'vitest';
import { CutoverError, type Json, type PlanningContext } from '../../core/contract/index.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

const TARGET = 'releases/20261120080000';

interface Given {
  readonly raw?: Json;
  readonly kind?: 'deploy' | 'rollback';
  readonly override?: string;
}

/** Files by path below the deploy path; an error is thrown. */
async function refusals(files: Readonly<Record<string, string | Error>>, given: Given = {}) {
  const scope = fakeScope();
  const context: PlanningContext = {
    ...fakeHookContext({}, scope),
    kind: given.kind ?? 'rollback',
    release: '20261120080000',
    previous: '20261121193811',
    override: given.override ?? null,
    readFile: async (path) => {
      const content = files[path];
      if (content instanceof Error) throw content;
      return content === undefined ? null : Buffer.from(content);
    },
  };
  const created = hook.create(hook.parse(given.raw ?? {}), scope);
  return { reasons: await created.refuse!(context), lines: scope.lines };
}

const live = (text: string) => ({ 'current/.irreversible-migrations': text });
const target = (text: string) => ({ [`${TARGET}/.irreversible-migrations`]: text });

test.each([
  ['no files', {}],
  ['the same in both', { ...live('drop_name\n'), ...target('drop_name\n') }],
  ['a target that has more', { ...live('drop_name\n'), ...target('drop_name\ndrop_mail\n') }],
  ['only a target', target('drop_name\n')],
  ['nothing but comments', live('# drop_name\n\n   \n')],
  ['another order, and other ends of lines', { ...live('a\r\nb\r\n'), ...target('\ufeffb\na') }],
])('%s: nothing is crossed', async (_, files) => {
  expect(await refusals(files)).toEqual({ reasons: [], lines: [] });
});

test('what the live release has and the target has not is refused, by name', async () => {
  const { reasons } = await refusals({
    ...live('create_users\r\ndrop_name\r\n# why\r\n  drop_mail  \r\ndrop_name'),
    ...target('create_users\n'),
  });
  expect(reasons).toEqual([
    'A rollback to 20261120080000 would cross migrations that cannot be undone: drop_name, drop_mail ' +
      `(current/.irreversible-migrations names them, ${TARGET}/.irreversible-migrations does not).`,
  ]);
});

test('a target without a file knows none of them', async () => {
  const { reasons } = await refusals(live('drop_name'));
  expect(reasons).toEqual([expect.stringContaining('cannot be undone: drop_name (')]);
});

test('many are counted', async () => {
  const names = Array.from({ length: 13 }, (_, index) => `m${index + 1}`);
  const { reasons } = await refusals(live(names.join('\n')));
  expect(reasons).toEqual([expect.stringContaining('m9, m10 and 3 more (')]);
});

test('what is no file cannot speak for the rollback', async () => {
  const isDirectory = new CutoverError('E_REMOTE', 'it is a directory.');
  const { reasons } = await refusals({ 'current/.irreversible-migrations': isDirectory });
  expect(reasons).toEqual([
    'Nobody can say which migrations a rollback to 20261120080000 would cross: ' +
      'current/.irreversible-migrations cannot be read: it is a directory.',
  ]);
});

test('a server that cannot be asked is no refusal', async () => {
  const gone = new CutoverError('E_UNREACHABLE', 'The connection was lost.');
  await expect(refusals({ 'current/.irreversible-migrations': gone })).rejects.toBe(gone);
});

test('a reason lets it pass, and is told with what is crossed', async () => {
  const { reasons, lines } = await refusals(live('drop_name'), { override: 'restored from the backup' });
  expect(reasons).toEqual([]);
  expect(lines).toEqual([
    expect.stringMatching(
      /cannot be undone: drop_name .* It is done all the same: restored from the backup$/,
    ),
  ]);
});

test('a deployment is never refused', async () => {
  expect(await refusals(live('drop_name'), { kind: 'deploy' })).toEqual({ reasons: [], lines: [] });
});

test('the marker may be somewhere else in the release', async () => {
  const { reasons } = await refusals(
    { 'current/db/one-way': 'drop_name' },
    { raw: { marker: 'db/one-way' } },
  );
  expect(reasons).toHaveLength(1);
});

test.each([
  [{ marker: '/etc/passwd' }],
  [{ marker: '../x' }],
  [{ marker: '' }],
  [{ marker: 'a//b' }],
  [{ file: 'x' }],
])('%j is refused', (raw) => {
  expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
});

test('it does nothing when its turn comes', async () => {
  await hook.create(hook.parse({}), fakeScope()).run(fakeHookContext());
});
