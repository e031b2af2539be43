import { createServer } from 'node:net';
import { plainServer, reply, textResult } from './plain_server.mjs';

const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const resultFor = (asked, text = 'hi') => ({ jsonrpc: '2.0', id: asked.id, result: { resultType: 'complete', ...textResult(text) } });

/** Writes again and again until the peer has had enough. */
function keepWriting(socket, every, text) {
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(text)), every);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket, text) {
  const pump = () => {
    while (!socket.destroyed && socket.write(text));
    if (!socket.destroyed) socket.once('drain', pump);
  };
  pump();
}

const progress = 'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}\n\n';

/** What servers do that list their tools properly and then misbehave when one is called. */
export const misbehaviours = {
  silent: () => {},
  garbage: ({ socket }) => socket.write('\x16\x03\x01 this is no HTTP \x00\r\n\r\n'),
  head_hangs: ({ socket }) => socket.write(head),
  body_hangs: ({ socket }) => socket.write(`${head}Content-Length: 1000\r\n\r\n{"jsonrpc":`),
  closes_at_once: ({ socket }) => socket.destroy(),
  closes_midway: ({ socket }) => socket.end(`${head}Content-Length: 1000\r\n\r\n{"jsonrpc":`),
  other_id: ({ asked, res }) => reply(res, { ...resultFor(asked), id: 987654321 }),
  invalid_json: ({ res }) => res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"jsonrpc":"2.0",,}'),
  duplicate_keys: ({ asked, res }) => res.writeHead(200, { 'Content-Type': 'application/json' })
    .end(JSON.stringify(resultFor(asked)).replace('"jsonrpc"', '"id":1,"jsonrpc"')),
  huge: ({ asked, res }) => reply(res, resultFor(asked, 'x'.repeat(10 << 20))),
  huge_chunked: ({ socket }) => {
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    flood(socket, `10000\r\n${'x'.repeat(0x10000)}\r\n`);
  },
  endless_head: ({ socket }) => {
    socket.write(head);
    flood(socket, `X-More: ${'x'.repeat(1000)}\r\n`);
  },
  drips: ({ socket }) => {
    socket.write(`${head}Content-Length: 100000\r\n\r\n`);
    keepWriting(socket, 20, ' ');
  },
  floods_events: ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
    flood(socket, progress.repeat(200));
  },
  endless_event: ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ');
    flood(socket, 'x'.repeat(0x10000));
  },
  ends_stream: ({ res }) => res.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(progress),
  status_500: ({ res }) => res.writeHead(500, { 'Content-Type': 'text/plain' }).end('oops'),
  status_401: ({ res }) => res.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end(),
  redirects: ({ res }) => res.writeHead(302, { Location: 'http://127.0.0.1:1/mcp' }).end(),
  two_lengths: ({ socket }) => socket.write(`${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`),
  no_content: ({ asked, res }) => reply(res, { jsonrpc: '2.0', id: asked.id, result: { resultType: 'complete' } }),
  asks_for_input: ({ asked, res }) => reply(res, { jsonrpc: '2.0', id: asked.id, result: { resultType: 'input_required', inputRequests: {} } }),
};

export const misbehaving = (name) => plainServer(misbehaviours[name], { tools: ['act'] });

/** Servers that are no MCP servers from their first byte on. */
const strangers = {
  accepts_only: () => {},
  garbage_at_once: (socket) => socket.write('\x16\x03\x01 this is no HTTP \x00\r\n\r\n'),
  endless_bytes: (socket) => flood(socket, 'x'.repeat(0x10000)),
  closes: (socket) => socket.destroy(),
  drips_forever: (socket) => keepWriting(socket, 50, 'H'),
};
export const strangerNames = Object.keys(strangers);

export async function stranger(name) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket)).resume();
    strangers[name](socket);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A port on which nobody listens. */
export async function closedPort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
