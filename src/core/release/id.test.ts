import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isReleaseId, nextReleaseId, releaseTimeSec } from './id.ts';

const moments = fc.date({
  min: new Date('1970-01-01T00:00:00Z'),
  max: new Date('2099-12-31T00:00:00Z'),
  noInvalidDate: true,
});

test('an id is the time in UTC', () => {
  expect(nextReleaseId(new Date('2026-11-21T19:38:11.999Z'), [])).toBe('20261121193811');
  expect(nextReleaseId(new Date('2026-01-02T03:04:05+02:00'), [])).toBe('20260102010405');
});

test.for([
  ['20261121193811', true],
  ['19700101000000', true],
  ['20991231235959', true],
  ['20240229000000', true],
  ['20230229000000', false],
  ['20269999000000', false],
  ['20261121193860', false],
  ['21000101000000', false],
  ['99999999999999', false],
  ['00000000000000', false],
  ['2026112119381', false],
  ['202611211938110', false],
  ['20261121193811.undone', false],
  ['２０２６１１２１１９３８１１', false],
  ['initial', false],
  ['', false],
] as const)('%s is a name of ours: %s', ([name, expected]) => {
  expect(isReleaseId(name)).toBe(expected);
});

test('an id is always one, and greater than every id that exists, whatever the clocks say', () => {
  const names = fc.oneof(
    moments.map((moment) => nextReleaseId(moment, [])),
    fc.constantFrom('99999999999999', '20269999999999', 'initial', 'zzz', '21000101000000', '20261231235959'),
  );
  fc.assert(
    fc.property(moments, fc.array(names, { maxLength: 10 }), (now, existing) => {
      const next = nextReleaseId(now, existing);
      expect(isReleaseId(next)).toBe(true);
      expect(existing).not.toContain(next);
      for (const id of existing.filter(isReleaseId)) expect(next > id).toBe(true);
    }),
  );
});

test('a clock that is behind, or two deployments in one second, count up over the ends of minutes and years', () => {
  const now = new Date('2020-01-01T00:00:00Z');
  expect(nextReleaseId(now, ['20261121193811', '20251121193811'])).toBe('20261121193812');
  expect(nextReleaseId(now, ['20261231235959'])).toBe('20270101000000');
  expect(nextReleaseId(now, ['20240228235959'])).toBe('20240229000000');
});

test('after the last id there is none', () => {
  expect(() => nextReleaseId(new Date('2026-01-01'), ['20991231235959'])).toThrow(
    expect.objectContaining({ code: 'E_REFUSED', message: expect.stringContaining('20991231235959') }),
  );
});

test('an id tells its moment', () => {
  fc.assert(
    fc.property(moments, (moment) => {
      expect(releaseTimeSec(nextReleaseId(moment, []))).toBe(Math.floor(moment.getTime() / 1000));
    }),
  );
});
