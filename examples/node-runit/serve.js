// The master: holds the port, and begins workers. It is itself as it was when it started: after a change here, restart it.
const cluster = require('node:cluster');
const { realpathSync } = require('node:fs');
const { join } = require('node:path');

const COUNT = 2;
let workers = [];

function begin() {
  const release = realpathSync(join(process.cwd(), 'current'));
  cluster.setupPrimary({ exec: join(release, 'server.js'), cwd: release });
  return Promise.all(
    Array.from({ length: COUNT }, () => {
      const worker = cluster.fork();
      return new Promise((resolve, reject) => {
        worker.once('listening', () => resolve(worker));
        worker.once('exit', () => reject(new Error(`A worker of ${release} ended before it listened.`)));
      });
    }),
  );
}

async function renew() {
  try {
    const old = workers;
    workers = await begin();
    for (const worker of old) worker.disconnect();
  } catch (error) {
    process.stderr.write(`${error}\n`);
    if (workers.length === 0) process.exit(1);
  }
}

let turn = renew();
process.on('SIGHUP', () => {
  turn = turn.then(renew);
});
process.on('SIGTERM', () => process.exit(0));
