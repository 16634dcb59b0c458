import { createCipheriv } from 'node:crypto';
import type { Change } from './history.ts';

/** As in trees of packages. */
const filesInDirectory = 7;
const parts = 20;
const smallestBytes = 128;
const largestBytes = 16_384;

/** Bytes that look random, the same for the same seed. */
export function pseudoRandom(seed: number, bytes: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** Text of 128 bytes to 16 KiB a file, small ones being more frequent (3.4 KB on average), seven in a directory. */
export function* syntheticTree(files: number): Generator<Change> {
  for (let index = 0; index < files; index++) yield file(index, 0);
}

/** Ten files all over the tree, others in each generation. */
export function* tenChanged(files: number, generation: number): Generator<Change> {
  for (let nth = 0; nth < 10; nth++) {
    yield file((Math.floor((nth * files) / 10) + generation * 7) % files, generation);
  }
}

/** A directory that holds a twentieth of all gets another name; `generation` counts from 1. */
export function renamedDirectory(generation: number): readonly Change[] {
  const name = (number: number): string => (number === 0 ? 'site/part-19' : `site/renamed-${number}`);
  return [{ from: name(generation - 1), to: name(generation) }];
}

function pathOf(index: number): string {
  const directory = Math.floor(index / filesInDirectory);
  const inPart = Math.floor(directory / parts);
  const part = String(directory % parts).padStart(2, '0');
  const below = inPart % 4 === 0 ? '' : `/below-${inPart % 4}`;
  return `site/part-${part}/group-${Math.floor(inPart / 4)}${below}/file-${index}.txt`;
}

const text = Buffer.from(pseudoRandom(1, 3 * largestBytes).toString('base64'));

function file(index: number, generation: number): Change {
  const scatter = ((index * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
  const bytes = Math.round(smallestBytes * (largestBytes / smallestBytes) ** scatter);
  const start = (index * 61) % (text.length - bytes);
  const title = Buffer.from(`file ${index}, generation ${generation}\n`);
  return { path: pathOf(index), content: Buffer.concat([title, text.subarray(start, start + bytes)]) };
}
