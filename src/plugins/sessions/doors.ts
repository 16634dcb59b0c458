import pLimit, { type LimitFunction } from 'p-limit';

/** sshd begins to drop logins at random when ten are under way (sshd_config, MaxStartups 10:30:100). */
const AT_ONCE = 8;

const doors = new Map<string, LimitFunction>();

/**
 * Lets some logins wait, so that never more than eight are under way at one `host:port`, whichever servers lie behind it:
 * many may be reached through one jump host. For the whole process, because each server has a transport of its own.
 */
export function atDoor<T>(host: string, port: number, logIn: () => Promise<T>): Promise<T> {
  const name = `${host.toLowerCase()}:${port}`;
  const door = doors.get(name) ?? pLimit(AT_ONCE);
  doors.set(name, door);
  return door(logIn);
}
