import type { PluginStarter } from './request.ts';

/** A configuration that uses all that the package brings, and deploys to a directory of this machine. */
export function exampleConfig({ name, kinds }: PluginStarter): string {
  const has = (kind: PluginStarter['kinds'][number]) => kinds.includes(kind);
  const lines = [
    `application: ${name}-example`,
    has('sources') ? `source: { ${name}: { from: versions } }` : 'source: { directory: site }',
    'environments:',
    '  here:',
    '    servers:',
    `      web1: { transport: ${has('transports') ? `${name}, program: [env, LC_ALL=C]` : 'local'}, path: ~/${name}-example }`,
    ...(has('hooks') ? ['    hooks:', `      "after:activate": [{ ${name}: { file: deployed.txt } }]`] : []),
    ...(has('notifiers') ? [`    notify: [{ ${name}: { url: { env: NOTIFY_URL } } }]`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What to type in the directory of the example. */
export function exampleCommand(hasNotifier: boolean): string {
  return `${hasNotifier ? 'NOTIFY_URL=URL ' : ''}cutover deploy here`;
}

/** What it deploys. */
export function exampleFiles({ kinds }: PluginStarter): Readonly<Record<string, string>> {
  if (!kinds.includes('sources')) return { 'example/site/index.html': 'It works.\n' };
  return {
    'example/versions/1.0.0/index.html': 'It worked.\n',
    'example/versions/1.1.0/index.html': 'It works.\n',
  };
}
