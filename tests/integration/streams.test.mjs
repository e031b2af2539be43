import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectLegacy, connectModern, textOf } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { EventStream } from './support/event_stream.mjs';
import { records } from './support/journal.mjs';
import { plainServer, textResult } from './support/plain_server.mjs';
import { ask, call, callMessage, headersFor, message } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { stdioServer, talkerKinds, talkers, talkPolicy } from './support/talkers.mjs';
import { eventually, sleep, within } from './support/time.mjs';

let servers, plain, sluice, key;
const clients = {};
let onCall; // what the plain server does with a call

before(async () => {
  servers = await talkers();
  plain = await plainServer((entry) => onCall(entry));
  sluice = await Sluice.start({
    servers: { ...servers.urls, plain: plain.url, child: stdioServer() },
    policy: talkPolicy,
    limits: { stream_keep_alive: '100ms', stream_outbox: '64k', notification: '2k' },
  });
  key = await sluice.key();
  clients.modern = await connectModern(sluice.url, key);
  clients.legacy = await connectLegacy(sluice.url, key);
});

after(() => endAll(() => clients.modern?.close(), () => clients.legacy?.close(), () => sluice?.remove(), () => servers?.close(), () => plain?.close()));

/** A call of a client that asks for progress, read event by event. */
function open(name, args, meta, more = {}) {
  const sent = message('tools/call', { name, arguments: args, _meta: meta });
  return EventStream.open(sluice.url, { ...headersFor(sent, key), ...more }, { body: JSON.stringify(sent) });
}

const events = (res) => res.writeHead(200, { 'Content-Type': 'text/event-stream' });
const send = (res, message) => res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
const progress = (token, more = {}) => ({ method: 'notifications/progress', params: { progressToken: token, progress: 1, ...more } });
const result = (asked, text) => ({ id: asked.id, result: { resultType: 'complete', ...textResult(text) } });

for (const era of ['modern', 'legacy']) {
  for (const kind of talkerKinds) {
    test(`a ${era} client hears of the progress of a ${kind} server while it works`, async () => {
      // The server takes the next step only when the client has heard of the last one.
      const heard = [];
      let step = () => {};
      servers[kind].calls.gate = async (at) => {
        while (heard.length < at) await new Promise((done) => (step = done));
      };
      const answer = await within(20_000, 'the result', clients[era].callTool({ name: `${kind}__work`, arguments: { steps: 4 } },
        ...(era === 'legacy' ? [undefined] : []), { onprogress: (value) => { heard.push(value); step(); } }));
      assert.equal(textOf(answer), 'worked 4');
      assert.deepEqual(heard.map(({ progress: at, total, message: said }) => [at, total, said]), [1, 2, 3, 4].map((at) => [at, 4, `step ${at}`]));
    });
  }

  test(`a ${era} client hears of the progress of a child`, async () => {
    const heard = [];
    const answer = await clients[era].callTool({ name: 'child__work', arguments: { steps: 3, ms: 20 } },
      ...(era === 'legacy' ? [undefined] : []), { onprogress: ({ progress: at }) => heard.push(at) });
    assert.equal(textOf(answer), 'worked 3');
    assert.deepEqual(heard, [1, 2, 3]);
  });
}

test('calls that share a child each hear of their own progress alone', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
    const heard = [];
    await clients[i % 2 ? 'modern' : 'legacy'].callTool({ name: 'child__work', arguments: { steps: i + 1, ms: 2 } },
      ...(i % 2 ? [] : [undefined]), { onprogress: ({ total }) => heard.push(total) });
    return heard;
  }));
  all.forEach((heard, i) => assert.deepEqual(heard, Array(i + 1).fill(i + 1)));
});

test('an answer becomes an event stream with its first event, under the token of the client', async () => {
  servers.modern.calls.gate = async () => {};
  for (const token of ['mine', 0, 7]) {
    const stream = await open('modern__work', { steps: 1 }, { progressToken: token });
    assert.match(stream.headers['content-type'], /^text\/event-stream/);
    assert.equal(stream.headers['x-accel-buffering'], 'no');
    assert.match(stream.headers['x-request-id'], /^req_/);
    const [first, last] = await stream.rest();
    assert.deepEqual(first, { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token, progress: 1, total: 1, message: 'step 1' } });
    assert.equal(last.id, 1);
    assert.equal(last.result.resultType, 'complete');
    assert.match(last.result._meta['dev.sluice/requestId'], /^req_/);
  }
});

