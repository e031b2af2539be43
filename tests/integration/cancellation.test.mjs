import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { connectLegacy, connectModern, textOf } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { legacyServer } from './support/legacy_server.mjs';
import { plainServer, textResult } from './support/plain_server.mjs';
import { RawConnection } from './support/raw_http.mjs';
import { bytesOf, call, callBytes, callMessage, headersFor, post } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { registerStreamingTools, Talk } from './support/streaming_tools.mjs';
import { stdioServer, talkerKinds, talkers, talkPolicy } from './support/talkers.mjs';
import { eventually, scaled, sleep } from './support/time.mjs';

let server, servers, silent, sluice, key, otherKey, notes;
const waiting = [];

before(async () => {
  // Each call waits until the test answers it; `gone` says whether the caller had gone by then.
  server = await plainServer(({ asked, res, answer }) => {
    const entry = { asked, res, answer: () => answer(textResult('late')) };
    entry.gone = new Promise((done) => res.on('close', () => done(!res.writableEnded)));
    waiting.push(entry);
  }, { tools: ['wait', 'echo'] });
  servers = await talkers();
  silent = await legacyServer({ json: true, calls: new Talk(), register: registerStreamingTools });
  sluice = new Sluice({ policy: talkPolicy });
  notes = sluice.path('notes');
  const patience = `${scaled(1000)}ms`;
  sluice.write('sluice.yaml', {
    ...sluice.config,
    servers: {
      s: { url: server.url }, silent: { url: silent.url }, hasty: { url: server.url, timeout: patience },
      ...Object.fromEntries(talkerKinds.map((kind) => [kind, { url: servers.urls[kind], timeout: patience }])),
      child: stdioServer({ notes }, { timeout: patience }),
    },
  });
  await sluice.start();
  await sluice.ready(['s', 'silent', 'hasty', ...talkerKinds, 'child']);
  key = await sluice.key();
  otherKey = await sluice.key('other');
});

after(() => endAll(() => sluice?.remove(), () => server?.close(), () => servers?.close(), () => silent?.close()));

const audited = (tool, test, what) => eventually(what, async () => {
  const { stdout } = await sluice.cli('audit', 'tail', '-n', '3', '--json');
  return stdout.trim().split('\n').map((line) => JSON.parse(line)).find((record) => record.tool === tool && test(record.outcome));
});

async function arrived() {
  await eventually('the call arrives', () => waiting.length > 0);
  return waiting.shift();
}

