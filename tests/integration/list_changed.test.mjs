import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { EventStream } from './support/event_stream.mjs';
import { legacyServer } from './support/legacy_server.mjs';
import { modernServer } from './support/modern_server.mjs';
import { listen, readBody } from './support/node_server.mjs';
import { plainServer, reply, textResult } from './support/plain_server.mjs';
import { headersFor, message } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, sleep } from './support/time.mjs';
import { registerTools } from './support/tools.mjs';

// Nothing is polled while a test runs: what is noticed was heard.
const never = '1h';
const policy = `
agents: {tester: {roles: [everything]}}
roles: {everything: {allow: ["*"]}}
tools: {"*": {effect: read_only}}
`;
const changed = 'notifications/tools/list_changed';

async function before(server, run, more = {}) {
  const sluice = await Sluice.start({ servers: { s: { url: server.url, refresh: never, ...more } }, policy });
  try {
    await run(sluice, await sluice.key());
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
}

const offers = async (sluice, tool) =>
  (await sluice.json('tools', 'list')).tools.some((one) => one.tool === `s/${tool}`);
const logged = (sluice, event) => sluice.logLines().filter((line) => line.event === event);
const listens = (sluice) => eventually('it listens', () => logged(sluice, 'listening').length > 0);

function listenTo(sluice, key) {
  const sent = message('subscriptions/listen', { notifications: { toolsListChanged: true } }, 'l1');
  return EventStream.open(sluice.url, headersFor(sent, key), { body: JSON.stringify(sent) });
}

/** The server is heard by the gateway, and the gateway by its client. */
async function hears(sluice, key, change) {
  await listens(sluice);
  const client = await listenTo(sluice, key);
  await client.next();
  await change();
  assert.equal((await client.next()).method, changed);
  assert.ok(await offers(sluice, 'later'));
  client.close();
}

const addLater = (server, shape) => server.registerTool('later', { description: 'later', inputSchema: shape }, () => textResult('later'));

test('a tool that a modern server of the official SDK adds is there at once, and clients hear of it', async () => {
  let more = false;
  const server = await modernServer({ register: (mcp, calls, shape) => {
    registerTools(mcp, calls, shape);
    if (more) addLater(mcp, shape({}));
  } });
  await before(server, (sluice, key) => hears(sluice, key, () => {
    more = true;
    server.notify.toolsChanged();
  }));
});

test('a tool that a legacy server of the official SDK adds is there at once, and clients hear of it', async () => {
  const made = [];
  const server = await legacyServer({ register: (mcp, calls, shape) => {
    registerTools(mcp, calls, shape);
    made.push(mcp);
  } });
  await before(server, async (sluice, key) => {
    await hears(sluice, key, () => addLater(made.at(-1), {}));
    assert.equal(server.sessions.size, 1);
    assert.equal(logged(sluice, 'listening').length, 1);
  });
});

test('a legacy server that was started again is listened to again', async () => {
  const made = [];
  const register = (mcp, calls, shape) => {
    registerTools(mcp, calls, shape);
    made.push(mcp);
  };
  let server = await legacyServer({ register });
  const { port } = server;
  await before({ url: server.url, close: () => server.close() }, async (sluice) => {
    await listens(sluice);
    await server.close();
    server = await legacyServer({ register, port });
    await eventually('it listens again', () => logged(sluice, 'listening').length === 2, 20_000);
    addLater(made.at(-1), {});
    await eventually('the tool is there', () => offers(sluice, 'later'));
  });
});

/** A legacy server written by hand; `onGet` gets every GET. */
async function handMade(onGet, { tools = ['echo'] } = {}) {
  const seen = { gets: [], lists: 0, posts: [], sessions: 0 };
  const server = await listen(async (req, res) => {
    if (req.method === 'GET') {
      seen.gets.push(req.headers);
      return onGet(req, res, seen.gets.length, seen);
    }
    const asked = JSON.parse(await readBody(req));
    seen.posts.push(asked);
    if (asked.method === 'server/discover') return reply(res, { jsonrpc: '2.0', id: asked.id, error: { code: -32601, message: 'unknown' } }, 404);
    if (asked.method === 'initialize') {
      seen.sessions += 1;
      res.setHeader('Mcp-Session-Id', `session-${seen.sessions}`);
      return reply(res, { jsonrpc: '2.0', id: asked.id, result: {
        protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'h', version: '1' } } });
    }
    if (asked.method !== 'tools/list') return void res.writeHead(202).end();
    seen.lists += 1;
    return reply(res, { jsonrpc: '2.0', id: asked.id, result: { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) } });
  });
  return Object.assign(server, { seen, tools });
}

const begin = (res) => res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
const tell = (res, id = '') => res.write(`${id}data: ${JSON.stringify({ jsonrpc: '2.0', method: changed })}\n\n`);

