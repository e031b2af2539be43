import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { closedPort, misbehaving, misbehaviours, stranger, strangerNames } from './support/hostile_servers.mjs';
import { legacyServer } from './support/legacy_server.mjs';
import { modernServer } from './support/modern_server.mjs';
import { listen, readBody } from './support/node_server.mjs';
import { echoServer, plainServer, reply, textResult } from './support/plain_server.mjs';
import { call, callMessage, headersFor, listedTools, post } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, sleep, slow } from './support/time.mjs';

const seconds = (count) => `${count * slow}s`;
const settings = (url) => ({ url, timeout: seconds(1), max_timeout: seconds(3), start_timeout: seconds(20) });

let good, bad, strangers, lost, sluice, key, startedIn;

before(async () => {
  good = await echoServer();
  lost = await echoServer({ tools: ['act'] });
  bad = {};
  for (const name of Object.keys(misbehaviours)) bad[name] = await misbehaving(name);
  strangers = {};
  for (const name of strangerNames) strangers[name] = await stranger(name);
  strangers.absent = { url: `http://127.0.0.1:${await closedPort()}/mcp`, close: async () => {} };

  const servers = { good: settings(good.url), lost: settings(lost.url) };
  for (const [name, { url }] of [...Object.entries(bad), ...Object.entries(strangers)]) servers[name] = settings(url);
  const start = Date.now();
  sluice = await Sluice.start({ servers, ready: ['good'] });
  startedIn = Date.now() - start;
  await sluice.ready(['lost', ...Object.keys(bad)]);
  await lost.close();
  key = await sluice.key();
});

after(() => {
  const servers = [good, ...Object.values(bad ?? {}), ...Object.values(strangers ?? {})];
  return endAll(() => sluice?.remove(), ...servers.map((server) => () => server?.close()));
});

test('servers that never answer delay neither the start nor the list', async () => {
  assert.ok(startedIn < scaled(5000), `the start took ${startedIn} ms`);
  const start = Date.now();
  const names = await listedTools(sluice, key);
  assert.ok(Date.now() - start < scaled(1000));
  assert.ok(names.includes('good__echo'));
  for (const name of Object.keys(strangers)) assert.ok(!names.some((tool) => tool.startsWith(`${name}__`)), name);
});

test('the status names every server that is not ready, and why', async () => {
  const { servers } = await sluice.json('servers', 'status');
  for (const name of Object.keys(strangers)) {
    const entry = servers.find((server) => server.server === name);
    assert.notEqual(entry.state, 'ready', name);
    if (entry.state === 'down') assert.ok(entry.reason.length > 0, name);
  }
  assert.equal(servers.find((server) => server.server === 'absent').state, 'down');
});

/** Calls to the good server while `work` goes on; each must be answered in time. */
async function goodCallsDuring(work) {
  let over = false;
  const done = work.finally(() => (over = true));
  for (let i = 0; !over || i === 0; ++i) {
    const start = Date.now();
    const answer = await call(sluice, key, 'good__echo', { text: `ok ${i}` });
    assert.equal(answer.result?.content[0].text, `ok ${i}`, answer.text);
    assert.ok(Date.now() - start < scaled(1000), `a good call took ${Date.now() - start} ms`);
    await sleep(20);
  }
  return done;
}

const notCarriedOut = {
  status_401: /turned away and not carried out|Nothing was sent/,
  lost: /Nothing was sent/,
};

for (const name of [...Object.keys(misbehaviours), 'lost']) {
  const verdict = notCarriedOut[name] ?? /may have been carried out/;
  test(`a call to a server that is "${name}" fails with a sentence, and calls to others go on`, async () => {
    const start = Date.now();
    const { status, result, text } = await goodCallsDuring(call(sluice, key, `${name}__act`, {}));
    assert.ok(Date.now() - start < scaled(8000), `it took ${Date.now() - start} ms`);
    assert.equal(status, 200);
    assert.equal(result?.isError, true, text.slice(0, 500));
    const sentence = result.content[0].text;
    assert.ok(sentence.includes(`Server ${name}`), sentence);
    assert.match(sentence, verdict);
    assert.ok(sentence.length < 500);
  });
}

test('a call that failed was sent once and never again', () => {
  for (const name of Object.keys(misbehaviours)) assert.equal(bad[name].state.calls, 1, name);
});

test('all that misbehave at once change nothing for the good server', async () => {
  const names = Object.keys(misbehaviours);
  const answers = await goodCallsDuring(Promise.all(names.map((name) => call(sluice, key, `${name}__act`, {}))));
  answers.forEach(({ result }, i) => assert.equal(result?.isError, true, names[i]));
});

test('a list of tools that is longer than all definitions may be is not taken', async () => {
  const tool = (name) => ({ name, description: 'x'.repeat(100_000), inputSchema: { type: 'object' } });
  let asked = 0;
  const server = await listen(async (req, res) => {
    const { id, method, params } = JSON.parse(await readBody(req));
    const answer = (result) => reply(res, { jsonrpc: '2.0', id, result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...result } });
    if (method === 'server/discover') return answer({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} } });
    asked += 1;
    const page = Number(params.cursor ?? 0);
    return answer({ tools: [tool(`a${page}`), tool(`b${page}`)], nextCursor: String(page + 1) });
  });
  const one = await Sluice.start({ servers: { s: server.url }, limits: { result: '1M', upstream_tools: 100, tool_definition: '10k' }, ready: [] });
  try {
    await one.serverIs('s', 'down');
    const { servers: [{ reason }] } = await one.json('servers', 'status');
    assert.match(reason, /^its answers to tools\/list have more than 1048576 bytes/);
    assert.ok(asked < 20, `${asked} pages were asked for`);
  } finally {
    await endAll(() => one.remove(), () => server.close());
  }
});

