import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { policy, testCalls } from './support/client_tests.mjs';
import { connectLegacy, textOf } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { post } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { upstreamTrio } from './support/upstream_trio.mjs';

const context = {};

before(async () => {
  context.servers = await upstreamTrio();
  context.sluice = await Sluice.start({ servers: context.servers.urls, policy });
  context.key = await context.sluice.key('tester');
  context.restrictedKey = await context.sluice.key('restricted');
  context.client = await connectLegacy(context.sluice.url, context.key);
  context.restricted = await connectLegacy(context.sluice.url, context.restrictedKey);
});

after(() => endAll(
  () => context.client?.close(),
  () => context.restricted?.close(),
  () => context.sluice?.remove(),
  () => context.servers?.close(),
));

testCalls(context);

const rpc = async (key, method, params, headers = {}, id = 1) => {
  const body = JSON.stringify({ jsonrpc: '2.0', ...(id === null ? {} : { id }), method, params });
  const all = {
    Authorization: `Bearer ${key}`,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    ...headers,
  };
  const answer = await post(context.sluice.url, all, body);
  return { ...answer, message: answer.body ? JSON.parse(answer.body) : undefined };
};

const initialize = (key, protocolVersion = '2025-11-25') =>
  rpc(key, 'initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } });

async function openSession(key) {
  const { headers } = await initialize(key);
  return { 'Mcp-Session-Id': headers['mcp-session-id'], 'MCP-Protocol-Version': '2025-11-25' };
}

test('the handshake yields a session, and ping is answered', async () => {
  assert.match(context.client.httpTransport.sessionId, /^[\x21-\x7e]{32,}$/);
  assert.equal(context.client.getServerVersion().name, 'sluice');
  assert.deepEqual(await context.client.ping(), {});
});

for (const version of ['2025-11-25', '2025-06-18']) {
  test(`a client that asks for ${version} gets it and can call`, async () => {
    const { status, headers, message } = await initialize(context.key, version);
    assert.equal(status, 200);
    assert.equal(message.result.protocolVersion, version);
    const session = { 'Mcp-Session-Id': headers['mcp-session-id'] };
    const carried = { ...session, 'MCP-Protocol-Version': version };
    assert.equal((await rpc(context.key, 'notifications/initialized', {}, carried, null)).status, 202);
    const called = await rpc(context.key, 'tools/call', { name: 'modern__echo', arguments: { text: 'v' } }, carried);
    assert.equal(called.message.result.content[0].text, 'v');
    assert.equal(called.message.result.resultType, undefined);
  });
}

test('a client that asks for a revision without handshake, or an unknown one, is offered the newest that has one', async () => {
  for (const version of ['2026-07-28', '1999-01-01']) {
    assert.equal((await initialize(context.key, version)).message.result.protocolVersion, '2025-11-25');
  }
});

test('a session that was ended is not found, by anything that uses it', async () => {
  const client = await connectLegacy(context.sluice.url, context.key);
  const ended = { 'Mcp-Session-Id': client.httpTransport.sessionId };
  await client.httpTransport.terminateSession();
  await client.close();
  assert.equal((await rpc(context.key, 'tools/list', {}, ended)).status, 404);
  assert.equal((await rpc(context.key, 'notifications/initialized', {}, ended, null)).status, 404);
  const again = await fetch(context.sluice.url, { method: 'DELETE', headers: { ...ended, Authorization: `Bearer ${context.key}` } });
  assert.equal(again.status, 404);
});

test('a request without a session is turned away with 400, one with an invented session with 404', async () => {
  assert.equal((await rpc(context.key, 'tools/list', {})).status, 400);
  assert.equal((await rpc(context.key, 'tools/list', {}, { 'Mcp-Session-Id': 'f'.repeat(32) })).status, 404);
});

test("another agent's session is not found, and cannot be ended", async () => {
  const session = await openSession(context.key);
  const stolen = await rpc(context.restrictedKey, 'tools/list', {}, session);
  const invented = await rpc(context.restrictedKey, 'tools/list', {}, { ...session, 'Mcp-Session-Id': 'f'.repeat(32) });
  assert.equal(stolen.status, 404);
  assert.equal(stolen.body, invented.body);
  const ended = await fetch(context.sluice.url, { method: 'DELETE', headers: { ...session, Authorization: `Bearer ${context.restrictedKey}` } });
  assert.equal(ended.status, 404);
  assert.equal((await rpc(context.key, 'tools/list', {}, session)).status, 200);
});

test('an unknown method is answered with -32601, and a batch is refused', async () => {
  const session = await openSession(context.key);
  assert.equal((await rpc(context.key, 'no/such', {}, session)).message.error.code, -32601);
  const headers = { ...session, Authorization: `Bearer ${context.key}`, 'Content-Type': 'application/json' };
  const batch = await post(context.sluice.url, headers, '[{"jsonrpc":"2.0","id":1,"method":"ping"}]');
  assert.equal(batch.status, 400);
  assert.equal(JSON.parse(batch.body).error.code, -32600);
});

test('an unsupported version in the header is turned away', async () => {
  const session = await openSession(context.key);
  assert.equal((await rpc(context.key, 'tools/list', {}, { ...session, 'MCP-Protocol-Version': '1999-01-01' })).status, 400);
});

test('a legacy client that goes away does not stop its call', async () => {
  const before = context.servers.modern.calls.of('slow');
  const session = await openSession(context.key);
  const gone = new AbortController();
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'modern__slow', arguments: { ms: 300 } } });
  const headers = { ...session, Authorization: `Bearer ${context.key}`, 'Content-Type': 'application/json' };
  const sent = fetch(context.sluice.url, { method: 'POST', headers, body, signal: gone.signal });
  while (context.servers.modern.calls.of('slow') === before) await new Promise((done) => setTimeout(done, 5));
  gone.abort();
  await assert.rejects(sent);
  assert.equal(textOf(await context.client.callTool({ name: 'modern__echo', arguments: { text: 'still here' } })), 'still here');
});
