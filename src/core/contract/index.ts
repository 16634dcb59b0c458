export * from './connection.ts';
export * from './errors.ts';
export * from './extension.ts';
export * from './json.ts';
export * from './notice.ts';
export * from './quote.ts';
export * from './secret.ts';
export * from './step.ts';
