import { expect, test } from 'vitest';
import { parseTemplate, templateFaults } from './noticeTemplate.ts';
import { load, production, wrong } from './testing/load.ts';

test('a template is text and names, line by line; a doubled brace is one', () => {
  expect(parseTemplate('{title}: {{x} \n{by}{at}')).toEqual([
    [{ name: 'title' }, ': ', '{', 'x} '],
    [{ name: 'by' }, { name: 'at' }],
  ]);
});

test.each([
  ['{relase}', 'names {relase}, which is not known; did you mean {release}?'],
  [
    '{title} {xyzzy}',
    expect.stringMatching(/^names \{xyzzy\}, which is not known; expected one of absent, /),
  ],
  ['{ title }', 'has a single brace; write {{ for one'],
  ['{"text": "{title}"}', 'has a single brace; write {{ for one'],
  ['{title', 'has a single brace; write {{ for one'],
])('%s is refused', (text, message) => {
  expect(templateFaults(text)).toMatchObject([{ message }]);
});

test('every fault is told; braces that close, and doubled ones, are none', () => {
  expect(templateFaults('{a} {b}\n{c}')).toHaveLength(3);
  expect(templateFaults('{{"text": "{title}"} }} {{{by}')).toEqual([]);
});

const notify = (entry: string) => production(`notify: [{ post: { url: { env: URL } }, ${entry} }]`);

test('what stands beside the name of a notifier says what it is told, and how', async () => {
  const { environments } = await load(
    notify('events: [failed, backToSuccess], deadline: 5s, text: "{title}\\n{by}"'),
  );
  expect(environments.production?.notify).toEqual([
    {
      name: 'post',
      options: { url: { env: 'URL' } },
      secrets: [{ env: 'URL' }],
      events: ['failed', 'backToSuccess'],
      deadlineMs: 5_000,
      text: '{title}\n{by}',
    },
  ]);
});

test('without them it is told of all but the start', async () => {
  const { environments } = await load(production('notify: [{ post: { url: { env: URL } } }]'));
  expect(environments.production?.notify).toMatchObject([
    {
      events: ['succeeded', 'failed', 'compensated', 'stranded', 'rolledBack', 'backToSuccess'],
      deadlineMs: null,
      text: null,
    },
  ]);
});

const at = 'environments.production.notify[0]';

test.each([
  [
    'events: [faild]',
    `${at}.events[0]: expected "started", "succeeded", "failed", "compensated", "stranded", "rolledBack" or "backToSuccess"; found "faild"`,
  ],
  ['events: []', `${at}.events: expected a list of at least one event; found an empty list`],
  [
    'deadline: 5',
    `${at}.deadline: expected a duration such as 500ms, 30s, 5m or 1h (at most 596h); found the number 5`,
  ],
  ['text: "{relase}"', `${at}.text: names {relase}, which is not known; did you mean {release}?`],
  ['text: ""', `${at}.text: expected a text with {placeholders}; found ""`],
])('%s is refused', async (entry, message) => {
  expect(await wrong(notify(entry))).toEqual([expect.stringMatching(/^cutover\.yaml:\d+:\d+ +/)]);
  expect((await wrong(notify(entry)))[0]).toContain(message);
});
