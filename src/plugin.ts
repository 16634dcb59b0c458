/** All that a plugin imports of cutover: `import { defineExtension, … } from 'cutover/plugin'`. */
export * from './core/contract/index.ts';
