import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectLegacy, connectModern, textOf } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { legacyServer, sessionlessServer } from './support/legacy_server.mjs';
import { modernServer } from './support/modern_server.mjs';
import { listen, readBody } from './support/node_server.mjs';
import { echoServer, plainServer, reply, textResult } from './support/plain_server.mjs';
import { ask, call, listedTools } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, sleep, slow } from './support/time.mjs';

const said = (answer) => answer.result?.content?.[0]?.text ?? answer.text;
const status = async (sluice, name) =>
  (await sluice.json('servers', 'status')).servers.find(({ server }) => server === name);

// ---- A server that is away for two seconds

for (const [kind, make] of Object.entries({ modern: modernServer, legacy: legacyServer, sessionless: sessionlessServer })) {
  test(`under a call per 100 ms a ${kind} server is killed and comes back: those calls fail, no others, and no client reconnects`, async () => {
    let server = await make();
    const { port } = server;
    const sluice = await Sluice.start({ servers: { s: server.url } });
    const key = await sluice.key();
    const clients = [await connectModern(sluice.url, key), await connectLegacy(sluice.url, key)];
    const calls = [];
    let over = false;
    try {
      const calling = (async () => {
        for (let i = 0; !over; ++i) {
          const one = { from: Date.now() };
          calls.push(one);
          one.done = clients[i % 2].callTool({ name: 's__echo', arguments: { text: `${i}` } }).then((result) => {
            one.to = Date.now();
            one.text = textOf(result);
            one.good = !result.isError && one.text === `${i}`;
          }, (error) => Object.assign(one, { to: Date.now(), thrown: String(error) }));
          await sleep(100);
        }
      })();
      await sleep(1000);
      const killed = Date.now();
      await server.close();
      await sleep(2000);
      const back = Date.now();
      server = await make({ port });
      const listening = Date.now();
      await sleep(2000);
      over = true;
      await calling;
      await Promise.all(calls.map((one) => one.done));
      for (const one of calls) assert.equal(one.thrown, undefined);
      const bad = calls.filter((one) => !one.good);
      for (const one of bad) {
        assert.match(one.text, /^Server s failed: .+\. (Nothing was sent|The call was turned away and not carried out|The call may have been carried out)\.$/);
        assert.ok(one.to >= killed, `a call failed ${killed - one.to} ms before the server was killed: ${one.text}`);
        assert.ok(one.from <= listening, `a call failed ${one.from - listening} ms after the server was back: ${one.text}`);
      }
      const within = calls.filter((one) => one.from > killed && one.to < back);
      assert.ok(within.length >= 5, `${within.length} calls`);
      for (const one of within) assert.equal(one.good, false, one.text);
      assert.ok(calls.filter((one) => one.good && one.from > listening).length >= 5);
    } finally {
      over = true;
      await endAll(...clients.map((client) => () => client.close()), () => sluice.remove(), () => server.close());
    }
  });
}

// ---- The circuit breaker