/** A legacy session on connections of the test's own. */
async function openSession(withKey = key) {
  const headers = { Authorization: `Bearer ${withKey}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const body = (id, method, params) => JSON.stringify({ jsonrpc: '2.0', ...(id === null ? {} : { id }), method, params });
  const opened = await post(sluice.url, headers, body(1, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }));
  const session = { ...headers, 'Mcp-Session-Id': opened.headers['mcp-session-id'] };
  return {
    bytes: (id, method, params) => bytesOf({ headers: session, body: body(id, method, params) }),
    post: (id, method, params) => post(sluice.url, session, body(id, method, params)),
  };
}

// ---- A client of 2026-07-28: closing the connection cancels

test('a modern client that closes its connection ends its call at the server, and that is recorded as unknown', async () => {
  const connection = await RawConnection.open(sluice.port);
  connection.send(callBytes(key, 's__wait'));
  const { gone } = await arrived();
  connection.close();
  assert.equal(await gone, true);
  const record = await audited('s/wait', ({ reason }) => reason === 'cancelled', 'the call is recorded as cancelled');
  assert.equal(record.outcome.kind, 'unknown');
  const outcome = records(sluice, 'outcome').at(-1);
  assert.equal(outcome.body.kind, 'unknown');
  assert.equal(outcome.key, record.intent);
});

test('requests that come early on the same connection are no sign that the client has gone', async () => {
  const connection = await RawConnection.open(sluice.port);
  connection.send(callBytes(key, 's__wait', {}, 1) + callBytes(key, 's__wait', {}, 2));
  const first = await arrived();
  await sleep(300); // several looks at the connection
  first.answer();
  assert.equal(JSON.parse((await connection.response()).body).id, 1);
  const second = await arrived();
  second.answer();
  assert.equal(JSON.parse((await connection.response()).body).id, 2);
  // Nor do they hide it.
  connection.send(callBytes(key, 's__wait', {}, 3) + callBytes(key, 's__wait', {}, 4));
  const third = await arrived();
  await sleep(150);
  connection.close();
  assert.equal(await third.gone, true);
  assert.equal(waiting.length, 0);
});

for (const kind of talkerKinds) {
  test(`a tool of a ${kind} server hears that a modern client has cancelled`, async () => {
    const client = await connectModern(sluice.url, key);
    const { calls } = servers[kind];
    const [started, aborted] = [calls.started, calls.aborted.length];
    const abort = new AbortController();
    const lost = client.callTool({ name: `${kind}__wait`, arguments: {} }, { signal: abort.signal });
    await eventually('the tool runs', () => calls.started > started);
    abort.abort();
    await assert.rejects(lost);
    await eventually('the tool is told', () => calls.aborted.length === aborted + 1);
    assert.equal(textOf(await client.callTool({ name: `${kind}__echo`, arguments: { text: 'on' } })), 'on');
    await client.close();
  });

  test(`a tool of a ${kind} server hears that a legacy client has cancelled`, async () => {
    const client = await connectLegacy(sluice.url, key);
    const { calls } = servers[kind];
    const [started, aborted] = [calls.started, calls.aborted.length];
    const abort = new AbortController();
    const lost = client.callTool({ name: `${kind}__wait`, arguments: {} }, undefined, { signal: abort.signal });
    await eventually('the tool runs', () => calls.started > started);
    abort.abort();
    await assert.rejects(lost);
    await eventually('the tool is told', () => calls.aborted.length === aborted + 1);
    assert.equal(textOf(await client.callTool({ name: `${kind}__echo`, arguments: { text: 'on' } })), 'on');
    await client.close();
  });

  test(`a tool of a ${kind} server that says nothing for too long is told that nobody waits any more`, async () => {
    const { calls } = servers[kind];
    const aborted = calls.aborted.length;
    const answer = await call(sluice, key, `${kind}__wait`);
    assert.match(answer.result.content[0].text, /the deadline passed\. The call may have been carried out/);
    await eventually('the tool is told', () => calls.aborted.length === aborted + 1);
  });
}

test('a legacy server that sends nothing before its answer hears that its call was cancelled', async () => {
  const connection = await RawConnection.open(sluice.port);
  connection.send(callBytes(key, 'silent__wait'));
  await eventually('the tool runs', () => silent.calls.started === 1);
  connection.close();
  await eventually('the tool is told', () => silent.calls.aborted.length === 1);
});

test('a child hears that its call was cancelled, by clients of both eras', async () => {
  const noted = (word) => readFileSync(notes, 'utf8').split('\n').filter((line) => line.startsWith(word)).length;
  const [calls, ends] = [noted('never'), noted('cancelled')];
  const connection = await RawConnection.open(sluice.port);
  connection.send(callBytes(key, 'child__never'));
  await eventually('the child is called', () => noted('never') === calls + 1);
  connection.close();
  await eventually('the child is told', () => noted('cancelled') === ends + 1);
  const session = await openSession();
  const ended = session.post(7, 'tools/call', { name: 'child__never', arguments: {} });
  await eventually('the child is called again', () => noted('never') === calls + 2);
  await session.post(null, 'notifications/cancelled', { requestId: 7 });
  await eventually('the child is told again', () => noted('cancelled') === ends + 2);
  assert.equal((await ended).body, '');
});

// ---- A client of the revisions before: it says so

test('a legacy client that closes its connection does not end the call', async () => {
  const session = await openSession();
  const connection = await RawConnection.open(sluice.port);
  connection.send(session.bytes(2, 'tools/call', { name: 's__wait', arguments: {} }));
  const { gone, answer } = await arrived();
  connection.close();
  assert.equal(await Promise.race([gone, sleep(500).then(() => 'still there')]), 'still there');
  answer();
  assert.equal(await gone, false);
  await audited('s/wait', ({ kind }) => kind === 'answered', 'the call is recorded as answered');
});

test('a legacy client cancels its own call alone: not that of another session, agent, or id', async () => {
  const session = await openSession();
  const ended = session.post(2, 'tools/call', { name: 's__wait', arguments: {} });
  const { gone } = await arrived();
  for (const stranger of [await openSession(), await openSession(otherKey)]) {
    assert.equal((await stranger.post(null, 'notifications/cancelled', { requestId: 2 })).status, 202);
  }
  for (const requestId of [3, '2', null, {}]) {
    assert.equal((await session.post(null, 'notifications/cancelled', { requestId })).status, 202);
  }
  assert.equal(await Promise.race([gone, sleep(300).then(() => 'still there')]), 'still there');
  await session.post(null, 'notifications/cancelled', { requestId: 2, reason: 'enough' });
  assert.equal(await gone, true);
  const answer = await ended;
  assert.equal(answer.body, ''); // a cancelled request is not answered
  assert.match(answer.headers['content-type'], /event-stream/);
  const record = await audited('s/wait', ({ reason }) => reason === 'cancelled', 'the call is recorded as cancelled');
  assert.equal(record.outcome.kind, 'unknown');
});

test('what a server answers after a cancellation reaches nobody', async () => {
  const session = await openSession();
  const lost = session.post(5, 'tools/call', { name: 's__wait', arguments: {} });
  const late = await arrived();
  await session.post(null, 'notifications/cancelled', { requestId: 5 });
  assert.equal((await lost).body, '');
  late.answer();
  const next = session.post(5, 'tools/call', { name: 's__wait', arguments: {} });
  const entry = await arrived();
  entry.answer();
  assert.equal(JSON.parse((await next).body).result.content[0].text, 'late');
});

// ---- Deadlines

const progress = (token, at) => `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token, progress: at } })}\n\n`;

test('progress keeps a call alive beyond the time without a sign of life, comments do not', async () => {
  const sent = callMessage('hasty__wait');
  sent.params._meta.progressToken = 'p';
  const asking = () => post(sluice.url, headersFor(sent, key), JSON.stringify(sent));
  const lively = asking();
  const { asked, res } = await arrived();
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (let step = 1; step <= 6; step += 1) {
    await sleep(scaled(1000) / 4);
    res.write(progress(asked.params._meta.progressToken, step));
  }
  res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: { resultType: 'complete', ...textResult('at last') } })}\n\n`);
  assert.match((await lively).body, /at last/);

  const dead = asking();
  const silent = await arrived();
  silent.res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const comments = setInterval(() => silent.res.write(': still here\n\n'), 50);
  assert.match((await dead).body, /the deadline passed/);
  clearInterval(comments);
  assert.equal(await silent.gone, true);
});

