import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { modernServer } from './support/modern_server.mjs';
import { exchange, RawConnection } from './support/raw_http.mjs';
import { bytesOf, call, callBytes } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, slow } from './support/time.mjs';

let server, sluice, key;

before(async () => {
  server = await modernServer();
  sluice = await Sluice.start({ servers: { m: server.url }, limits: { calls_in_flight: 4 } });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

test('past the bound of calls in flight the answer is 503 with Retry-After, at once', async () => {
  const long = 2000 * slow;
  const occupied = Array.from({ length: 4 }, () => call(sluice, key, 'm__slow', { ms: long }));
  await eventually('four calls are under way', () => server.calls.of('slow') === 4);
  const start = Date.now();
  const answer = await exchange(sluice.port, callBytes(key, 'm__echo', { text: 'x' }));
  const taken = Date.now() - start;
  assert.equal(answer.status, 503);
  assert.match(answer.headers['retry-after'], /^\d+$/);
  assert.match(answer.headers['x-request-id'], /^req_/);
  const { id, error } = JSON.parse(answer.body);
  assert.equal(id, null);
  assert.equal(error.code, 503);
  assert.ok(taken < long / 2, `it took ${taken} ms`);
  assert.equal(server.calls.of('echo'), 0);
  for (const { result } of await Promise.all(occupied)) assert.equal(result.content[0].text, `slept ${long}`);
});

test('probes and administrators are answered under overload', async () => {
  const long = 2000 * slow;
  const occupied = Array.from({ length: 4 }, () => call(sluice, key, 'm__slow', { ms: long }));
  await eventually('four calls are under way', () => server.calls.of('slow') === 8);
  assert.equal((await exchange(sluice.port, callBytes(key, 'm__echo', { text: 'x' }))).status, 503);
  for (const path of ['/healthz', '/readyz']) assert.equal((await exchange(sluice.port, bytesOf({ method: 'GET', path }))).status, 200);
  assert.equal((await sluice.json('servers', 'status')).servers[0].state, 'ready');
  await Promise.all(occupied);
});

test('strangers that take all connections do not shut out administrators', async () => {
  const full = await Sluice.start({ servers: { m: server.url }, limits: { connections: 3 } });
  const strangers = await Promise.all([1, 2, 3].map(() => RawConnection.open(full.port)));
  try {
    const late = await RawConnection.open(full.port);
    await late.ended();
    assert.equal((await full.json('servers', 'status')).servers[0].state, 'ready');
  } finally {
    strangers.forEach((one) => one.close());
    await full.remove();
  }
});

test('what was refused for overload is served once there is room', async () => {
  const answer = await call(sluice, key, 'm__echo', { text: 'room' });
  assert.equal(answer.result.content[0].text, 'room');
});

test('a crowd gets answers or 503, nothing else, and Sluice recovers', async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, () => call(sluice, key, 'm__slow', { ms: 50 }).catch((error) => ({ error }))));
  const served = answers.filter((answer) => answer.status === 200);
  const refused = answers.filter((answer) => answer.status === 503);
  assert.equal(served.length + refused.length, 60);
  assert.ok(served.length >= 4 && refused.length > 0, `${served.length} served, ${refused.length} refused`);
  await eventually('a call succeeds', async () => (await call(sluice, key, 'm__echo', { text: 'x' })).status === 200, scaled(2000));
});
