import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { Authority } from './support/certificates.mjs';
import { endAll } from './support/end_all.mjs';
import { modernServer } from './support/modern_server.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const policyWith = (expires = '1h', more = '') => `people:
  ann: {login: ["unix:${userInfo().username}"], groups: [ops], may: [approve]}
  dora: {login: ["unix:nobody"], groups: [directors], may: [approve]}
agents: {tester: {roles: [writer]}}
roles:
  writer:
    allow: ["m/*"]
    approve: [{tools: m/count, by: [ops], wait: 0s, expires: ${expires}${more}}]
`;

/** A receiver that checks signatures as Standard Webhooks says; `answers` are its next statuses. */
async function receiver({ tls, answers = [] } = {}) {
  const messages = [];
  const handler = (request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part)).on('end', () => {
      const body = Buffer.concat(parts).toString();
      const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = request.headers;
      const signed = `v1,${createHmac('sha256', secret).update(`${id}.${time}.${body}`).digest('base64')}`;
      messages.push({ id, valid: signature === signed && Math.abs(Date.now() / 1000 - Number(time)) < 60, path: request.url, body, ...JSON.parse(body) });
      const status = answers.shift() ?? 204;
      if (status === 'silence') return;
      response.writeHead(status).end(status === 204 ? undefined : 'no');
    });
  };
  const server = tls ? createTlsServer(tls, handler) : createServer(handler);
  server.listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  return {
    messages,
    types: () => messages.map(({ type }) => type),
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}/hooks/sluice`,
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

async function withWebhook({ policy = policyWith(), hook = {}, ...how }, use) {
  const server = await modernServer();
  const received = await receiver(how);
  let sluice;
  try {
    const webhook = { url: received.url, secret: '${env:HOOK_SECRET}', ...hook };
    sluice = await Sluice.start({ servers: { m: server.url }, policy, config: { approvals: { webhook } },
      env: { HOOK_SECRET: `whsec_${secret.toString('base64')}` } });
    await use(sluice, received, await sluice.key(), server);
  } finally {
    await endAll(() => sluice?.remove(), () => received.close(), () => server.close());
  }
}

const idOf = (answer) => /apr_[0-9A-Z]{8}/.exec(answer.result.content[0].text)[0];

test('a receiver is told that an approval waits and who decided it, signed and without values of arguments', () =>
  withWebhook({}, async (sluice, received, key) => {
    const id = idOf(await call(sluice, key, 'm__count', { note: 'top secret note' }));
    await eventually('it is told', () => received.messages.length === 1);
    const [created] = received.messages;
    assert.ok(created.valid);
    assert.equal(created.path, '/hooks/sluice');
    assert.equal(created.type, 'approval.created');
    assert.deepEqual([created.data.approval, created.data.agent, created.data.tool, created.data.state], [id, 'tester', 'm/count', 'pending']);
    assert.deepEqual(created.data.waits_for, ['ops']);
    assert.deepEqual(created.data.arguments.names, ['note']);
    assert.doesNotMatch(created.body, /top secret/);
    assert.equal((await sluice.cli('approvals', 'approve', id, '-m', 'go')).code, 0);
    await eventually('it is told again', () => received.messages.length === 2);
    const [, decided] = received.messages;
    assert.ok(decided.valid);
    assert.notEqual(decided.id, created.id);
    assert.deepEqual([decided.type, decided.data.state, decided.data.decided_by, decided.data.person], ['approval.decided', 'approved', 'person', 'ann']);
  }));

test('a receiver is told of what nobody looks at: that more people are asked, and that the clock decided', () =>
  withWebhook({ policy: policyWith('1s', ', on_timeout: escalate, escalate_to: [directors]') }, async (sluice, received, key) => {
    await call(sluice, key, 'm__count', { note: 'x' });
    await eventually('three are told', () => received.messages.length === 3);
    assert.deepEqual(received.types(), ['approval.created', 'approval.escalated', 'approval.decided']);
    assert.deepEqual(received.messages[1].data.waits_for, ['ops', 'directors']);
    assert.equal(received.messages[2].data.decided_by, 'clock');
  }));

test('what is not taken is sent again with the same id and a new signature, and no call waits for it', () =>
  withWebhook({ answers: [500, 302, 204], hook: { events: ['created'] } }, async (sluice, received, key) => {
    const id = idOf(await call(sluice, key, 'm__count', { note: 'x' }));
    await eventually('it is taken at the third attempt', () => received.messages.length === 3);
    assert.equal(new Set(received.messages.map((message) => message.id)).size, 1);
    assert.ok(received.messages.every((message) => message.valid && message.data.approval === id));
    const failures = sluice.logLines().filter((line) => line.event === 'webhook_failed');
    assert.deepEqual(failures.map((line) => line.reason), ['it answered 500', 'it answered 302']);
    assert.doesNotMatch(sluice.log, new RegExp(secret.toString('base64')));
  }));

test('a receiver that never answers holds up no call', () =>
  withWebhook({ answers: Array(100).fill('silence') }, async (sluice, received, key) => {
    for (let note = 0; note < 20; ++note) idOf(await call(sluice, key, 'm__count', { note: `${note}` }));
    await eventually('it was asked', () => received.messages.length === 1);
  }));

test('a receiver is told over TLS, when its certificate leads to the authority', async () => {
  const ca = new Authority();
  try {
    const tls = ca.certify(['IP:127.0.0.1']);
    await withWebhook({ tls, hook: { ca: ca.file } }, async (sluice, received, key) => {
      await call(sluice, key, 'm__count', { note: 'x' });
      await eventually('it is told', () => received.messages.some((message) => message.valid));
    });
    await withWebhook({ tls }, async (sluice, received, key) => {
      await call(sluice, key, 'm__count', { note: 'x' });
      await eventually('it failed', () => sluice.logLines().some((line) => line.event === 'webhook_failed' && /TLS handshake failed/.test(line.reason)));
      assert.equal(received.messages.length, 0);
    });
  } finally {
    ca.remove();
  }
});
