import type { Change } from './history.ts';
import { pseudoRandom } from './synthetic.ts';

/** A file that does not compress, beside a small one; each generation has another 1 MB in the middle. */
export function largeFile(bytes: number, generation: number): readonly Change[] {
  const content = pseudoRandom(2, bytes);
  if (generation > 0) pseudoRandom(100 + generation, 1_000_000).copy(content, bytes / 2);
  return [
    { path: 'data/large.bin', content },
    { path: 'index.html', content: Buffer.from(`generation ${generation}\n`) },
  ];
}