test('a server that starts later than the gateway becomes available', async () => {
  const port = await closedPort();
  const other = await Sluice.start({ servers: { late: `http://127.0.0.1:${port}/mcp` }, ready: [] });
  let server;
  try {
    const agent = await other.key();
    await other.serverIs('late', 'down');
    assert.deepEqual(await listedTools(other, agent), []);
    server = await modernServer({ port });
    await eventually('a call succeeds', async () =>
      (await call(other, agent, 'late__echo', { text: 'hi' })).result?.content[0].text === 'hi');
    assert.ok((await listedTools(other, agent)).includes('late__echo'));
  } finally {
    await endAll(() => other.remove(), () => server?.close());
  }
});

for (const [era, make] of [['modern', modernServer], ['legacy', legacyServer]]) {
  test(`a ${era} server that was restarted between two calls is usable again by itself`, async () => {
    let server = await make();
    const other = await Sluice.start({ servers: { moody: server.url } });
    try {
      const agent = await other.key();
      const works = async () => (await call(other, agent, 'moody__echo', { text: 'hi' })).result?.content[0].text === 'hi';
      assert.ok(await works());
      const { port } = server;
      await server.close();
      server = await make({ port });
      await eventually('a call succeeds', works, 5000);
      assert.ok(await works());
    } finally {
      await endAll(() => other.remove(), () => server.close());
    }
  });

  test(`a ${era} server that is down for a while keeps its tools listed and comes back`, async () => {
    let server = await make();
    const other = await Sluice.start({ servers: { moody: server.url } });
    try {
      const agent = await other.key();
      const { port } = server;
      await server.close();
      const { result } = await call(other, agent, 'moody__echo', { text: 'hi' });
      assert.equal(result.isError, true);
      assert.match(result.content[0].text, /Server moody .*Nothing was sent/);
      assert.ok((await listedTools(other, agent)).includes('moody__echo'));
      await other.serverIs('moody', 'down');
      server = await make({ port });
      await eventually('a call succeeds', async () =>
        (await call(other, agent, 'moody__echo', { text: 'hi' })).result?.content[0].text === 'hi');
    } finally {
      await endAll(() => other.remove(), () => server.close());
    }
  });
}

test('Sluice forwards nothing of the client but the call: no key, no session, no headers', async () => {
  const seen = [];
  const curious = await plainServer(({ req, asked, answer }) => {
    seen.push({ headers: req.headers, asked });
    answer(textResult('seen'));
  }, { tools: ['look'] });
  const other = await Sluice.start({ servers: { curious: { url: curious.url, headers: { Authorization: 'Bearer upstream-key' } } } });
  try {
    const agent = await other.key();
    const sent = callMessage('curious__look', { text: 'x' }, 'client-id');
    sent.params._meta.progressToken = 'client-token';
    const extra = { Cookie: 'canary', 'X-Api-Key': 'canary', 'Mcp-Session-Id': 'canary', 'X-Canary': 'canary', 'Last-Event-ID': 'canary', 'Proxy-Authorization': 'canary' };
    await post(other.url, { ...headersFor(sent, agent), ...extra }, JSON.stringify(sent));
    assert.equal(seen.length, 1);
    const told = JSON.stringify(seen[0]);
    assert.ok(!told.includes('canary') && !told.includes(agent), told);
    assert.equal(seen[0].headers.authorization, 'Bearer upstream-key');
    assert.equal(seen[0].headers['mcp-name'], 'look');
    assert.equal(seen[0].asked.params.name, 'look');
    assert.notEqual(seen[0].asked.id, 'client-id');
  } finally {
    await endAll(() => other.remove(), () => curious.close());
  }
});

test('a legacy server whose streams end late, or after their answer not at all, is served', async () => {
  const session = 'late-ends';
  const server = await listen(async (req, res) => {
    const asked = JSON.parse(await readBody(req));
    if (asked.method === 'server/discover') return reply(res, { jsonrpc: '2.0', id: asked.id, error: { code: -32601, message: 'no' } }, 400);
    if (asked.method === 'notifications/initialized') return res.writeHead(202).end();
    if (asked.method !== 'initialize' && req.headers['mcp-session-id'] !== session) return res.writeHead(400).end();
    const results = {
      initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'late', version: '1' } },
      'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
      'tools/call': textResult('late but well'),
    };
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Mcp-Session-Id': session });
    res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: results[asked.method] })}\n\n`);
    if (asked.method !== 'tools/list') setTimeout(() => res.end(), 50);
  });
  const gateway = await Sluice.start({ servers: { late: settings(server.url) } });
  try {
    await gateway.ready(['late']);
    const answer = await call(gateway, await gateway.key(), 'late__echo', {});
    assert.equal(answer.result?.content[0].text, 'late but well', answer.text);
  } finally {
    await endAll(() => gateway.remove(), () => server.close());
  }
});
