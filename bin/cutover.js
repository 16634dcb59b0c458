#!/usr/bin/env node
const { stderr, stdout, versions } = process;
const [major, minor] = versions.node.split('.').map(Number);

// A reader that goes away (`| head`) must not end a deployment.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

if (major < 22 || (major === 22 && minor < 18)) {
  stderr.write(`cutover needs Node 22.18 or newer; this is ${versions.node} (${process.execPath}).\n`);
  process.exitCode = 2;
} else if (process.argv.length === 3 && ['--version', '-v', 'version'].includes(process.argv[2])) {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${versions.node}\n`);
} else {
  // New objects get the megabyte that V8 begins with, and no more: what has gone through an upload lies outside of V8's heap,
  // and goes when that megabyte is full.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--semi-space-growth-factor=1');
  // Left alone, V8 lets a heap grow fourfold before it looks what is still needed.
  setFlagsFromString('--heap-growing-percent=30');
  process.getBuiltinModule('node:module').enableCompileCache?.();
  try {
    const { main } = await import('../dist/main.js');
    await main(
      process.getBuiltinModule('node:url').fileURLToPath(new URL('..', import.meta.url)),
      process.argv.slice(2),
    );
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.url?.endsWith('/dist/main.js')) throw error;
    stderr.write('cutover was not built: run "npm run build" first.\n');
    process.exitCode = 2;
  }
}
