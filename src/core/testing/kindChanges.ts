import type { Tree } from './trees.ts';

/** Trees in which a path is one thing, and then another. */
export const KIND_CHANGES = [
  [{ x: 'file' }, { 'x/inner': 'now a directory' }],
  [{ 'x/inner': 'a directory' }, { x: 'now a file' }],
  [{ 'x/inner': 'a directory' }, { x: { to: 'y' }, y: 'now a link' }],
  [
    { x: { to: 'y' }, 'y/z': 'a link to a directory' },
    { 'x/z': 'now a directory', 'y/z': 'untouched' },
  ],
  [
    { x: 'file', y: 'y' },
    { x: { to: 'y' }, y: 'y' },
  ],
  [
    { x: { to: 'y' }, y: 'y' },
    { x: 'file', y: 'y' },
  ],
  [
    { 'x/inner': '1', 'x/more': '2', 'y/inner': '3' },
    { x: { to: 'y' }, 'y/inner': '3' },
  ],
  [
    { a: 'one', 'b/c': 'x' },
    { a: 'two', 'd/e': 'y' },
  ],
] as readonly (readonly [Tree, Tree])[];
