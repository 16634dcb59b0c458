import { expect, expectTypeOf, test } from 'vitest';
import { type ConfigDefinition, defineConfig } from './defineConfig.ts';

const servers = { web1: { transport: 'here', path: '/srv', host: 'any option' } };
const config = { application: 'shop', source: { git: '.' }, environments: { a: { servers } } };

test('returns what it gets', () => {
  const make = () => config;
  expect(defineConfig(config)).toBe(config);
  expect(defineConfig(make)).toBe(make);
});

test('the compiler knows the keys', () => {
  type With<Environment> = Omit<typeof config, 'environments'> & { environments: { a: Environment } };
  type Servers = { servers: typeof servers };
  expectTypeOf<With<Servers & { keep: 'all' }>>().toExtend<ConfigDefinition>();
  expectTypeOf<With<Servers & { keep: 'some' }>>().not.toExtend<ConfigDefinition>();
  expectTypeOf<With<{ servers: { web1: { extends: 'web'; host: 'a' } } }>>().toExtend<ConfigDefinition>();
  expectTypeOf<With<{ servers: { web1: { host: 'a' } } }>>().not.toExtend<ConfigDefinition>();
  expectTypeOf<With<{ keep: 3 }>>().not.toExtend<ConfigDefinition>();
  type From<Source> = Omit<typeof config, 'source'> & { source: Source };
  expectTypeOf<From<{ gti: '.' }>>().not.toExtend<ConfigDefinition>();
  expectTypeOf<From<{ registry: { name: 'a' }; exclude: string[] }>>().toExtend<ConfigDefinition>();
  expectTypeOf<From<{ registry: { name: 'a' }; deadline: '30m' }>>().toExtend<ConfigDefinition>();
});
