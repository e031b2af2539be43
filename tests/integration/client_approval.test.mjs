import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { after, before, test } from 'node:test';
import { connectLegacy, connectModern, textOf } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { modernServer } from './support/modern_server.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const policy = `people: {ann: {login: ["unix:${userInfo().username}"], groups: [ops], may: [approve]}}
agents: {tester: {roles: [writer]}, other: {roles: [writer]}}
roles:
  writer:
    allow: ["m/*"]
    approve: [{tools: m/count, ask: client, by: [ops], wait: 30s, expires: 1h}]
tools: {m/echo: {effect: read_only}}
`;

let server, sluice, key, others;

before(async () => {
  server = await modernServer();
  sluice = await Sluice.start({ servers: { m: server.url }, policy });
  key = await sluice.key();
  others = await sluice.key('other');
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

const says = (decision) => () => ({ action: 'accept', content: { decision } });
const count = (client, note) => client.callTool({ name: 'm__count', arguments: { note } });
const votesOf = (id) => records(sluice, 'approval').filter((record) => record.key === id && record.body.event === 'vote').map((record) => record.body);
const waiting = (note) => eventually('an approval waits', async () => {
  const { approvals } = await sluice.json('approvals', 'list');
  return approvals.find((approval) => approval.state === 'pending' && approval.arguments.note === note);
});

for (const [era, connect] of [['2026-07-28', connectModern], ['2025', connectLegacy]]) {
  test(`the person at a ${era} client sees the call and approves it`, async () => {
    const before = server.calls.of('count');
    let asked;
    const client = await connect(sluice.url, key, ({ params }) => {
      asked = params;
      return says('approve')();
    });
    const result = await count(client, `yes ${era}`);
    assert.ok(!result.isError, textOf(result));
    assert.equal(server.calls.of('count'), before + 1);
    assert.match(asked.message, new RegExp(`^Agent tester asks to call m/count with \\{"note":"yes ${era}"\\}\\nIt is sent only if you approve \\(apr_`));
    assert.deepEqual(asked.requestedSchema.properties.decision.enum, ['approve', 'deny']);
    const { id, person } = result._meta['dev.sluice/approval'];
    assert.equal(person, 'the user of agent tester');
    const [vote] = votesOf(id);
    assert.deepEqual([vote.person, vote.login, vote.at_client], ['the user of agent tester', `key ${key.split('_')[1]}`, true]);
    await client.close();
  });

  test(`the person at a ${era} client denies, and the call is not sent`, async () => {
    const before = server.calls.of('count');
    for (const [how, answer] of [['decline', () => ({ action: 'decline' })], ['deny', says('deny')]]) {
      const client = await connect(sluice.url, key, answer);
      const result = await count(client, `${how} ${era}`);
      assert.match(textOf(result), /^Approval apr_\w+ was denied by the user of agent tester, a person\.\nNothing was sent\.$/);
      await client.close();
    }
    assert.equal(server.calls.of('count'), before);
  });

  test(`what the person at a ${era} client dismisses, or a client cannot ask, others decide`, async () => {
    for (const answer of [() => ({ action: 'cancel' }), undefined]) {
      const note = `${answer ? 'dismissed' : 'unable'} ${era}`;
      const client = await connect(sluice.url, key, answer);
      const result = count(client, note);
      const { approval } = await waiting(note);
      assert.equal((await sluice.cli('approvals', 'approve', approval)).code, 0);
      assert.equal((await result)._meta['dev.sluice/approval'].person, 'ann');
      await client.close();
    }
  });

  test(`while the person at a ${era} client thinks, others may decide`, async () => {
    const client = await connect(sluice.url, key, () => new Promise(() => {}));
    const note = `slow ${era}`;
    const result = count(client, note);
    result.catch(() => {});
    const { approval } = await waiting(note);
    assert.equal((await sluice.cli('approvals', 'approve', approval)).code, 0);
    if (connect === connectLegacy) assert.equal((await result)._meta['dev.sluice/approval'].person, 'ann');
    await client.close();
  });
}

/** A JSON-RPC message as a legacy client sends it in a session. */
const post = (token, session, message) => fetch(sluice.url, {
  method: 'POST',
  headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'Mcp-Session-Id': session, 'MCP-Protocol-Version': '2025-11-25' },
  body: JSON.stringify({ jsonrpc: '2.0', ...message }),
});

test('a question of a session is answered by that session, and once', async () => {
  const stranger = await connectLegacy(sluice.url, others);
  const second = await connectLegacy(sluice.url, key);
  let answerOf, refused;
  const client = await connectLegacy(sluice.url, key, async (_, { requestId }) => {
    answerOf = { id: requestId, result: says('approve')() };
    refused = [
      await post(others, stranger.httpTransport.sessionId, answerOf),
      await post(others, client.httpTransport.sessionId, answerOf),
      await post(key, second.httpTransport.sessionId, answerOf),
      await post(key, client.httpTransport.sessionId, { id: requestId, result: { action: 'accept', content: { decision: 'perhaps' } } }),
    ].map(({ status }) => status);
    return says('deny')();
  });
  const result = await count(client, 'whose');
  assert.deepEqual(refused, [400, 404, 400, 400]);
  assert.match(textOf(result), /was denied by the user of agent tester/);
  const late = await post(key, client.httpTransport.sessionId, answerOf);
  assert.equal(late.status, 400);
  assert.deepEqual(await late.json(), { error: 'No question of this session waits for this answer.' });
  for (const one of [client, stranger, second]) await one.close();
});

/** A tools/call as a client of 2026-07-28 that shows forms sends it. */
async function modernCall(token, note, inputResponses) {
  const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
  const response = await fetch(sluice.url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'm__count' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'm__count', arguments: { note }, ...(inputResponses ? { inputResponses } : {}), _meta } }),
  });
  return response.json();
}

test('an answer in a repeated call belongs to that call\'s question alone, and counts once', async () => {
  const before = server.calls.of('count');
  const first = (await modernCall(key, 'mine')).result;
  assert.equal(first.resultType, 'input_required');
  assert.equal(first.content, undefined);
  const [id] = Object.keys(first.inputRequests);
  const answer = { [id]: says('approve')() };
  for (const [token, note] of [[others, 'mine'], [key, 'another']]) {
    const { result } = await modernCall(token, note, answer);
    assert.equal(result.resultType, 'input_required');
    assert.equal(result.inputRequests[id], undefined);
  }
  assert.equal((await modernCall(key, 'mine', { [id]: { action: 'accept', content: { decision: 1 } } })).error.code, -32602);
  assert.equal((await modernCall(key, 'mine', [])).error.code, -32602);
  assert.equal(server.calls.of('count'), before);
  const done = (await modernCall(key, 'mine', answer)).result;
  assert.equal(done.resultType, 'complete');
  assert.equal(done._meta['dev.sluice/approval'].person, 'the user of agent tester');
  assert.equal((await modernCall(key, 'mine', answer)).result.resultType, 'input_required');
  assert.equal(server.calls.of('count'), before + 1);
});
