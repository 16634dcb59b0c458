import { expect, test } from 'vitest';
import { targetOf } from '../testing/engineHere.ts';
import { manifestOf } from '../testing/trees.ts';
import { planSync } from './syncWork.ts';
import { wholeFiles } from './wholeFiles.ts';

test('where something has arrived that would not be sent, nothing is relied on', () => {
  const wanted = manifestOf({ a: 'x', b: 'y' });
  const { diff } = planSync(
    { manifest: null, pending: null },
    wanted,
    false,
    targetOf('20260101000001', wanted),
  );
  const file = (path: string, sizeBytes = 1, modifiedAtSec = 5) => ({ path, sizeBytes, modifiedAtSec });
  expect([...wholeFiles([file('a'), file('b')], diff, 5)]).toEqual(['a', 'b']);
  expect([...wholeFiles([file('a', 0), file('b', 1, 6)], diff, 5)]).toEqual([]);
  expect([...wholeFiles([file('a'), file('stranger')], diff, 5)]).toEqual([]);
});
