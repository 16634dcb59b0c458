import { quote } from '../contract/index.ts';

/** A shell text that waits until the condition holds, and ends with 1 when it does not within two minutes or a little more. */
export function untilSo(condition: string): string {
  const message = quote(`Waited in vain: ${condition}`);
  return `waits=0; until ${condition}; do waits=$((waits + 1)); [ "$waits" -le 2400 ] || { echo ${message} >&2; exit 1; }; sleep 0.05; done`;
}