test('a stream that breaks is resumed behind the last event, as late as the server asks for', async () => {
  const opened = [];
  const server = await handMade((req, res, n) => {
    opened.push(Date.now());
    begin(res);
    if (n === 1) {
      tell(res, 'retry: 1500\nid: one\n');
      setTimeout(() => res.destroy(), 50);
    }
  });
  await before(server, async () => {
    await eventually('it comes back', () => opened.length === 2);
    const [first, second] = server.seen.gets;
    assert.equal(first['last-event-id'], undefined);
    assert.equal(first.accept, 'text/event-stream');
    assert.equal(first['mcp-session-id'], 'session-1');
    assert.equal(second['last-event-id'], 'one');
    assert.equal(second['mcp-session-id'], 'session-1');
    assert.ok(opened[1] - opened[0] >= 1500);
  });
});

test('what a server asks on its stream is answered', async () => {
  const server = await handMade((req, res) => {
    begin(res);
    res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 'p', method: 'ping' })}\n\n`);
    res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 'r', method: 'roots/list' })}\n\n`);
  });
  await before(server, async () => {
    const answers = () => server.seen.posts.filter((post) => post.method === undefined);
    await eventually('two answers', () => answers().length === 2);
    assert.deepEqual(answers().find(({ id }) => id === 'p').result, {});
    assert.equal(answers().find(({ id }) => id === 'r').error.code, -32601);
  });
});

test('a server without such a stream is polled instead', async () => {
  for (const status of [405, 404, 400]) {
    const server = await handMade((req, res) => res.writeHead(status).end());
    await before(server, async (sluice) => {
      await eventually('it is given up', () => logged(sluice, 'not_listening').length === 1);
      assert.match(logged(sluice, 'not_listening')[0].reason, new RegExp(`HTTP ${status}`));
      server.tools.push('later');
      await eventually('the tool is there', () => offers(sluice, 'later'), 10_000);
      assert.equal(server.seen.gets.length, 1);
      assert.equal(server.seen.sessions, 1);
    }, { refresh: '1s' });
  }
});

test('a modern server that does not know subscriptions/listen is polled instead', async () => {
  const asks = [];
  const server = await plainServer(({ asked, res }) => {
    asks.push(asked);
    reply(res, { jsonrpc: '2.0', id: asked.id, error: { code: -32601, message: 'unknown' } }, 404);
  }, { tools: ['echo'], listChanged: true });
  await before(server, async (sluice) => {
    await eventually('it is given up', () => logged(sluice, 'not_listening').length === 1);
    await sleep(1500);
    assert.equal(asks.length, 1);
    assert.deepEqual(asks[0].params.notifications, { toolsListChanged: true });
  });
});

test('a server that does not declare it is not listened to', async () => {
  const asks = [];
  const server = await plainServer(({ asked, answer }) => { asks.push(asked); answer({}); });
  await before(server, async () => {
    await sleep(500);
    assert.deepEqual(asks, []);
  });
});

test('a session that is gone is noticed without a call', async () => {
  const server = await handMade((req, res, n) => {
    if (req.headers['mcp-session-id'] === 'session-1' && n > 1) return void res.writeHead(404).end();
    begin(res);
    if (n === 1) setTimeout(() => res.end(), 50);
  });
  await before(server, async () => {
    await eventually('a new session is listened to', () => server.seen.gets.at(-1)?.['mcp-session-id'] === 'session-2');
    assert.equal(server.seen.gets.length, 3);
  });
});

test('a server that says so every millisecond is read and asked now and then', async () => {
  let told = 0;
  let stream;
  const server = await plainServer(({ asked, res, answer }) => {
    if (asked.method !== 'subscriptions/listen') return answer(textResult('done'));
    const tag = { _meta: { 'io.modelcontextprotocol/subscriptionId': asked.id } };
    const say = (method, params = {}) => res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method, params: { ...params, ...tag } })}\n\n`);
    stream = res;
    begin(res);
    say('notifications/subscriptions/acknowledged', { notifications: { toolsListChanged: true } });
    const timer = setInterval(() => {
      for (let i = 0; i < 5; i += 1, told += 1) say(changed, { why: 'y'.repeat(8000) });
    }, 5);
    res.on('close', () => clearInterval(timer));
  }, { tools: ['echo'], listChanged: true });
  await before(server, async (sluice) => {
    await listens(sluice);
    const lists = server.state.lists;
    await sleep(4000);
    assert.ok(told > 1000, `${told} were sent`);
    assert.ok(server.state.lists - lists <= 3, `${server.state.lists - lists} questions in four seconds`);
    assert.ok(stream.writableLength > 1e6, `${stream.writableLength} bytes wait in the server`);
  });
});

test('the stream ends with the server in the configuration, and with a drain', async () => {
  const closed = [];
  const server = await handMade((req, res, n) => {
    begin(res);
    res.on('close', () => closed.push(n));
  });
  await before(server, async (sluice) => {
    await listens(sluice);
    sluice.config.servers = { t: { url: server.url, refresh: never } };
    sluice.write('sluice.yaml', sluice.config);
    await eventually('the stream of s ends', () => closed.includes(1));
    await eventually('t is listened to', () => server.seen.gets.length === 2);
    sluice.child.kill('SIGTERM');
    await eventually('the stream of t ends', () => closed.includes(2));
    assert.ok(await sluice.stop() || !sluice.running());
  });
});
