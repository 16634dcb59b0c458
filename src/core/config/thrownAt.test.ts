import { expect, test } from 'vitest';
import { thrownAt } from './thrownAt.ts';

const OWN = ['/opt/cutover/dist/', '/opt/cutover/node_modules'];

const withStack = (...lines: readonly string[]) =>
  Object.assign(new TypeError('no luck'), { stack: lines.join('\n') });

test.for([
  [
    ['TypeError: no luck', '    at refuse (file:///p/my%20hook.js:3:7)', '    at node:internal/x:1:2'],
    '/p/my hook.js:3:7',
  ],
  [['TypeError: no luck', '    at async file:///p/hook.js:3:7'], '/p/hook.js:3:7'],
  [['TypeError: no luck', '    at Object.<anonymous> (/p/hook.cjs:3:7)'], '/p/hook.cjs:3:7'],
  [['TypeError: no luck', '    at new Hook (C:\\p\\hook.cjs:3:7)'], 'C:\\p\\hook.cjs:3:7'],
  [
    [
      'TypeError: fetch failed',
      '    at node:internal/deps/undici/undici:1:2',
      '    at process.processTicksAndRejections (node:internal/process/task_queues:1:5)',
      '    at quote (file:///opt/cutover/dist/plugin.js:9:9)',
      '    at parse (/opt/cutover/node_modules/zod/index.js:1:1)',
      '    at async Object.fetch (file:///p/source.js:12:20)',
      '    at async caller (file:///p/other.js:1:1)',
    ],
    '/p/source.js:12:20',
  ],
  [
    ['/p/broken.cjs:2', 'module.exports = {', '', 'SyntaxError: …', '    at wrapSafe (node:x:1:1)'],
    '/p/broken.cjs:2',
  ],
  [['TypeError: no luck', '    at load (file:///opt/cutover/dist/main.js:1:1)'], null],
  [['TypeError: no luck at /p/x.js:1:1'], null],
] as const)('of %j it is %j', ([stack, place]) => {
  expect(thrownAt(withStack(...stack), OWN)).toBe(place);
});

test.for([['a text'], [null], [Object.assign(new Error('x'), { stack: undefined })]])(
  'what has no stack does not tell: %s',
  ([error]) => {
    expect(thrownAt(error)).toBeNull();
  },
);

test('the code of this program is none of a plugin', () => {
  expect(thrownAt(new Error('ours'))).toBeNull();
});
