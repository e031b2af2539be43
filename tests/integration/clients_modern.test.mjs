import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { policy, testCalls } from './support/client_tests.mjs';
import { connectModern } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { ask, bytesOf, call, headersFor, message } from './support/rpc.mjs';
import { exchange } from './support/raw_http.mjs';
import { Sluice } from './support/sluice.mjs';
import { upstreamTrio } from './support/upstream_trio.mjs';

const context = {};

before(async () => {
  context.servers = await upstreamTrio();
  context.sluice = await Sluice.start({ servers: context.servers.urls, policy });
  context.key = await context.sluice.key('tester');
  context.restrictedKey = await context.sluice.key('restricted');
  context.client = await connectModern(context.sluice.url, context.key);
  context.restricted = await connectModern(context.sluice.url, context.restrictedKey);
});

after(() => endAll(
  () => context.client?.close(),
  () => context.restricted?.close(),
  () => context.sluice?.remove(),
  () => context.servers?.close(),
));

testCalls(context);

test('discovery names the revision, the tools and that nobody may share the answer', async () => {
  const { status, result } = await ask(context.sluice, context.key, 'server/discover');
  assert.equal(status, 200);
  assert.deepEqual(result.supportedVersions, ['2026-07-28']);
  assert.ok(result.capabilities.tools);
  assert.equal(result.resultType, 'complete');
  assert.equal(result.cacheScope, 'private');
  assert.equal(typeof result.ttlMs, 'number');
  assert.equal(result._meta['io.modelcontextprotocol/serverInfo'].name, 'sluice');
});

test('a list is private and complete, and definitions stand as the server wrote them', async () => {
  const { result } = await ask(context.sluice, context.key, 'tools/list');
  assert.equal(result.resultType, 'complete');
  assert.equal(result.cacheScope, 'private');
  assert.equal(typeof result.ttlMs, 'number');
  const written = (await ask(context.servers.modern, undefined, 'tools/list')).result.tools;
  const listed = result.tools.filter((tool) => tool.name.startsWith('modern__'));
  assert.equal(JSON.stringify(listed), JSON.stringify(written.map((tool) => ({ ...tool, name: `modern__${tool.name}` }))));
});

test('every result of a call is complete and names the server that answered', async () => {
  for (const kind of ['modern', 'legacy']) {
    const { result } = await call(context.sluice, context.key, `${kind}__echo`, { text: 'x' });
    assert.equal(result.resultType, 'complete');
    assert.equal(result._meta['io.modelcontextprotocol/serverInfo'].name, 'sluice');
  }
});

test('a denied tool and one that does not exist are answered with the same bytes but for the name', async () => {
  const denied = await call(context.sluice, context.restrictedKey, 'modern__fail', {});
  const unknown = await call(context.sluice, context.restrictedKey, 'modern__none', {});
  assert.equal(denied.status, unknown.status);
  assert.equal(denied.text, unknown.text.replaceAll('modern__none', 'modern__fail'));
  assert.deepEqual(Object.keys(denied.headers), Object.keys(unknown.headers));
});

test('a denied tool and an unknown one are alike for wrong arguments and wrong headers too', async () => {
  const answers = [];
  for (const name of ['modern__add', 'modern__non']) {
    const sent = message('tools/call', { name, arguments: { a: 'wrong' } });
    const headers = { ...headersFor(sent, context.restrictedKey), 'Mcp-Param-A': 'nonsense' };
    answers.push(await exchange(context.sluice.port, bytesOf({ headers, body: JSON.stringify(sent) })));
  }
  assert.equal(answers[0].status, answers[1].status);
  assert.equal(answers[0].body, answers[1].body.replaceAll('modern__non', 'modern__add'));
});

test('the id of a request comes back as it was, a number or a text', async () => {
  for (const id of [0, -7, 9007199254740991, 'a', '1', 'ä"\\']) {
    const answer = await ask(context.sluice, context.key, 'tools/list', {}, { id });
    assert.deepEqual(answer.id, id);
  }
});

test('numbers reach the server exactly, or are refused with their pointer', async () => {
  const send = async (a) => {
    const sent = message('tools/call', { name: 'modern__add', arguments: { a: 0, b: 0 } });
    const body = JSON.stringify(sent).replace('"a":0', `"a":${a}`);
    return JSON.parse((await exchange(context.sluice.port, bytesOf({ headers: headersFor(sent, context.key), body }))).body);
  };
  assert.equal((await send('0.1')).result.content[0].text, '0.1');
  assert.equal((await send('1e3')).result.content[0].text, '1000');
  const { result } = await send('3.14159265358979323846264338327950288');
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /^\/a: /);
});