test('without an event the answer is plain JSON, token or not', async () => {
  servers.modern.calls.gate = async () => {};
  for (const answer of [await call(sluice, key, 'modern__work', { steps: 2 }),
    await ask(sluice, key, 'tools/call', { name: 'modern__echo', arguments: { text: 'x' }, _meta: { progressToken: 1 } })]) {
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.ok(!answer.result.isError);
  }
});

test('a client that accepts no event stream gets its answer as JSON', async () => {
  servers.modern.calls.gate = async () => {};
  const stream = await open('modern__work', { steps: 2 }, { progressToken: 1 }, { Accept: 'application/json' });
  assert.equal(stream.headers['content-type'], 'application/json');
  stream.close();
});

test('a progress token that is neither text nor an integer is refused', async () => {
  for (const token of [1.5, null, {}, true, 'x'.repeat(257)]) {
    const answer = await ask(sluice, key, 'tools/call', { name: 'modern__echo', arguments: { text: 'x' }, _meta: { progressToken: token } });
    assert.equal(answer.error?.code, -32602);
  }
});

test('progress under another token, and what is too large or unknown, is not passed on', async () => {
  onCall = ({ asked, res }) => {
    const { progressToken } = asked.params._meta;
    events(res);
    send(res, progress(progressToken + 1));
    send(res, progress('x'));
    send(res, progress(progressToken, { message: 'x'.repeat(3000) }));
    send(res, { method: 'notifications/tools/list_changed' });
    send(res, { method: 'notifications/message', params: { level: 'error', data: 'unasked' } });
    send(res, { id: 5, method: 'roots/list' });
    send(res, progress(progressToken, { message: 'fine' }));
    res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', ...result(asked, 'done') })}\n\n`);
  };
  const all = await (await open('plain__echo', {}, { progressToken: 'mine' })).rest();
  assert.deepEqual(all.map((one) => one.params?.message ?? one.result.content[0].text), ['fine', 'done']);
  assert.equal(all[0].params.progressToken, 'mine');
});

test('of two answers the first counts, and the next call gets its own', async () => {
  onCall = ({ asked, res }) => {
    events(res);
    send(res, result(asked, 'first'));
    send(res, result(asked, 'second'));
    res.end();
  };
  for (let i = 0; i < 5; i += 1) assert.equal((await call(sluice, key, 'plain__echo')).result.content[0].text, 'first');
  onCall = ({ answer }) => answer(textResult('own'));
  assert.equal((await call(sluice, key, 'plain__echo')).result.content[0].text, 'own');
});

test('a stream without events carries comments, so that nobody takes it for dead', async () => {
  let finish;
  onCall = ({ asked, res }) => {
    events(res);
    send(res, progress(asked.params._meta.progressToken));
    finish = () => res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', ...result(asked, 'done') })}\n\n`);
  };
  const stream = await open('plain__echo', {}, { progressToken: 1 });
  await eventually('three comments', () => stream.comments >= 3);
  finish();
  assert.equal((await stream.rest()).at(-1).result.content[0].text, 'done');
});

// ---- Log messages

const logged = (all) => all.filter(({ method }) => method === 'notifications/message').map(({ params }) => params.level);

test('a modern client gets the log messages of the level that its request names, and none without', async () => {
  for (const kind of talkerKinds) {
    const level = { 'io.modelcontextprotocol/logLevel': 'warning' };
    assert.deepEqual(logged(await (await open(`${kind}__log`, {}, level)).rest()), ['warning', 'error'], kind);
    const answer = await call(sluice, key, `${kind}__log`);
    assert.equal(answer.headers['content-type'], 'application/json', kind);
  }
  assert.deepEqual(servers.legacy.calls.levels, ['warning']); // told to its session, once
  const wrong = await ask(sluice, key, 'tools/call', { name: 'modern__log', arguments: {}, _meta: { 'io.modelcontextprotocol/logLevel': 'loud' } });
  assert.equal(wrong.error.code, -32602);
});

