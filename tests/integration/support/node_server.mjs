import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

/** A server of node:http, or with `tls` of node:https, on a port of 127.0.0.1, and the means to end it at once. */
export async function listen(handler, { port = 0, path = '/mcp', tls } = {}) {
  const sockets = new Set();
  const create = tls ? (listener) => createSecureServer(tls, listener) : createServer;
  const server = create((req, res) => {
    Promise.resolve(handler(req, res)).catch((error) => {
      if (!res.headersSent) res.writeHead(500);
      res.end(String(error?.stack ?? error));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', done);
  });
  const bound = server.address().port;
  return {
    port: bound,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${bound}${path}`,
    sockets,
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export async function readBody(req) {
  const pieces = [];
  for await (const piece of req) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
