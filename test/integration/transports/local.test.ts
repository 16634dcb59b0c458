import { createRegistry } from '../../../src/core/registry/registry.ts';
import { builtIn } from '../../../src/plugins/register.ts';
import { fakeScope } from '../../../src/plugins/testing/scope.ts';
import { conform } from './conform.ts';

const transport = async () => {
  const extension = await createRegistry(builtIn).transport('local');
  return extension.create(extension.parse({}), fakeScope());
};

conform('local', {
  place: { has: ['exec', 'posixShell'], transport },
  begin: async () => {},
  end: async () => {},
});
