import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Agent } from 'node:http';
import { endAll } from './support/end_all.mjs';
import { records, tamper } from './support/journal.mjs';
import { modernServer } from './support/modern_server.mjs';
import { echoServer } from './support/plain_server.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, fewer, sleep } from './support/time.mjs';

const policy = `agents:
  tester: {roles: [reader]}
roles:
  reader:
    allow: [m/*]
    deny: [m/fail]
tools:
  m/echo: {effect: read_only}
`;

let server, sluice, key;

before(async () => {
  server = await modernServer();
  sluice = await Sluice.start({ servers: { m: server.url }, policy });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

async function tail(...more) {
  const { code, stdout } = await sluice.cli('audit', 'tail', ...more, '--json');
  assert.equal(code, 0);
  return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

test('the audit shows who called what, with the rule, its file and its line', async () => {
  const answer = await call(sluice, key, 'm__echo', { text: 'x' });
  const record = await eventually('the call is recorded', async () =>
    (await tail()).find((one) => one.request === answer.headers['x-request-id']));
  assert.equal(record.agent, 'tester');
  assert.equal(record.tool, 'm/echo');
  assert.equal(record.outcome.kind, 'answered');
  assert.equal(record.rule.pattern, 'm/*');
  assert.equal(record.rule.kind, 'allow');
  assert.match(record.rule.file, /policy\.yaml$/);
  assert.equal(record.rule.line, 5);
  assert.equal(answer.result._meta['dev.sluice/requestId'], record.request);
});

test('a denied call is recorded with the rule that denied it', async () => {
  const answer = await call(sluice, key, 'm__fail', {});
  assert.equal(answer.error.code, -32602);
  const record = await eventually('the call is recorded', async () =>
    (await tail()).find((one) => one.request === answer.headers['x-request-id']));
  assert.equal(record.outcome.kind, 'refused');
  assert.equal(record.rule.kind, 'deny');
  assert.equal(record.rule.line, 6);
});

test('the plain tail prints a line for each call, the newest last', async () => {
  const { code, stdout } = await sluice.cli('audit', 'tail', '-n', '2');
  assert.equal(code, 0);
  const lines = stdout.trim().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[1], /m__fail .*policy\.yaml:6/);
});

test('an intact chain verifies while the gateway runs, and against an earlier checkpoint', async () => {
  const first = await sluice.json('audit', 'verify');
  assert.equal(first.intact, true);
  await call(sluice, key, 'm__count', {});
  const { code } = await sluice.cli('audit', 'verify', '--checkpoint', first.checkpoint);
  assert.equal(code, 0);
});

/** A stopped gateway on a copy of what a few calls leave behind. */
async function withHistory(use) {
  const own = await Sluice.start({ servers: { m: server.url }, policy });
  try {
    const agent = await own.key();
    for (let i = 0; i < 4; ++i) await call(own, agent, 'm__count', {});
    await own.stop();
    await use(own);
  } finally {
    await own.remove();
  }
}

const alterations = {
  'a body that was altered': ["UPDATE journal SET body = replace(body, 'tester', 'nobody') WHERE seq = ?", 4],
  'a time that was altered': ['UPDATE journal SET time = time + 1 WHERE seq = ?', 3],
  'a record that was removed': ['DELETE FROM journal WHERE seq = ?', 4],
  'a hash that was altered': ['UPDATE journal SET hash = zeroblob(32) WHERE seq = ?', 6],
};

for (const [what, [statement, seq]] of Object.entries(alterations)) {
  test(`${what} is found, with the number of its record`, () => withHistory(async (own) => {
    assert.equal((await own.cli('audit', 'verify')).code, 0);
    assert.equal(tamper(own, statement, seq), 1);
    const { code, stdout } = await own.cli('audit', 'verify');
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`\\b${seq}\\b`));
    const { stdout: printed } = await own.cli('audit', 'verify', '--json');
    assert.equal(JSON.parse(printed).intact, false);
    assert.equal(JSON.parse(printed).seq, seq);
  }));
}

test('a tail that was cut off is found with a checkpoint that was kept', () => withHistory(async (own) => {
  const { checkpoint } = await own.json('audit', 'verify');
  tamper(own, 'DELETE FROM journal WHERE seq > ?', Number(checkpoint.split(':')[0]) - 2);
  assert.equal((await own.cli('audit', 'verify')).code, 0);
  assert.equal((await own.cli('audit', 'verify', '--checkpoint', checkpoint)).code, 1);
}));

test('the chain verifies after kill -9 under load, again and again', async () => {
  const fast = await echoServer({ tools: ['read', 'write'] });
  const own = await Sluice.start({
    servers: { f: fast.url },
    policy: 'agents: {tester: {roles: [all]}}\nroles: {all: {allow: ["*"]}}\ntools: {f/read: {effect: read_only}}\n',
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  try {
    const tester = await own.key();
    for (let round = 0; round < fewer(20); ++round) {
      let over = false;
      let answered = 0;
      const load = Array.from({ length: 16 }, async (_, i) => {
        while (!over) {
          const answer = await call(own, tester, i % 2 ? 'f__read' : 'f__write', { text: 'x' }, { agent }).catch(() => undefined);
          if (answer?.result && !answer.result.isError && i % 2 === 0) answered += 1;
        }
      });
      await sleep(60 + 17 * (round % 7));
      await own.kill();
      over = true;
      await Promise.all(load);
      const outcomes = records(own, 'outcome').length;
      const verdict = await own.cli('audit', 'verify');
      assert.equal(verdict.code, 0, `round ${round}: ${verdict.stdout}${verdict.stderr}`);
      await own.start();
      await own.ready(['f']);
      const intents = records(own, 'intent').map((record) => record.key);
      assert.ok(records(own, 'outcome').length >= outcomes);
      await eventually('every intent has one outcome', () => {
        const ended = records(own, 'outcome').map((record) => record.key).sort();
        return JSON.stringify(ended) === JSON.stringify([...intents].sort());
      });
      assert.ok(intents.length >= answered);
    }
    assert.ok(records(own, 'outcome').length > 0);
    assert.equal((await own.cli('audit', 'verify')).code, 0);
    const sent = fast.state.calls;
    assert.ok(sent >= records(own, 'outcome').filter((record) => record.body.kind === 'answered').length);
  } finally {
    agent.destroy();
    await endAll(() => own.remove(), () => fast.close());
  }
});
