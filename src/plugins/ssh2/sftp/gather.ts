import type { SFTPWrapper } from '../client.ts';

/** What is inside of an SFTP channel of ssh2 1.17, which is pinned. */
interface Insides {
  _protocol?: Protocol;
  readonly outgoing?: { readonly id: number; readonly packetSize: number; readonly state: string };
}

interface Protocol {
  channelData(id: number, data: Buffer): void;
  channelClose(id: number): void;
}

/**
 * Requests of one turn leave together: ssh2 makes a packet of each, which is enciphered, written and read by itself,
 * and costs more than the request does. SFTP is a stream of bytes, so they may share one. Where what is known
 * of ssh2 is not found, it goes its own way.
 */
export function gatherRequests(channel: SFTPWrapper): void {
  const inside = channel as unknown as Insides;
  const { _protocol: protocol, outgoing } = inside;
  if (typeof protocol?.channelData !== 'function' || outgoing === undefined) return;
  let waiting: Buffer[] = [];
  let sizeBytes = 0;
  const send = () => {
    const data = waiting.length === 1 ? waiting[0] : Buffer.concat(waiting);
    waiting = [];
    sizeBytes = 0;
    if (data !== undefined && data.length > 0 && outgoing.state !== 'closed')
      protocol.channelData(outgoing.id, data);
  };
  const sendLater = () => {
    try {
      send();
    } catch (error) {
      channel.emit('error', error as Error);
    }
  };
  inside._protocol = Object.assign(Object.create(protocol) as Protocol, {
    channelData(_id: number, data: Buffer) {
      if (sizeBytes + data.length > outgoing.packetSize) send();
      if (waiting.length === 0) process.nextTick(sendLater);
      waiting.push(data);
      sizeBytes += data.length;
    },
    channelClose(id: number) {
      send();
      protocol.channelClose(id);
    },
  });
}
