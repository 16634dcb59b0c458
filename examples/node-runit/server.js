const { createServer } = require('node:http');
const { basename } = require('node:path');
const version = require('./version.js');

createServer((_, response) => {
  response.setHeader('content-type', 'text/plain');
  response.setHeader('x-release', basename(__dirname));
  response.end(`${version}\n`);
}).listen(Number(process.env.PORT ?? 3000));
