import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectLegacy } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { plainServer, reply } from './support/plain_server.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';

let server, sluice, key, legacy, next;

before(async () => {
  server = await plainServer(({ asked, res }) => reply(res, { jsonrpc: '2.0', id: asked.id, result: next }));
  sluice = await Sluice.start({ servers: { s: server.url } });
  key = await sluice.key();
  legacy = await connectLegacy(sluice.url, key);
});

after(() => endAll(() => legacy?.close(), () => sluice?.remove(), () => server?.close()));

const modern = async () => {
  const answer = await call(sluice, key, 's__echo');
  assert.equal(answer.status, 200, answer.text);
  return answer.result;
};
const old = () => legacy.callTool({ name: 's__echo', arguments: {} });

const shapes = { 'plain': {}, 'complete': { resultType: 'complete' }, 'with _meta': { _meta: { 'x/y': 1 } }, 'with both': { resultType: 'complete', _meta: {} } };

for (const [what, extra] of Object.entries(shapes)) {
  test(`a result that is ${what} keeps its members in their order, however many they are`, async () => {
    for (let count = 0; count <= 16; ++count) {
      const members = Object.fromEntries(Array.from({ length: count }, (_, i) => [`member_${i}`, { text: 'v'.repeat(i) }]));
      next = { ...extra, content: [{ type: 'text', text: `${count}` }], ...members };
      for (const result of [await modern(), await old()]) {
        const { resultType: _, _meta: meta, ...rest } = result;
        const { resultType: __, _meta: ___, ...expected } = next;
        assert.deepEqual(rest, expected);
        assert.match(meta['dev.sluice/requestId'], /^req_/);
        if (extra._meta?.['x/y']) assert.equal(meta['x/y'], 1);
      }
    }
  });
}

test('every kind of content and structured content comes through unchanged', async () => {
  next = {
    content: [
      { type: 'text', text: 'tab\t "quoted" \\ \u0000 \u2028 🌊', annotations: { audience: ['user'], priority: 0.1 } },
      { type: 'image', data: 'aGVsbG8=', mimeType: 'image/png' },
      { type: 'resource', resource: { uri: 'file:///x', text: 'y' } },
      { type: 'unheard_of', anything: [null, true, -0.5, 1e300, 9007199254740991] },
    ],
    structuredContent: { nested: { deep: [[[]]], empty: {}, zero: 0 } },
    isError: false,
  };
  const { resultType, _meta, ...rest } = await modern();
  assert.equal(resultType, 'complete');
  assert.equal(JSON.stringify(rest), JSON.stringify(next));
});

test('structured content alone is a result too', async () => {
  next = { structuredContent: { a: 1 } };
  const result = await modern();
  assert.deepEqual(result.structuredContent, { a: 1 });
  assert.deepEqual(result.content, []);
});

test('a _meta of the server that is no object does not get in the way', async () => {
  for (const meta of [null, 7, [], 'x']) {
    next = { content: [], _meta: meta };
    assert.match((await modern())._meta['dev.sluice/requestId'], /^req_/);
  }
});
