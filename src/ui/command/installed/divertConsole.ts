import { Console } from 'node:console';
import { Writable } from 'node:stream';

/** From now on what plugins print with `console`, or write to stdout, is told line by line: that is for the result (`standardOutput.ts`). */
export function divertConsole(tell: (line: string) => void): void {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).replace(/\n$/, '').split('\n')) tell(line);
      done();
    },
  });
  Object.assign(console, new Console(stream));
  process.stdout.write = stream.write.bind(stream);
}
