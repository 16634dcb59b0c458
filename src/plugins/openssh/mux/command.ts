import { CutoverError, type Exit } from '../../../core/contract/index.ts';
import type { Command } from '../../sessions/session.ts';
import { channelEnds } from './channel.ts';
import { MESSAGE } from './message.ts';
import type { Multiplex } from './multiplex.ts';
import type { Reader } from './wire.ts';

type Done = (error: Error | undefined, command?: Command) => void;

/** Opens a session on the server, and starts a command in it (RFC 4254, 6). */
export function startCommand(multiplex: Multiplex, command: string, done: Done): void {
  const exit = Promise.withResolvers<Exit>();
  const line = multiplex.attach({
    [MESSAGE.opened]: (packet) => {
      line.answer(packet.uint32());
      ends.allow(packet.uint32(), packet.uint32());
      line.send(MESSAGE.request, ['exec', true, command]);
    },
    [MESSAGE.refused]: (packet) => {
      line.detach();
      done(refusal(packet.uint32(), packet.text()));
    },
    [MESSAGE.success]: () => done(undefined, { channel: ends.channel, exit: exit.promise }),
    [MESSAGE.failure]: () => {
      ends.channel.close();
      done(new Error('Unable to exec'));
    },
    [MESSAGE.adjust]: (packet) => ends.allow(packet.uint32()),
    [MESSAGE.data]: (packet) => ends.receive(packet.bytes(), false),
    [MESSAGE.extendedData]: (packet) => {
      const isError = packet.uint32() === STDERR;
      ends.receive(packet.bytes(), isError);
    },
    [MESSAGE.eof]: () => ends.receiveEnd(),
    [MESSAGE.close]: () => {
      ends.receiveClose();
      line.detach();
    },
    [MESSAGE.request]: (packet) => {
      const end = exitOf(packet);
      if (end !== null) exit.resolve(end);
    },
  });
  const ends = channelEnds(line.send);
  void multiplex.lost.then((why) => {
    done(new CutoverError('E_UNKNOWN', `Could not start a command: ${why}.`));
    ends.lose();
  });
  line.open('session', ends.windowBytes, OUR_PACKET_BYTES);
}

const STDERR = 1;
const OUR_PACKET_BYTES = 32 * 1024;

function refusal(reason: number, description: string): Error {
  return Object.assign(new Error(`Channel open failure: ${description}`), { reason });
}

/** RFC 4254, 6.10. Null for other requests, for which nobody waits. */
function exitOf(packet: Reader): Exit | null {
  const name = packet.text();
  packet.byte();
  if (name === 'exit-status') return { type: 'code', code: packet.uint32() };
  if (name === 'exit-signal') return { type: 'signal', signal: `SIG${packet.text()}` };
  return null;
}
