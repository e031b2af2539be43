import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { connectLegacy } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { EventStream } from './support/event_stream.mjs';
import { plainServer, textResult } from './support/plain_server.mjs';
import { ask, headersFor, message, post } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, sleep } from './support/time.mjs';

let server, sluice, key, secretKey;
const offered = ['echo', 'open'];

// `secret` may call one tool alone, which the others may not.
const policy = `
agents: {tester: {roles: [everything]}, secret: {roles: [few]}}
roles: {everything: {allow: ["*"], deny: ["*/hidden"]}, few: {allow: ["*/hidden"]}}
tools: {"*": {effect: read_only}}
views: {narrow: {tools: ["*/echo", "*/narrow"]}}
`;

before(async () => {
  server = await plainServer(({ answer }) => answer(textResult('done')), { tools: offered });
  sluice = await Sluice.start({ servers: { s: server.url }, policy, limits: { streams_per_agent: 8, stream_keep_alive: '200ms', session_idle: '2s' } });
  key = await sluice.key();
  secretKey = await sluice.key('secret');
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

const changed = 'notifications/tools/list_changed';
const acknowledged = 'notifications/subscriptions/acknowledged';
const idOf = (event) => event.params._meta['io.modelcontextprotocol/subscriptionId'];

/** The server offers other tools from now on, and is asked again. */
async function offer(...tools) {
  offered.splice(0, offered.length, ...tools);
  await sluice.json('servers', 'restart', 's');
}

function listen(withKey = key, notifications = { toolsListChanged: true }, id = 'l1', view = '') {
  const sent = message('subscriptions/listen', { notifications }, id);
  return EventStream.open(sluice.url + view, headersFor(sent, withKey), { body: JSON.stringify(sent) });
}

async function openSession(withKey = key) {
  const headers = { Authorization: `Bearer ${withKey}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const opened = await post(sluice.url, headers, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } }));
  return { ...headers, 'Mcp-Session-Id': opened.headers['mcp-session-id'] };
}

const get = (session, more = {}) => EventStream.open(sluice.url, { ...session, 'Content-Type': undefined, ...more }, { method: 'GET' });

test('discovery and the handshake say that the list of tools may change', async () => {
  const { result } = await ask(sluice, key, 'server/discover');
  assert.equal(result.capabilities.tools.listChanged, true);
  const client = await connectLegacy(sluice.url, key);
  assert.equal(client.getServerCapabilities().tools.listChanged, true);
  await client.close();
});

test('a modern client that listens is acknowledged first, and told when its tools change', async () => {
  const stream = await listen();
  assert.match(stream.headers['content-type'], /^text\/event-stream/);
  const first = await stream.next();
  assert.equal(first.method, acknowledged);
  assert.deepEqual(first.params.notifications, { toolsListChanged: true });
  assert.equal(idOf(first), 'l1');
  await offer('echo', 'open', 'more');
  const next = await stream.next();
  assert.equal(next.method, changed);
  assert.equal(idOf(next), 'l1');
  stream.close();
});

test('the id of a subscription keeps its type, and what is not served is not acknowledged', async () => {
  const stream = await listen(key, { toolsListChanged: false, promptsListChanged: true, resourceSubscriptions: ['file:///x'] }, 7);
  const first = await stream.next();
  assert.equal(idOf(first), 7);
  assert.deepEqual(first.params.notifications, { promptsListChanged: true });
  await offer('echo');
  await eventually('comments', () => stream.comments > 5);
  assert.deepEqual(stream.events, []);
  stream.close();
});

test('a change that an agent cannot see is not told to it', async () => {
  await offer('echo');
  const [open, secret] = [await listen(key), await listen(secretKey)];
  await Promise.all([open.next(), secret.next()]);
  await offer('echo', 'hidden');
  assert.equal((await secret.next()).method, changed);
  await eventually('comments', () => open.comments > 3);
  assert.deepEqual(open.events, []);
  await offer('echo', 'hidden', 'more');
  assert.equal((await open.next()).method, changed);
  assert.deepEqual(secret.events, []);
  open.close();
  secret.close();
});

test('who listens through a view is told of what the view shows alone', async () => {
  await offer('echo');
  const [all, narrow] = [await listen(), await listen(key, undefined, 'n', '/narrow')];
  await Promise.all([all.next(), narrow.next()]);
  await offer('echo', 'wide');
  assert.equal((await all.next()).method, changed);
  await eventually('comments', () => narrow.comments > 3);
  assert.deepEqual(narrow.events, []);
  await offer('echo', 'wide', 'narrow');
  assert.equal((await narrow.next()).method, changed);
  all.close();
  narrow.close();
});

test('the official client of 2026-07-28 hears of a change', async () => {
  const client = new ModernClient({ name: 'integration', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const heard = [];
  client.setNotificationHandler(changed, () => { heard.push(changed); });
  await client.connect(new ModernTransport(new URL(sluice.url), { requestInit: { headers: { Authorization: `Bearer ${key}` } } }));
  const subscription = await client.listen({ toolsListChanged: true });
  await offer('echo', 'official');
  await eventually('the client hears', () => heard.length === 1);
  await subscription.close();
  await client.close();
});

test('the official client of 2025-11-25 hears of a change', async () => {
  const client = await connectLegacy(sluice.url, key);
  const { ToolListChangedNotificationSchema } = await import('@modelcontextprotocol/sdk/types.js');
  const heard = [];
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => { heard.push(changed); });
  await sleep(200); // it opens its stream behind the handshake
  await offer('echo', 'legacy');
  await eventually('the client hears', () => heard.length === 1);
  await client.close();
});

test('a session has one stream: the newest', async () => {
  const session = await openSession();
  const [first, second] = [await get(session), await get(session)];
  assert.equal(first.status, 200);
  assert.deepEqual(await first.rest(), []);
  await offer('echo', 'newest');
  assert.equal((await second.next()).method, changed);
  second.close();
});

test('a stream keeps its session alive, and ends with it', async () => {
  const session = await openSession();
  const stream = await get(session);
  await sleep(2500);
  assert.equal(stream.ended, false);
  const answer = await post(sluice.url, session, JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' }));
  assert.equal(answer.status, 200);
  const closing = await EventStream.open(sluice.url, { ...session, 'Content-Type': undefined }, { method: 'DELETE' });
  assert.equal(closing.status, 204);
  assert.deepEqual(await stream.rest(), []);
});

test('a stream is for the owner of a session that exists, and for clients that accept it', async () => {
  const session = await openSession();
  assert.equal((await get({ ...session, 'Mcp-Session-Id': undefined })).status, 400);
  assert.equal((await get({ ...session, 'Mcp-Session-Id': '0'.repeat(32) })).status, 404);
  assert.equal((await get({ ...session, Authorization: `Bearer ${secretKey}` })).status, 404);
  assert.equal((await get(session, { Accept: 'application/json' })).status, 406);
  assert.equal((await get(session, { 'MCP-Protocol-Version': '2026-07-28' })).status, 405);
});

test('listening without saying to what is refused', async () => {
  for (const notifications of [undefined, [], 'all']) {
    assert.equal((await ask(sluice, key, 'subscriptions/listen', { notifications })).error.code, -32602);
  }
});

test('streams are bounded, and one that is closed makes room', async () => {
  const streams = [];
  for (let i = 0; i < 8; i += 1) streams.push(await listen(secretKey));
  const refused = await listen(secretKey);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['retry-after'], '1');
  refused.close();
  const other = await listen(key);
  assert.equal(other.status, 200);
  other.close();
  streams.pop().close();
  await eventually('there is room again', async () => {
    const stream = await listen(secretKey);
    if (stream.status === 200) streams.push(stream);
    return stream.status === 200;
  });
  for (const stream of streams) stream.close();
});

test('a gateway that stops ends its streams with their results', async () => {
  const stream = await listen(key, { toolsListChanged: true }, 9);
  await stream.next();
  const session = await get(await openSession());
  assert.equal(await sluice.stop(), true);
  const [last] = await stream.rest();
  assert.equal(last.id, 9);
  assert.equal(last.result.resultType, 'complete');
  assert.equal(last.result._meta['io.modelcontextprotocol/subscriptionId'], 9);
  assert.deepEqual(await session.rest(), []);
});
