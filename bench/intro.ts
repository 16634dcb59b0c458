import { cpus, loadavg } from 'node:os';

/** How the tables are to be read, and whether the machine was fit for it. */
export function intro(): string {
  const [load = 0] = loadavg();
  const busy =
    load > 0.5 ? [`The machine is busy with other work: load ${load.toFixed(1)} before the start.`] : [];
  return [
    `${cpus().length} cores, ${process.platform}, node ${process.version}. One server in a container on this machine.`,
    ...busy,
    '',
    'Whole processes, in turn (A B C A B C …), after a round that does not count: median (lowest to highest).',
    '- cutover ÷ it: round by round; below 1, cutover took less time.',
    '- Goes on after its end: what was left running on the server; the next one waits for it, untimed.',
    '- Afterwards the contents of all files that are live are compared with the commit; who fails has no figure.',
    '- The rsync script (bench/peers/rsyncScript.sh) and ssh-deploy-release need a work tree: they do a git checkout first.',
    '- Capistrano clones from a bare repository on the server itself; the push to it is not timed.',
    '- ssh-deploy-release runs in its mode `synchronize` (rsync), without compression.',
    '- 100 ms round trip: a proxy adds 50 ms each way. Connecting itself is not slowed: one round trip less for all.',
    '- Round trips: what the delay cost, divided by the delay.',
  ].join('\n');
}
