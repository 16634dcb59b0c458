import { expect, test } from 'vitest';
import { channelsThatPay, MOST_CHANNELS, mayBeShared, startPace, WINDOW_BYTES } from './channels.ts';

const MIB = 1024 ** 2;

test.each([
  ['much on a long way', 100 * MIB, 100, true],
  ['little', 10 * MIB, 100, false],
  ['a short way', 1000 * MIB, 10, false],
  ['a way that nobody has measured', 1000 * MIB, null, false],
])('%s: several channels may pay, or not', (_, bytes, roundTripMs, isSo) => {
  expect(mayBeShared({ bytes, roundTripMs })).toBe(isSo);
});

const held = { channels: 1, roundTripMs: 100, leftBytes: 90 * MIB, most: MOST_CHANNELS };
const perMs = (mib: number) => (mib * MIB) / 1000;

test.each([
  ['the window lets no more through', { ...held, bytesPerMs: perMs(18) }, 3],
  ['the line is narrower than one window', { ...held, bytesPerMs: perMs(8) }, 1],
  ['so many fill the line', { ...held, channels: 3, bytesPerMs: perMs(30) }, 3],
  ['three are held up too', { ...held, channels: 3, bytesPerMs: perMs(55) }, 6],
  ['all that there may be are open', { ...held, channels: 6, bytesPerMs: perMs(110) }, 6],
  ['it is nearly over', { ...held, bytesPerMs: perMs(18), leftBytes: 10 * MIB }, 1],
  ['the server allows no more', { ...held, bytesPerMs: perMs(18), most: 1 }, 1],
])('%s', (_, sending, channels) => {
  expect(channelsThatPay(sending)).toBe(channels);
});

test('the pace is that of the line, not of the buffers that are filled first', () => {
  let ms = 0;
  const pace = startPace(() => ms);
  const send = (windows: number, msEach: number) => {
    const told: number[] = [];
    for (let quarter = 0; quarter < windows * 4; quarter++) {
      ms += msEach / 4;
      const each = pace.sent(WINDOW_BYTES / 4);
      if (each !== null) told.push(Math.round(WINDOW_BYTES / each));
    }
    return told;
  };
  expect(send(2, 1)).toEqual([]);
  expect(send(2, 100)).toEqual([75, 100]);
  pace.restart(3);
  expect(send(6, 1)).toEqual([]);
});
