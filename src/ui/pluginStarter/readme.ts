import { KIND_IN_WORDS, type Kind } from '../../core/registry/offers.ts';
import { exampleCommand, exampleConfig } from './example.ts';
import type { PluginStarter } from './request.ts';

/** What whoever uses the package, and whoever works on it, has to know. */
export function readme(starter: PluginStarter): string {
  const { packageName, kinds } = starter;
  return `# ${packageName}

A plugin for cutover.

    cutover plugins install ${packageName}

${kinds.map((kind) => `- ${ABOUT[kind]}\n`).join('')}
\`\`\`yaml
${exampleConfig(starter)}\`\`\`

## Working on it

    cutover plugins link .    # from now on it is used as it stands here
    cd example && ${exampleCommand(kinds.includes('notifiers'))}
    cutover plugins uninstall ${packageName}

Tests and editors need cutover beside the package. While it is not in the registry, pack a clone of it, and install that here, again
after each \`npm install\`:

    npm install
    (cd PATH/cutover && npm install && npm pack)
    npm install --no-save PATH/cutover/cutover-*.tgz
    npm test

| file | |
| --- | --- |
| \`index.js\` | What the package brings, under which names. |
| \`options.js\` | Reads options, and tells what is wrong with them, with the place. |
${kinds.map((kind) => `| \`${KIND_IN_WORDS[kind]}.js\` | The ${KIND_IN_WORDS[kind]}, and beside it its test. |\n`).join('')}
The types come from \`cutover/plugin\`, which says what cutover promises to a plugin and what it wants of one; docs/plugins.md
of cutover explains it with an example.

To publish it: \`npm publish\`, or give the tarball of \`npm pack\` to \`cutover plugins install\`.
`;
}

const ABOUT: Readonly<Record<Kind, string>> = {
  transports:
    'The transport reaches a server by a `program` that runs others there; without one, this machine.',
  notifiers: 'The notifier posts the text of a notice to `url`, which is a secret.',
  hooks:
    'The hook notes each release in a `file` of the deploy path, and refuses while there is a file called STOP.',
  sources: 'The source takes versions from directories in `from`; `--ref` names one, else it is the highest.',
};
