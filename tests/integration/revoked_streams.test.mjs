import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { EventStream } from './support/event_stream.mjs';
import { plainServer } from './support/plain_server.mjs';
import { headersFor, message, post } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, sleep } from './support/time.mjs';

const policy = (agents) => `
agents: {${agents.map((agent) => `${agent}: {roles: [everything]}`).join(', ')}}
roles: {everything: {allow: ["*"]}}
tools: {"*": {effect: read_only}}
`;
const soon = scaled(2000);

let server, sluice;
const calls = []; // of the server: each tells of its progress until its connection ends

before(async () => {
  server = await plainServer(({ asked, res }) => {
    const call = { ended: false };
    calls.push(call);
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const token = asked.params._meta.progressToken;
    const timer = setInterval(() => {
      const params = { progressToken: token, progress: Date.now() };
      res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`);
    }, 50);
    res.on('close', () => { call.ended = true; clearInterval(timer); });
  });
  sluice = await Sluice.start({ servers: { s: server.url }, policy: policy(['tester', 'other']) });
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

const idOf = (key) => key.split('_')[1];

function open(key, method, params) {
  const sent = message(method, params);
  return EventStream.open(sluice.url, headersFor(sent, key), { body: JSON.stringify(sent) });
}
const listen = (key) => open(key, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
const work = (key) => open(key, 'tools/call', { name: 's__echo', arguments: {}, _meta: { progressToken: 'p' } });

async function get(key) {
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const opened = await post(sluice.url, headers, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } }));
  return EventStream.open(sluice.url, { ...headers, 'Content-Type': undefined, 'Mcp-Session-Id': opened.headers['mcp-session-id'] }, { method: 'GET' });
}

const reasons = (agent) => sluice.logLines().filter((line) => line.event === 'streams_ended' && line.agent === agent).map((line) => line.reason);

/** The streams of a key, and those of another one that stays as it is. */
async function endsThose(agent, key, act, reason) {
  const stays = await sluice.key('tester');
  const [kept, keptCall] = [await listen(stays), await work(stays)];
  const streams = [await listen(key), await get(key), await work(key)];
  const call = calls.at(-1);
  await streams[0].next();
  assert.equal((await streams[2].next()).method, 'notifications/progress');
  await act();
  const [listened, session, answer] = await Promise.all(streams.map((stream) => stream.rest(soon)));
  assert.equal(listened.at(-1).result?.resultType, 'complete');
  assert.deepEqual(session, []);
  assert.ok(answer.every((event) => event.method === 'notifications/progress'), 'no result');
  await eventually('the call is cancelled at its server', () => call.ended);
  await eventually('the log says why', () => reasons(agent).includes(reason));
  const heard = keptCall.events.length;
  await sleep(200);
  assert.ok(keptCall.events.length > heard);
  assert.ok(!kept.ended && !keptCall.ended);
  kept.close();
  keptCall.close();
}

test('a revoked key ends its streams, and none of another key', async () => {
  const key = await sluice.key('tester');
  await endsThose('tester', key, () => sluice.cli('key', 'revoke', idOf(key)), 'its key was revoked');
});

test('an expired key ends its streams', async () => {
  const key = await sluice.key('tester');
  await endsThose('tester', key, () => sluice.cli('key', 'rotate', idOf(key), '--overlap', '0'), 'its key has expired');
});

test('an agent that is taken from the policy loses its streams', async () => {
  const key = await sluice.key('other');
  await endsThose('other', key, () => sluice.write('policy.yaml', policy(['tester'])), 'the policy names its agent no more');
});

