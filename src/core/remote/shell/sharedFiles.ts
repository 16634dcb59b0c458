import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { CutoverError } from '../../contract/index.ts';
import type { SharedAdded } from '../engine.ts';
import type { Link } from '../link.ts';
import { HOME_PATH } from './homePath.ts';
import { runScript } from './run.ts';
import { renderScript } from './script.ts';
import { sh } from './sh.ts';

/**
 * Writes `shared/` as a tar archive into a new file of this machine. It stands between the two lines of every script of ours:
 * what a start-up file prints is before the first, and without the second the archive is not whole.
 */
export async function packShared(link: Link, path: string, file: string, signal: AbortSignal): Promise<void> {
  const { exec } = await link.connection(signal);
  if (exec === undefined)
    throw new CutoverError('E_CAPABILITY', `${link.server} runs no commands.`, { server: link.server });
  const nonce = randomBytes(12).toString('hex');
  const [opening, closing] = [`\n${nonce} begin\n`, `${nonce} end\n`];
  await using target = await open(file, 'wx', 0o600);
  // In their order, and no more in memory than waits for the disk.
  let writing: Promise<unknown> = Promise.resolve();
  let before: Buffer | null = Buffer.alloc(0);
  let sizeBytes = 0;
  const keep = (bytes: Buffer) => {
    sizeBytes += bytes.length;
    writing = writing.then(() => target.write(bytes));
    writing.catch(() => {});
  };
  const { exit, stderr, stdout } = await exec({
    argv: ['sh', '-s'],
    stdin: renderScript({ name: 'pack shared files', body: PACK, args: [path] }, nonce),
    signal,
    onStdout(chunk) {
      if (before === null) return keep(Buffer.from(chunk));
      before = Buffer.concat([before, chunk]);
      const at = before.indexOf(opening);
      if (at === -1) return;
      keep(Buffer.from(before.subarray(at + opening.length)));
      before = null;
    },
  });
  await writing;
  const isWhole =
    exit.type === 'code' && exit.code === 0 && Buffer.from(stdout).toString('latin1').endsWith(closing);
  if (!isWhole)
    throw new CutoverError(
      'E_REMOTE',
      `${link.server}: the shared files could not be read: ${Buffer.from(stderr).toString('utf8').trim() || 'the line was lost'}`,
      { server: link.server },
    );
  await target.truncate(sizeBytes - closing.length);
}

/** Adds what is in an archive of `packShared` to `shared/`. Whatever is there stays as it is. */
export async function addShared(
  link: Link,
  path: string,
  file: string,
  signal: AbortSignal,
): Promise<SharedAdded> {
  const nonce = randomBytes(6).toString('hex');
  const script = { name: 'add shared files', body: ADD, args: [path, nonce] };
  const fields = await runScript(link, script, { signal, upload: () => createReadStream(file) });
  return { added: fields.all('added'), kept: fields.all('kept') };
}

/** GNU tar says 1 where a file has changed while it was read, which files of a live site may do. */
const PACK = sh`${HOME_PATH}
home_path "$1"
enter "$base"
[ -d shared ] || { echo "$base/shared does not exist" >&2; return 1; }
status=0
tar -cf - -C shared . || status=$?
[ "$status" = 0 ] || { [ "$status" = 1 ] && tar --version 2>/dev/null | grep -q GNU; }`;

/** Into a place of its own first, which the next deployment sweeps: so an upload that is cut short has added nothing. */
const ADD = sh`${HOME_PATH}
merge() {
  for each in "$new/$1"* "$new/$1".[!.]* "$new/$1"..?*; do
    [ -e "$each" ] || [ -L "$each" ] || continue
    name=$\{each#"$new/"}
    if [ -d "$each" ] && [ ! -L "$each" ] && [ -d "shared/$name" ] && [ ! -L "shared/$name" ]; then
      (merge "$name/")
    elif [ -e "shared/$name" ] || [ -L "shared/$name" ]; then field kept "$name"
    else
      mv -- "$each" "shared/$name"
      field added "$name"
    fi
  done
}
home_path "$1"
mkdir -p -- "$base"
enter "$base"
[ ! -L .cutover ] && [ ! -L shared ] || fail E_REFUSED "shared or .cutover is a symbolic link"
[ -d .cutover ] || mkdir -m 0700 .cutover 2>/dev/null || [ -d .cutover ]
[ -d .cutover/tmp ] || mkdir -m 0700 .cutover/tmp
mkdir -p shared
new=.cutover/tmp/shared.$2
rm -rf -- "$new"
mkdir -m 0700 "$new"
tar -xpf - -C "$new"
merge ''
rm -rf -- "$new"`;
