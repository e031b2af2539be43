import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { endAll } from './support/end_all.mjs';
import { closedPort } from './support/hostile_servers.mjs';
import { echoServer, plainServer } from './support/plain_server.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const policy = `
agents: {tester: {roles: [some]}}
roles: {some: {allow: ["*/echo"]}}
tools: {"*/echo": {effect: read_only}}
`;

let good, sluice, key, port;

before(async () => {
  good = await echoServer({ tools: ['echo', 'other'] });
  port = await closedPort();
  sluice = await Sluice.start({
    servers: { good: good.url, absent: `http://127.0.0.1:${await closedPort()}/mcp` },
    policy,
    config: { metrics: `127.0.0.1:${port}` },
    ready: ['good'],
  });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => good?.close()));

/** GET on the listener for monitoring, the gateway's own, or the admin socket. */
function get(path, { to = port, headers = {}, socketPath } = {}) {
  return new Promise((done, failed) => {
    const where = socketPath ? { socketPath } : { host: '127.0.0.1', port: to };
    request({ ...where, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, body }));
    }).on('error', failed).end();
  });
}

async function metric(line) {
  const { body } = await get('/metrics');
  const found = body.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

test('calls are counted by server and outcome, with their times', async () => {
  for (let i = 0; i < 5; ++i) await call(sluice, key, 'good__echo', { text: 'x' });
  await call(sluice, key, 'good__echo', { text: 3 });
  await call(sluice, key, 'good__other', {});
  await call(sluice, key, 'none', {});
  assert.equal(await metric('sluice_calls_total{server="good",outcome="answered"}'), 5);
  assert.equal(await metric('sluice_calls_total{server="good",outcome="refused"}'), 2);
  assert.equal(await metric('sluice_calls_total{server="",outcome="refused"}'), 1);
  assert.equal(await metric('sluice_call_duration_seconds_count{server="good"}'), 7);
  assert.equal(await metric('sluice_call_duration_seconds_bucket{server="good",le="+Inf"}'), 7);
});

test('every line is one that Prometheus reads, and the type of each family stands before it', async () => {
  const { headers, body } = await get('/metrics');
  assert.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const types = new Map();
  for (const line of body.trimEnd().split('\n')) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) types.set(type[1], type[2]);
    if (line.startsWith('#')) continue;
    const name = /^(\w+)(\{(\w+="([^"\\\n]|\\.)*",?)*\})? [0-9.]+$/.exec(line)?.[1];
    assert.ok(name, line);
    assert.ok(types.has(name.replace(/_(bucket|sum|count)$/, '')) || types.has(name), line);
  }
});

test('the state of every server is shown, and the journal', async () => {
  assert.equal(await metric('sluice_upstream_state{server="good",state="ready"}'), 1);
  assert.equal(await metric('sluice_upstream_state{server="absent",state="ready"}'), 0);
  await eventually('it is down', async () => (await metric('sluice_upstream_state{server="absent",state="down"}')) === 1);
  assert.equal(await metric('sluice_upstream_tools{server="good"}'), 2);
  assert.equal(await metric('sluice_journal_writable'), 1);
  assert.ok(await metric('sluice_journal_queue') >= 0);
  assert.ok(await metric('sluice_connections') >= 0);
});

test('metrics are neither on the listener of clients nor for pages of browsers', async () => {
  assert.equal((await get('/metrics', { to: sluice.port })).status, 401);
  assert.equal((await get('/metrics', { to: sluice.port, headers: { Authorization: `Bearer ${key}` } })).status, 404);
  assert.equal((await get('/metrics', { headers: { Host: 'evil.example' } })).status, 403);
  assert.equal((await get('/metrics', { headers: { Origin: 'http://127.0.0.1' } })).status, 403);
  assert.equal((await get('/mcp')).status, 404);
  assert.equal((await get('/metrics', { socketPath: sluice.path('sluice.sock') })).status, 200);
});

test('probes need no key and no name of the gateway, and say nothing about it', async () => {
  for (const to of [port, sluice.port]) {
    const probe = (path) => get(path, { to, headers: { Host: '10.1.2.3:8080' } });
    const health = await probe('/healthz');
    assert.deepEqual([health.status, health.body], [200, '{"healthy":true}']);
    const ready = await probe('/readyz');
    assert.deepEqual([ready.status, ready.body], [200, '{"ready":true}']);
  }
});

test('it is not ready before every server was asked once, whether it answers or not', async () => {
  let answer;
  const slow = await plainServer(() => {});
  const gate = new Promise((done) => (answer = done));
  const proxy = createServer(async (socket) => {
    socket.on('error', () => {});
    await gate;
    const to = connect(slow.port, '127.0.0.1');
    to.on('error', () => {});
    socket.pipe(to).pipe(socket);
  }).listen(0, '127.0.0.1');
  await new Promise((done) => proxy.once('listening', done));
  const servers = { good: good.url, absent: `http://127.0.0.1:${await closedPort()}/mcp`, slow: `http://127.0.0.1:${proxy.address().port}/mcp` };
  const other = await Sluice.start({ servers, ready: ['good'] });
  try {
    await other.serverIs('absent', 'down');
    const ready = () => get('/readyz', { to: other.port });
    const before = await ready();
    assert.deepEqual([before.status, before.body], [503, '{"ready":false,"reason":"starting"}']);
    answer();
    await eventually('it is ready', async () => (await ready()).status === 200);
  } finally {
    answer();
    await endAll(() => other.remove(), () => slow.close(), () => proxy.close());
  }
});
