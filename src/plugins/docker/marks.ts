import { Transform } from 'node:stream';

/**
 * Takes lines `MARKER NUMBER` out of a stream, wherever they begin, and tells their numbers. All else passes as it is, and
 * is held back only as long as it may be the beginning of a marker.
 */
export function takeMarks(marker: string, onMark: (number: number) => void): Transform {
  const sought = Buffer.from(`${marker} `);
  let held: Buffer = Buffer.alloc(0);

  const take = (chunk: Buffer, pass: (rest: Buffer) => void): void => {
    let data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      const at = data.indexOf(sought);
      const end = at < 0 ? -1 : data.indexOf('\n', at + sought.length);
      const heldFrom = at < 0 ? data.length - beginningAtEnd(data, sought) : end < 0 ? at : null;
      pass(data.subarray(0, heldFrom ?? at));
      if (heldFrom !== null) {
        held = data.subarray(heldFrom);
        return;
      }
      onMark(Number(data.toString('latin1', at + sought.length, end)));
      data = data.subarray(end + 1);
    }
  };

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      take(chunk, (rest) => {
        if (rest.length > 0) this.push(rest);
      });
      done();
    },
    flush(done) {
      done(null, held);
    },
  });
}

/** How many bytes at the end of `data` may be the beginning of what is sought. */
function beginningAtEnd(data: Buffer, sought: Buffer): number {
  for (let length = Math.min(sought.length - 1, data.length); length > 0; length--) {
    if (data.subarray(data.length - length).equals(sought.subarray(0, length))) return length;
  }
  return 0;
}
