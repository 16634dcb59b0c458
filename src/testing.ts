/** What tests of a plugin share: `import { fakeScope, … } from 'cutover/testing'`. Not loaded by the program. */
export { type MemoryServer, type MemoryServerOptions, memoryServer } from './core/testing/memory/server.ts';
export {
  type Need,
  type TransportCase,
  type TransportPlace,
  transportCaseNames,
  transportCases,
} from './core/testing/transportConformance.ts';
export { fakeHookContext, fakeNotice, fakePlanningContext } from './plugins/testing/deployment.ts';
export { fakeScope } from './plugins/testing/scope.ts';
