const { createServer } = require('node:http');
const version = require('./version.js');

let isEnding = false;

const server = createServer((_, response) => {
  // Who keeps a connection open may not send the next request down one that is about to be closed.
  if (isEnding) response.setHeader('connection', 'close');
  response.setHeader('content-type', 'text/plain');
  response.end(`${version}\n`);
});

// systemd listens, and hands over the socket as descriptor 3 (sd_listen_fds(3)). By hand, without systemd: a port.
server.listen(process.env.LISTEN_FDS === '1' ? { fd: 3 } : Number(process.env.PORT ?? 3000));

// A restart: what is being answered is answered to its end. Who comes now waits in the socket, which stays open, for the next process.
process.on('SIGTERM', () => {
  isEnding = true;
  server.close();
  server.closeIdleConnections();
});
