import { expect, test } from 'vitest';
import type { Json } from '../contract/index.ts';
import type { Fact } from '../journal/facts.ts';
import { skewOf } from './skew.ts';

function switched(server: string, output: Json): Fact {
  return { type: 'step.done', at: '2026-11-21T19:38:11Z', server, step: 'activate', ms: 1, output };
}

test('it is taken from the middles, and as uncertain as the bounds are wide', () => {
  const facts = [
    switched('web1', { earliestMs: 1000, latestMs: 1001 }),
    switched('web2', { earliestMs: 1004, latestMs: 1010 }),
    switched('web3', { earliestMs: 1002, latestMs: 1003 }),
  ];
  expect(skewOf(facts)).toEqual({ skewMs: 7, uncertaintyMs: 4 });
});

test('wide bounds may hide that all were at once', () => {
  const facts = [
    switched('web1', { earliestMs: 1000, latestMs: 1100 }),
    switched('web2', { earliestMs: 1010, latestMs: 1120 }),
  ];
  expect(skewOf(facts)).toEqual({ skewMs: 15, uncertaintyMs: 105 });
});

test('there is none where fewer than two were seen', () => {
  expect(skewOf([switched('web1', { earliestMs: 1, latestMs: 2 }), switched('web2', null)])).toBeNull();
});
