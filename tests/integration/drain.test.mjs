import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'node:net';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { plainServer, textResult } from './support/plain_server.mjs';
import { RawConnection } from './support/raw_http.mjs';
import { bytesOf, call, callBytes, headersFor, message } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, sleep, slow, within } from './support/time.mjs';

/** A gateway before a server whose calls wait until the test lets them go. */
async function holding(drain, run) {
  const held = [];
  const server = await plainServer(({ answer }) => held.push(() => answer(textResult('done'))), { tools: ['act'] });
  const sluice = await Sluice.start({ servers: { s: server.url }, config: { drain, metrics: '127.0.0.1:0' } });
  try {
    const key = await sluice.key();
    await run({ sluice, key, held });
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
}

const refused = (port) => new Promise((done) => {
  const socket = connect(port, '127.0.0.1', () => (socket.destroy(), done(false))).on('error', () => done(true));
});

test('told to end, it takes no more connections and calls, finishes those in flight, and ends with 0', () =>
  holding('60s', async ({ sluice, key, held }) => {
    const flying = await RawConnection.open(sluice.port);
    const begun = await RawConnection.open(sluice.port);
    const sent = callBytes(key, 's__act');
    begun.send(sent.slice(0, 40));
    flying.send(sent);
    await eventually('the call is with its server', () => held.length === 1);
    sluice.child.kill('SIGTERM');
    await eventually('no connection is taken', () => refused(sluice.port));
    assert.ok(sluice.running());
    const { port } = await eventually('the log names the port', () => sluice.logLines().find((line) => line.event === 'metrics'));
    assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 503);

    begun.send(sent.slice(40));
    const late = await begun.response();
    assert.equal(late.status, 503);
    assert.equal(late.headers.connection, 'close');
    assert.equal(JSON.parse(late.body).error.code, 503);
    await begun.ended();
    assert.equal(held.length, 1);

    held[0]();
    const answer = await flying.response();
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).result.content[0].text, 'done');
    assert.equal(answer.headers.connection, 'close');
    await flying.ended();
    assert.deepEqual(await within(10_000, 'the end', sluice.ended), { code: 0, signal: null });
    sluice.end = { code: 0 };
  }));

test('an answer that its client has not taken yet is not cut off', async () => {
  const part = { type: 'text', text: 'x'.repeat(1 << 20) };
  const server = await plainServer(({ answer }) => answer({ content: Array(16).fill(part) }), { tools: ['act'] });
  const sluice = await Sluice.start({ servers: { s: server.url }, config: { drain: '60s' }, limits: { result: '32M' } });
  try {
    const slowly = await RawConnection.open(sluice.port);
    slowly.socket.pause();
    slowly.send(callBytes(await sluice.key(), 's__act'));
    await eventually('the answer is on its way', () => records(sluice, 'audit').length === 1);
    const ended = sluice.stop();
    await eventually('no connection is taken', () => refused(sluice.port));
    await sleep(200);
    slowly.socket.resume();
    assert.equal(JSON.parse((await slowly.response(20_000)).body).result.content.length, 16);
    assert.equal(await ended, true);
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
});

test('probes are answered while it drains', () =>
  holding('60s', async ({ sluice, key, held }) => {
    const [flying, health, ready] = await Promise.all([1, 2, 3].map(() => RawConnection.open(sluice.port)));
    flying.send(callBytes(key, 's__act'));
    // Requests that have begun: connections that rest are closed.
    const [askHealth, askReady] = ['/healthz', '/readyz'].map((path) => bytesOf({ method: 'GET', path }));
    health.send(askHealth.slice(0, 10));
    ready.send(askReady.slice(0, 10));
    await eventually('the call is with its server', () => held.length === 1);
    sluice.child.kill('SIGTERM');
    await eventually('no connection is taken', () => refused(sluice.port));
    assert.equal((await health.send(askHealth.slice(10)).response()).status, 200);
    assert.equal((await ready.send(askReady.slice(10)).response()).body, '{"ready":false,"reason":"draining"}');
    held[0]();
    assert.equal((await flying.response()).status, 200);
    await within(10_000, 'the end', sluice.ended);
    sluice.end = { code: 0 };
  }));

test('connections that rest are closed, not reset, as soon as it is told to end; one that works behind its answer', () =>
  holding('60s', async ({ sluice, key, held }) => {
    const flying = await RawConnection.open(sluice.port);
    flying.send(callBytes(key, 's__act'));
    await eventually('the call is with its server', () => held.length === 1);
    const [used, fresh] = [await RawConnection.open(sluice.port), await RawConnection.open(sluice.port)];
    used.send(bytesOf({ method: 'GET', path: '/healthz' }));
    await used.response();
    let failure;
    for (const idle of [used, fresh]) idle.socket.on('error', (error) => (failure = error));
    sluice.child.kill('SIGTERM');
    await Promise.all([used.ended(), fresh.ended()]);
    assert.equal(failure, undefined);
    assert.ok(sluice.running() && !flying.over);
    held[0]();
    const answer = await flying.response();
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.connection, 'close');
    await flying.ended();
    assert.deepEqual(await within(10_000, 'the end', sluice.ended), { code: 0, signal: null });
    sluice.end = { code: 0 };
  }));

