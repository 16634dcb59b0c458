/** The last bytes of a stream. Holds at most `limitBytes` and a megabyte, however much flows through it. */
export interface Tail {
  push(chunk: Uint8Array): void;
  bytes(): Uint8Array;
}

/** Copying now and then is cheaper than with every chunk. */
const SLACK_BYTES = 1024 * 1024;

export function keepTail(limitBytes: number): Tail {
  let chunks: Uint8Array[] = [];
  let heldBytes = 0;

  const shrink = (): Uint8Array => {
    const whole = Buffer.concat(chunks);
    // A copy: a slice would keep the memory of all that flowed through it.
    const tail = limitBytes === 0 ? Buffer.alloc(0) : Buffer.from(whole.subarray(-limitBytes));
    chunks = [tail];
    heldBytes = tail.length;
    return tail;
  };

  return {
    push: (chunk) => {
      chunks.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes > limitBytes + SLACK_BYTES) shrink();
    },
    bytes: shrink,
  };
}
