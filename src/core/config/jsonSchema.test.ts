import { expect, test } from 'vitest';
import { isObject, membersOf } from './document.ts';
import { configJsonSchema } from './jsonSchema.ts';

const schema = configJsonSchema();

function visit(
  node: unknown,
  seen: (node: Readonly<Record<string, unknown>>, path: string) => void,
  path = '',
) {
  if (isObject(node)) seen(node, path);
  for (const [key, child] of Array.isArray(node) ? [...node.entries()] : membersOf(node)) {
    visit(child, seen, `${path}/${key}`);
  }
}

test('says what it is, without a host', () => {
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:cutover:schema:1',
    title: 'Configuration of cutover',
    required: ['application', 'source', 'environments'],
  });
});

test('every key has a description that ends like a sentence', () => {
  const without: string[] = [];
  visit(schema, ({ properties }, path) => {
    for (const [key, property] of membersOf(properties)) {
      const described = isObject(property) && /\.$/.test(String(property.description));
      if (!described) without.push(`${path}/${key}`);
    }
  });
  expect(without).toEqual([]);
});

test('objects are closed, but for sources of plugins, servers, templates and options of extensions', () => {
  const open = new Set<string>();
  visit(schema, (node, path) => {
    if (isObject(node.properties) && node.additionalProperties !== false)
      open.add(path.replace(/(\/hooks\/properties\/)[^/]+/, '$1POINT'));
  });
  const environment = '/properties/environments/additionalProperties/properties';
  expect([...open].sort()).toEqual([
    `${environment}/hooks/properties/POINT/items`,
    `${environment}/notify/items`,
    `${environment}/servers/additionalProperties`,
    '/properties/source/anyOf/2',
    '/properties/templates/additionalProperties',
  ]);
});

test('its patterns are those of ECMA-262 with the u flag, as editors read them', () => {
  visit(schema, ({ pattern }) => {
    if (typeof pattern === 'string') expect(() => new RegExp(pattern, 'u')).not.toThrow();
  });
});

test('a server needs a transport and a path, unless it extends what may have them', () => {
  const servers: unknown[] = [];
  visit(schema, (node, path) => {
    if (path.endsWith('/servers/additionalProperties')) servers.push(node);
  });
  expect(servers).toMatchObject([
    { anyOf: [{ required: ['extends'] }, { required: ['transport', 'path'] }] },
  ]);
  expect(servers[0]).not.toHaveProperty('required');
});
