import assert from 'node:assert/strict';
import type { ErrorCode } from '../../contract/index.ts';
import { failureOf, rejectsWith, soon } from './expectations.ts';
import { type Need, type Rule, rule, scopeOf, type TransportPlace } from './place.ts';

const rejecting = (
  name: string,
  need: Need & keyof TransportPlace & ('unreachable' | 'unauthenticated' | 'otherHostKey'),
  code: ErrorCode,
): Rule =>
  rule(`connect: ${name} is ${code}`, [need], async (place) => {
    const transport = await place[need]!();
    await rejectsWith(transport.connect(scopeOf(place, new AbortController().signal)), code);
  });

export const loginRules: readonly Rule[] = [
  rejecting('a server where nobody listens', 'unreachable', 'E_UNREACHABLE'),
  rejecting('a login that is not let in', 'unauthenticated', 'E_AUTHENTICATION'),
  rejecting('another host key than was expected', 'otherHostKey', 'E_HOST_KEY'),

  rule('connect: the signal ends the wait for a silent server', ['silent'], async (place) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const transport = await place.silent!();
    const connecting = failureOf(transport.connect(scopeOf(place, stop.signal)));
    setTimeout(() => stop.abort(reason), 50);
    assert.equal(await soon(connecting, 'connect()'), reason);
  }),
];
