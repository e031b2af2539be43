import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { modernServer } from './support/modern_server.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const policy = `
agents: {tester: {roles: [all]}}
roles: {all: {allow: ["*"]}}
tools: {"m/echo": {effect: read_only}, "m/slow": {effect: non_idempotent}, "m/add": {effect: idempotent}}
`;

async function withSluice(use) {
  const server = await modernServer();
  let sluice;
  try {
    sluice = await Sluice.start({ servers: { m: server.url }, policy });
    await use(sluice, server, await sluice.key());
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
}

const written = (sluice, stream, count) =>
  eventually(`${count} records of ${stream}`, () => {
    const found = records(sluice, stream);
    return found.length >= count ? found : undefined;
  });

for (const [tool, args] of [['count', {}], ['add', { a: 1, b: 2 }]]) {
  test(`an intent of ${tool} is in the journal before the server sees the call, and an outcome after it`, () =>
    withSluice(async (sluice, server, key) => {
      const seen = [];
      server.calls.before = async () => seen.push({ intents: records(sluice, 'intent'), outcomes: records(sluice, 'outcome') });
      for (const number of [1, 2]) {
        assert.ok((await call(sluice, key, `m__${tool}`, args)).result.content);
        assert.equal(seen.length, number);
        assert.equal(seen.at(-1).intents.length, number);
        assert.equal(seen.at(-1).outcomes.length, number - 1);
        assert.equal(seen.at(-1).intents.at(-1).body.tool, `m/${tool}`);
      }
      const intents = records(sluice, 'intent');
      const outcomes = records(sluice, 'outcome');
      assert.deepEqual(outcomes.map((record) => record.key), intents.map((record) => record.key));
      assert.ok(outcomes.every((record) => record.body.kind === 'answered'));
      assert.deepEqual(records(sluice, 'audit').map((record) => record.body.intent), intents.map((record) => record.key));
      assert.equal(intents[0].body.agent, 'tester');
      assert.equal(intents[0].body.rule.line, 3);
    }));
}

test('read-only, refused and invalid calls write no intent, but an audit record each', () =>
  withSluice(async (sluice, server, key) => {
    await call(sluice, key, 'm__echo', { text: 'x' });
    await call(sluice, key, 'm__none', {});
    await call(sluice, key, 'm__add', { a: 'wrong' });
    const audit = await written(sluice, 'audit', 3);
    assert.deepEqual(audit.map((record) => record.body.outcome.kind), ['answered', 'refused', 'refused']);
    assert.deepEqual(records(sluice, 'intent'), []);
    assert.deepEqual(records(sluice, 'outcome'), []);
    assert.equal(server.calls.all.length, 1);
  }));

test('no journal record holds the arguments of a call in clear', () =>
  withSluice(async (sluice, _, key) => {
    await call(sluice, key, 'm__count', { note: 'canary-argument' });
    const all = JSON.stringify([records(sluice, 'intent'), records(sluice, 'outcome'), await written(sluice, 'audit', 1)]);
    assert.ok(!all.includes('canary-argument'));
    assert.ok(!all.includes(key));
  }));

test('after kill -9 in the middle of an effectful call its outcome is unknown, once, and it was sent once', () =>
  withSluice(async (sluice, server, key) => {
    const lost = call(sluice, key, 'm__slow', { ms: 2000 }).then(() => 'answered', () => 'lost');
    await eventually('the call arrives', () => server.calls.of('slow') === 1);
    await sluice.kill();
    assert.equal(await lost, 'lost');
    const [intent] = records(sluice, 'intent');
    assert.equal(intent.body.tool, 'm/slow');
    assert.deepEqual(records(sluice, 'outcome'), []);

    for (let restart = 0; restart < 2; ++restart) {
      await sluice.start();
      await sluice.ready(['m']);
      const outcomes = await written(sluice, 'outcome', 1);
      assert.equal(outcomes.length, 1);
      assert.equal(outcomes[0].key, intent.key);
      assert.equal(outcomes[0].body.kind, 'unknown');
      await sluice.stop();
    }
    assert.equal(server.calls.of('slow'), 1);
    assert.equal((await sluice.cli('audit', 'verify')).code, 0);
    assert.ok(sluice.logLines().some((line) => line.intent === intent.key));
  }));

test('a call whose answer was lost is answered as unknown and recorded so', () =>
  withSluice(async (sluice, server, key) => {
    server.calls.before = async () => {
      for (const socket of server.sockets) socket.destroy();
    };
    const { result } = await call(sluice, key, 'm__count', {});
    assert.equal(result.isError, true);
    assert.match(result.content[0].text, /Server m .*may have been carried out/);
    assert.equal(records(sluice, 'outcome')[0].body.kind, 'unknown');
    assert.equal(server.calls.of('count'), 1);
  }));