test('a server that lets calls hang is left alone after five, with a sentence, and called again when it is well', async () => {
  let hangs = true;
  const server = await plainServer(({ answer }) => (hangs ? undefined : answer(textResult('well'))), { tools: ['act'] });
  const sluice = await Sluice.start({ servers: { s: { url: server.url, timeout: `${slow * 200}ms` } } });
  try {
    const key = await sluice.key();
    for (let i = 0; i < 5; ++i) assert.match(said(await call(sluice, key, 's__act')), /may have been carried out/);
    const start = Date.now();
    const answer = said(await call(sluice, key, 's__act'));
    assert.match(answer, /^Server s failed: its last 5 calls failed, .*\. Nothing was sent\.$/);
    assert.ok(Date.now() - start < slow * 200);
    assert.equal(server.state.calls, 5);
    assert.equal((await status(sluice, 's')).breaker, 'open');
    hangs = false;
    await eventually('a probe goes out and closes it', async () => said(await call(sluice, key, 's__act')) === 'well');
    assert.equal((await status(sluice, 's')).breaker, 'closed');
    for (let i = 0; i < 5; ++i) assert.equal(said(await call(sluice, key, 's__act')), 'well');
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
});

test('errors of tools and refusals of the server open nothing', async () => {
  const server = await plainServer(({ asked, res, answer }) => {
    if (asked.params.arguments.how === 'status') return res.writeHead(400).end();
    if (asked.params.arguments.how === 'tool') return answer({ ...textResult('no'), isError: true });
    return answer(textResult('yes'));
  }, { tools: [{ name: 'act', inputSchema: { type: 'object' } }] });
  const sluice = await Sluice.start({ servers: { s: server.url } });
  try {
    const key = await sluice.key();
    for (let i = 0; i < 20; ++i) await call(sluice, key, 's__act', { how: i % 2 ? 'status' : 'tool' });
    assert.equal(said(await call(sluice, key, 's__act')), 'yes');
    assert.equal((await status(sluice, 's')).breaker, 'closed');
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
});

test('an agent that asks for results beyond the bounds does not shut out the others', async () => {
  const wants = { long: 'x'.repeat(5 << 20), many: Array(100_001).fill(0) };
  const server = await plainServer(({ asked, answer }) => {
    const { how } = asked.params.arguments;
    answer(how === 'many' ? { content: [], structuredContent: { all: wants.many } } : textResult(wants[how] ?? 'fine'));
  }, { tools: [{ name: 'act', inputSchema: { type: 'object' } }] });
  const sluice = await Sluice.start({ servers: { s: server.url } });
  try {
    const [greedy, other] = [await sluice.key(), await sluice.key('other')];
    for (const how of ['long', 'many']) {
      for (let i = 0; i < 6; ++i) assert.match(said(await call(sluice, greedy, 's__act', { how })), /^Server s failed: its answer is (longer than allowed|beyond a bound)/);
      assert.equal(said(await call(sluice, other, 's__act', {})), 'fine');
    }
    assert.equal((await status(sluice, 's')).breaker, 'closed');
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
});

// ---- Repetitions

/** A server that cuts the connection of the first `cuts` calls. */
async function cutting(cuts, run) {
  let left = cuts;
  const server = await plainServer(({ socket, answer }) => {
    if (left-- > 0) return socket.destroy();
    return answer(textResult('done'));
  }, { tools: ['echo', 'act'] });
  const policy = `
agents: {tester: {roles: [all]}}
roles: {all: {allow: ["*"]}}
tools: {"*/echo": {effect: read_only}, "*/act": {effect: non_idempotent}}
`;
  const sluice = await Sluice.start({ servers: { s: server.url }, policy });
  try {
    await run(sluice, await sluice.key(), server);
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
}

test('a call that only reads is repeated when its answer is lost', () =>
  cutting(1, async (sluice, key, server) => {
    assert.equal(said(await call(sluice, key, 's__echo')), 'done');
    assert.equal(server.state.calls, 2);
  }));

test('a call with effects whose answer is lost is never repeated', () =>
  cutting(1, async (sluice, key, server) => {
    assert.match(said(await call(sluice, key, 's__act')), /may have been carried out/);
    assert.equal(server.state.calls, 1);
  }));

test('repetitions are bounded: a server in trouble does not get twice the calls', () =>
  cutting(Infinity, async (sluice, key, server) => {
    for (let i = 0; i < 200; ++i) await call(sluice, key, 's__echo');
    // Some are answered by the breaker; each other one is sent at most twice, and most only once.
    assert.ok(server.state.calls <= 40, `${server.state.calls} calls`);
  }));

// ---- What a server offers

test('the list is asked for again from time to time, and so is the protocol of a server without sessions', async () => {
  let server = await sessionlessServer();
  const { port } = server;
  const sluice = await Sluice.start({ servers: { s: { url: server.url, refresh: '1s' } } });
  try {
    const key = await sluice.key();
    assert.match((await status(sluice, 's')).revision, /^2025/);
    await server.close();
    server = await echoServer({ port, tools: ['echo', 'other'] });
    await eventually('it is seen as modern', async () => (await status(sluice, 's')).revision === '2026-07-28', 15_000);
    await eventually('the new tool is listed', async () => (await listedTools(sluice, key)).includes('s__other'));
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
});

test('a session of a legacy server is kept over refreshes', async () => {
  const server = await legacyServer();
  const sluice = await Sluice.start({ servers: { s: { url: server.url, refresh: '100ms' } } });
  try {
    await sleep(1500);
    assert.equal(server.sessions.size, 1);
    assert.equal((await status(sluice, 's')).state, 'ready');
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
});

test('a list of a server that comes in pages is taken whole', async () => {
  const all = Array.from({ length: 25 }, (_, i) => ({ name: `t${i}`, inputSchema: { type: 'object' } }));
  const server = await listen(async (req, res) => {
    const asked = JSON.parse(await readBody(req));
    const meta = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
    if (asked.method === 'server/discover') {
      return reply(res, { jsonrpc: '2.0', id: asked.id, result: { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ...meta } });
    }
    const from = Number(asked.params.cursor ?? 0);
    const next = from + 10 < all.length ? { nextCursor: String(from + 10) } : {};
    return reply(res, { jsonrpc: '2.0', id: asked.id, result: { tools: all.slice(from, from + 10), ...next, ...meta } });
  });
  const sluice = await Sluice.start({ servers: { s: server.url }, limits: { tools_page: 4 } });
  try {
    const key = await sluice.key();
    const expected = all.map(({ name }) => `s__${name}`);
    for (const open of [connectModern, connectLegacy]) {
      const client = await open(sluice.url, key);
      const names = [];
      let cursor, pages = 0;
      do {
        const page = await client.listTools(cursor ? { cursor } : {});
        names.push(...page.tools.map(({ name }) => name));
        cursor = page.nextCursor;
        pages += 1;
      } while (cursor && pages < 100);
      assert.deepEqual(names, expected);
      await client.close();
    }
    const { result } = await ask(sluice, key, 'tools/list');
    assert.equal(result.tools.length, 4);
    const other = await sluice.key('other');
    assert.equal((await ask(sluice, other, 'tools/list', { cursor: result.nextCursor })).error.code, -32602);
    for (const cursor of ['x', `${result.nextCursor}0`, 7, null, {}]) {
      assert.deepEqual((await ask(sluice, key, 'tools/list', { cursor })).error, { code: -32602, message: 'Unknown cursor' });
    }
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
});

const growing = `
const send = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\\n');
const extra = [];
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (method === 'initialize') {
    send({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'g', version: '1' } } });
  } else if (method === 'tools/list') {
    send({ id, result: { tools: ['grow', ...extra].map((name) => ({ name, inputSchema: { type: 'object' } })) } });
  } else if (method === 'tools/call') {
    extra.push('more' + extra.length);
    send({ id, result: { content: [] } });
    for (let i = 0; i < 1000; ++i) send({ method: 'notifications/tools/list_changed' });
  } else if (id !== undefined) {
    send({ id, error: { code: -32601, message: 'no' } });
  }
});
`;

test('a server over stdio that says that its tools changed is asked for them', async () => {
  const sluice = await Sluice.start({ servers: { s: { command: process.execPath, args: ['-e', growing] } } });
  try {
    const key = await sluice.key();
    assert.deepEqual(await listedTools(sluice, key), ['s__grow']);
    for (const more of [['s__more0'], ['s__more0', 's__more1']]) {
      await call(sluice, key, 's__grow');
      await eventually('the new tools are listed', async () =>
        JSON.stringify(await listedTools(sluice, key)) === JSON.stringify(['s__grow', ...more]));
    }
  } finally {
    await sluice.remove();
  }
});

// ---- What must not show

test('secrets that a server was given show in no status, log or answer, even when it repeats them', async () => {
  const tell = 'process.stderr.write("bad token " + process.argv[1].slice(8) + " or " + process.env.KEY + "\\n"); process.exit(1)';
  const server = await listen(async (req, res) => {
    const { id, method } = JSON.parse(await readBody(req));
    const said = `no such key: ${req.headers.authorization}`;
    if (method === 'server/discover') {
      return reply(res, { jsonrpc: '2.0', id, result: { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, resultType: 'complete' } });
    }
    if (method === 'tools/list') {
      return reply(res, { jsonrpc: '2.0', id, result: { tools: [{ name: 'act', inputSchema: { type: 'object' } }], resultType: 'complete' } });
    }
    return reply(res, { jsonrpc: '2.0', id, error: { code: -32000, message: said } });
  });
  const refusing = await listen(async (req, res) => {
    const { id } = JSON.parse(await readBody(req));
    return reply(res, { jsonrpc: '2.0', id, error: { code: -32603, message: `rejected ${req.headers.authorization.slice(7)}` } });
  });
  const headers = { Authorization: 'Bearer ${env:SECRET}' };
  const sluice = await Sluice.start({
    servers: {
      told: { command: process.execPath, args: ['-e', tell, '--', '--token=${env:SECRET}'], env: { KEY: '${env:OTHER}' } },
      http: { url: server.url, headers },
      refusing: { url: refusing.url, headers },
    },
    env: { SECRET: 'sesame-open-1234', OTHER: 'tulip-bulb-5678' },
    ready: ['http'],
  });
  try {
    const key = await sluice.key();
    const answer = await call(sluice, key, 'http__act');
    assert.match(answer.error.message, /no such key: \*\*\*/);
    await sluice.serverIs('told', 'down');
    await sluice.serverIs('refusing', 'down');
    const shown = JSON.stringify(await sluice.json('servers', 'status'));
    assert.match(shown, /bad token \*\*\* or \*\*\*/);
    assert.match(shown, /rejected \*\*\*/);
    await sluice.stop();
    for (const text of [answer.text, shown, sluice.log]) {
      assert.ok(!text.includes('sesame-open') && !text.includes('tulip-bulb'), text);
    }
  } finally {
    await endAll(() => sluice.remove(), () => server.close(), () => refusing.close());
  }
});