test('connections that are just being taken when it is told to end are closed as well', () =>
  holding('60s', async ({ sluice, key, held }) => {
    const flying = call(sluice, key, 's__act');
    await eventually('the call is with its server', () => held.length === 1);
    const arriving = Array.from({ length: 400 }, () => connect(sluice.port, '127.0.0.1'));
    const over = arriving.map((socket) => new Promise((done) => socket.on('error', () => {}).on('close', done).resume()));
    await new Promise((done) => arriving[0].once('connect', done));
    sluice.child.kill('SIGTERM');
    await within(5_000, 'the end of all that were taken', Promise.all(over));
    assert.ok(sluice.running());
    held[0]();
    assert.equal((await flying).result.content[0].text, 'done');
    await within(10_000, 'the end', sluice.ended);
    sluice.end = { code: 0 };
  }));

test('a stream that ends with the drain takes its connection along', () =>
  holding('60s', async ({ sluice, key, held }) => {
    const flying = call(sluice, key, 's__act');
    await eventually('the call is with its server', () => held.length === 1);
    const sent = message('subscriptions/listen', { notifications: { toolsListChanged: true } });
    const stream = await RawConnection.open(sluice.port);
    stream.send(bytesOf({ headers: headersFor(sent, key), body: JSON.stringify(sent) }));
    await eventually('it is acknowledged', () => stream.buffer.includes('acknowledged'));
    sluice.child.kill('SIGTERM');
    await stream.ended();
    assert.match(stream.buffer.toString(), /"resultType":"complete"[^]*\r\n0\r\n\r\n$/);
    assert.ok(sluice.running());
    held[0]();
    assert.equal((await flying).result.content[0].text, 'done');
    await within(10_000, 'the end', sluice.ended);
    sluice.end = { code: 0 };
  }));

test('what is still in flight when the time is over is recorded as unknown, and its caller is told', () =>
  holding(`${300 * slow}ms`, async ({ sluice, key, held }) => {
    const flying = call(sluice, key, 's__act');
    await eventually('the call is with its server', () => held.length === 1);
    const start = Date.now();
    assert.equal(await sluice.stop(), true);
    assert.ok(Date.now() - start >= 300 * slow - 50);
    const { result } = await flying;
    assert.match(result.content[0].text, /may have been carried out/);
    assert.equal(records(sluice, 'audit').at(-1).body.outcome.kind, 'unknown');
    await sluice.start();
    assert.ok(!sluice.logLines().some((line) => line.event === 'outcome_unknown'), 'nothing was left open');
  }));

test('a second signal ends it at once', () =>
  holding('60s', async ({ sluice, key, held }) => {
    const flying = call(sluice, key, 's__act').catch(() => undefined);
    await eventually('the call is with its server', () => held.length === 1);
    sluice.child.kill('SIGTERM');
    await eventually('it drains', () => refused(sluice.port));
    const start = Date.now();
    sluice.child.kill('SIGTERM');
    assert.deepEqual(await within(10_000, 'the end', sluice.ended), { code: 0, signal: null });
    assert.ok(Date.now() - start < scaled(2_000));
    sluice.end = { code: 0 };
    await flying;
  }));