test('a child that reports progress is not given up, one that only serves others is', async () => {
  const sent = callMessage('child__work', { steps: 6, ms: scaled(1000) / 4 });
  sent.params._meta.progressToken = 'p';
  const lively = post(sluice.url, headersFor(sent, key), JSON.stringify(sent));
  const silent = call(sluice, key, 'child__never');
  assert.match((await silent).result.content[0].text, /the deadline passed/);
  assert.match((await lively).body, /worked 6/);
});

test('a gateway that is told to stop ends in time, whatever is under way', async () => {
  const lost = call(sluice, key, 's__wait').catch((error) => error);
  await arrived();
  assert.equal(await sluice.stop(), true);
  await lost;
  assert.equal((await sluice.cli('audit', 'verify')).code, 0);
});

// ---- A call that waits for a child to start

test('a client that goes while its child is starting leaves its place to others at once', async () => {
  // The first child serves the first agent; those of other agents never begin to talk.
  const first = stdioServer();
  const one = new Sluice({
    policy: `
agents: {tester: {roles: [all]}, other: {roles: [all]}}
roles: {all: {allow: ["*"], limits: [{tools: "*", per: agent, concurrency: 1}]}}
tools: {"*": {effect: read_only}}
`,
  });
  const script = `if mkdir '${one.path('taken')}' 2>/dev/null; then exec '${first.command}' "$@"; else exec sleep 60; fi`;
  one.write('sluice.yaml', { ...one.config, servers: { c: { command: 'sh', args: ['-c', script, 'sh', ...first.args], instances: 'agent' } } });
  try {
    await one.start();
    await one.ready(['c']);
    const [mine, others] = [await one.key(), await one.key('other')];
    assert.equal((await call(one, mine, 'c__echo', { text: 'first' })).result.content[0].text, 'first');
    const connection = await RawConnection.open(one.port);
    connection.send(callBytes(others, 'c__echo', { text: 'second' }));
    await sleep(300);
    assert.match((await call(one, others, 'c__echo', {})).result.content[0].text, /in flight/);
    connection.close();
    await eventually('the call has ended', () => records(one, 'audit').some(({ body }) => body.outcome.reason === 'cancelled'), 3_000);
    const { body } = records(one, 'audit').find(({ body: { outcome } }) => outcome.reason === 'cancelled');
    assert.equal(body.outcome.kind, 'failed'); // nothing was sent
  } finally {
    await one.remove();
  }
});