test('a legacy client gets the log messages of the level that its session set, and none before', async () => {
  const client = await connectLegacy(sluice.url, key);
  const other = await connectLegacy(sluice.url, key);
  try {
    const heard = [];
    const { LoggingMessageNotificationSchema } = await import('@modelcontextprotocol/sdk/types.js');
    for (const one of [client, other]) one.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => { heard.push(params.level); });
    await client.callTool({ name: 'modern__log', arguments: {} });
    assert.deepEqual(heard, []);
    await client.setLoggingLevel('info');
    await client.callTool({ name: 'modern__log', arguments: {} });
    await client.callTool({ name: 'legacy__log', arguments: {} });
    await other.callTool({ name: 'modern__log', arguments: {} });
    assert.deepEqual(servers.legacy.calls.levels, ['warning', 'info']); // the lowest that anybody wanted
    assert.deepEqual(heard, ['info', 'warning', 'error', 'info', 'warning', 'error']);
    await assert.rejects(client.request({ method: 'logging/setLevel', params: { level: 'loud' } }, (await import('zod')).z.any()), (error) => error.code === -32602);
  } finally {
    await client.close();
    await other.close();
  }
});

// ---- Servers that ask, and readers that do not read

test('a legacy server that asks the client is refused, and its call goes on', async () => {
  for (const era of ['modern', 'legacy']) {
    assert.equal(textOf(await within(20_000, 'the answer', clients[era].callTool({ name: 'legacy__ask', arguments: {} }))), 'refused with -32601');
  }
});

test('a reader that does not read is cut off, its call ends at the server, and nobody else notices', async () => {
  let gone;
  onCall = ({ asked, res, socket, answer }) => {
    const { progressToken } = asked.params._meta;
    if (progressToken === undefined) return answer(textResult('beside'));
    gone = new Promise((done) => res.on('close', () => done(true)));
    events(res);
    const more = progress(progressToken, { message: 'x'.repeat(1500) });
    const pump = () => {
      while (!socket.destroyed && res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...more })}\n\n`));
      if (!socket.destroyed) res.once('drain', pump);
    };
    return pump();
  };
  const sent = message('tools/call', { name: 'plain__echo', arguments: {}, _meta: { progressToken: 1 } });
  const stream = await EventStream.open(sluice.url, headersFor(sent, key), { body: JSON.stringify(sent) });
  stream.response.pause();
  assert.equal((await call(sluice, key, 'plain__echo')).result.content[0].text, 'beside');
  assert.equal(await within(20_000, 'the end of the call', gone), true);
  // Not because its server sent too much, nor after a time without reading: that would be another reason.
  await eventually('the call is recorded as cancelled', () => {
    const ended = records(sluice, 'audit').map(({ body }) => body.outcome).filter(({ kind }) => kind !== 'answered');
    return ended.at(-1)?.reason === 'cancelled';
  });
  stream.close();
});

test('a reader that pauses while events wait for it gets all of them, and the result', async () => {
  const count = 300; // more bytes than the system's buffers take
  const roomy = await Sluice.start({ servers: { plain: plain.url }, policy: talkPolicy, limits: { stream_outbox: '64M' } });
  try {
    const mine = await roomy.key();
    let finish;
    const taken = new Promise((done) => {
      onCall = ({ asked, res }) => {
        events(res);
        const { progressToken } = asked.params._meta;
        for (let i = 1; i < count; i += 1) send(res, progress(progressToken, { message: 'x'.repeat(60_000) }));
        res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...progress(progressToken) })}\n\n`, done);
        finish = () => res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', ...result(asked, 'done') })}\n\n`);
      };
    });
    const sent = message('tools/call', { name: 'plain__echo', arguments: {}, _meta: { progressToken: 1 } });
    const stream = await EventStream.open(roomy.url, headersFor(sent, mine), { body: JSON.stringify(sent) });
    stream.response.pause();
    await within(20_000, 'the gateway to take the events', taken);
    await sleep(200); // by now it looks whether the client is still there
    finish();
    await sleep(200);
    stream.response.resume();
    const all = await stream.rest();
    assert.equal(all.at(-1)?.result?.content[0].text, 'done');
    assert.equal(all.length, count + 1);
  } finally {
    await roomy.remove();
  }
});
