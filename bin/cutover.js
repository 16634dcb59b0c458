#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';

const root = new URL('..', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);

// A reader that goes away (`| head`) must not end a deployment.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `cutover needs Node 22.18 or newer; this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = 2;
} else if (process.argv.length === 3 && ['--version', '-v', 'version'].includes(process.argv[2])) {
  const { name, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  process.stdout.write(
    `${name}/${version} ${process.platform}-${process.arch} node-${process.versions.node}\n`,
  );
} else if (!existsSync(new URL('dist/main.js', root))) {
  process.stderr.write('cutover was not built: run "npm run build" first.\n');
  process.exitCode = 2;
} else {
  module.enableCompileCache?.();
  const { main } = await import('../dist/main.js');
  await main(new URL('package.json', root).pathname, process.argv.slice(2));
}
