import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { connectLegacy, connectModern, textOf } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { modernServer } from './support/modern_server.mjs';
import { call } from './support/rpc.mjs';
import { binary, Sluice } from './support/sluice.mjs';
import { eventually, fewer, sleep } from './support/time.mjs';

const me = `unix:${userInfo().username}`;

const policyWith = (wait, more = '') => `people: {ann: {login: ["${me}"], groups: [ops], may: [approve]}}
agents: {tester: {roles: [writer]}}
roles:
  writer:
    allow: ["m/*"]
    approve: [{tools: m/count, by: [ops], wait: ${wait}, expires: 1h${more}}]
tools: {m/echo: {effect: read_only}}
`;

async function withSluice(policy, use) {
  const server = await modernServer();
  let sluice;
  try {
    sluice = await Sluice.start({ servers: { m: server.url }, policy });
    await use(sluice, server, await sluice.key());
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
}

const waiting = (sluice) =>
  eventually('an approval waits', async () => {
    const { approvals } = await sluice.json('approvals', 'list');
    return approvals.find((approval) => approval.state === 'pending');
  });

async function run(sluice, code, ...args) {
  const result = await sluice.cli(...args);
  assert.equal(result.code, code, `sluice ${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
  return result;
}

const idOf = (result) => /apr_[0-9A-Z]{8}/.exec(result.content[0].text)[0];

for (const [era, connect] of [['2026-07-28', connectModern], ['2025', connectLegacy]]) {
  test(`a call of a ${era} client waits and is answered when it is approved from another terminal`, () =>
    withSluice(policyWith('60s'), async (sluice, server, key) => {
      const client = await connect(sluice.url, key);
      const answer = client.callTool({ name: 'm__count', arguments: { note: 'please' } });
      const approval = await waiting(sluice);
      assert.deepEqual(approval.arguments, { note: 'please' });
      assert.equal(server.calls.of('count'), 0);
      const { stdout } = await run(sluice, 0, 'approvals', 'show', approval.approval);
      assert.match(stdout, /arguments {2}\{"note":"please"\}\nrule {7}role writer: approve m\/count by ops .*\(.*policy\.yaml:6\)/);
      await run(sluice, 0, 'approvals', 'approve', approval.approval, '-m', 'go ahead');
      assert.equal(textOf(await answer), '1');
      assert.equal(server.calls.of('count'), 1);
      const late = await run(sluice, 4, 'approvals', 'reject', approval.approval);
      assert.match(late.stderr, /^ann approved apr_\w+ at /);
      await client.close();
    }));
}

test('without an answer in time the call is told whom it waits for, and repeating it collects the decision once', () =>
  withSluice(policyWith('50ms'), async (sluice, server, key) => {
    const first = (await call(sluice, key, 'm__count', { note: 'a' })).result;
    assert.ok(first.isError);
    assert.match(first.content[0].text,
      /^Approval apr_[0-9A-Z]{8} waits for ops until .*Z\. Nothing was sent\. Repeat this exact call to collect the decision\.$/);
    const id = idOf(first);
    assert.equal(idOf((await call(sluice, key, 'm__count', { note: 'a' })).result), id);
    await run(sluice, 0, 'approvals', 'approve', id);
    assert.notEqual(idOf((await call(sluice, key, 'm__count', { note: 'b' })).result), id);
    assert.equal((await call(sluice, key, 'm__count', { note: 'a' })).result.content[0].text, '1');
    assert.notEqual(idOf((await call(sluice, key, 'm__count', { note: 'a' })).result), id);
    assert.equal(server.calls.of('count'), 1);
    assert.ok((await call(sluice, key, 'm__echo', { text: 'x' })).result.content);
  }));

test('sluice call ends with 5 while a person is asked and with 4 when they deny', () =>
  withSluice(policyWith('0s'), async (sluice, server) => {
    const asked = await run(sluice, 5, 'call', 'm/count', '{"note":"x"}');
    const id = /apr_\w+/.exec(asked.stdout)[0];
    await run(sluice, 0, 'approvals', 'reject', id, '-m', 'not on a Friday');
    const denied = await run(sluice, 4, 'call', 'm/count', '{"note":"x"}');
    assert.match(denied.stdout, new RegExp(`^Approval ${id} was denied by ann, a person: not on a Friday\nNothing was sent\\.`));
    assert.equal(server.calls.of('count'), 0);
    await run(sluice, 1, 'approvals', 'show', 'apr_NOSUCH0');
    const edit = /apr_\w+/.exec((await run(sluice, 5, 'call', 'm/count', '{"note":"y"}')).stdout)[0];
    assert.match((await run(sluice, 2, 'approvals', 'edit', edit, '{"note":7}')).stderr, /^\/note: expected string/);
    await run(sluice, 0, 'approvals', 'edit', edit, '{"note":"z"}');
    const sent = await run(sluice, 0, 'call', 'm/count', '{"note":"y"}');
    assert.match(sent.stdout, /^1\nann approved this call with other arguments: \{"note":"z"\}/);
    assert.deepEqual(server.calls.all.map((one) => one.args), [{ note: 'z' }]);
  }));

test('a decision survives a restart, and so does what is remembered', () =>
  withSluice(policyWith('0s'), async (sluice, server, key) => {
    const once = idOf((await call(sluice, key, 'm__count', { note: 'once' })).result);
    const always = idOf((await call(sluice, key, 'm__count', { note: 'always' })).result);
    await run(sluice, 0, 'approvals', 'approve', once);
    await run(sluice, 0, 'approvals', 'approve', always, '--remember', '8h');
    await sluice.kill();
    await sluice.start();
    await sluice.ready(['m']);
    for (const [note, sent] of [['once', 1], ['always', 2], ['always', 3]]) {
      assert.ok(!(await call(sluice, key, 'm__count', { note })).result.isError);
      assert.equal(server.calls.of('count'), sent);
    }
    assert.ok((await call(sluice, key, 'm__count', { note: 'once' })).result.isError);
    assert.equal(server.calls.of('count'), 3);
  }));

test('what is remembered is listed, and forgotten when somebody says so', () =>
  withSluice(policyWith('0s'), async (sluice, server, key) => {
    const id = idOf((await call(sluice, key, 'm__count', { note: 'often' })).result);
    await run(sluice, 0, 'approvals', 'approve', id, '--remember', '8h', '--matching', '{"properties":{"note":{"const":"often"}}}');
    for (let sent = 1; sent <= 2; ++sent) {
      assert.ok(!(await call(sluice, key, 'm__count', { note: 'often' })).result.isError);
      assert.equal(server.calls.of('count'), sent);
    }
    const { stdout } = await run(sluice, 0, 'approvals', 'list', '--remembered');
    assert.match(stdout, new RegExp(`^${id} +m/count +tester +by ann until .*Z for arguments \\{"properties":\\{"note":\\{"const":"often"\\}\\}\\}\n$`));
    assert.equal((await run(sluice, 0, 'approvals', 'forget', id)).stdout, `Calls like that of ${id} are asked about again.\n`);
    assert.equal((await run(sluice, 0, 'approvals', 'list', '--remembered')).stdout, '');
    assert.match((await run(sluice, 1, 'approvals', 'forget', id)).stderr, /^Nothing is remembered of approval apr_/);
    assert.match((await run(sluice, 0, 'why', id)).stdout, /not remembered any more, says ann/);
    assert.ok(!(await call(sluice, key, 'm__count', { note: 'often' })).result.isError); // its own call, once
    assert.notEqual(idOf((await call(sluice, key, 'm__count', { note: 'often' })).result), id);
    assert.equal(server.calls.of('count'), 3);
  }));

test('of many clients that redeem one approval at the same time exactly one call is made', () =>
  withSluice(policyWith('0s'), async (sluice, server, key) => {
    const id = idOf((await call(sluice, key, 'm__count', { note: 'race' })).result);
    await run(sluice, 0, 'approvals', 'approve', id);
    const answers = await Promise.all(Array.from({ length: fewer(1000) }, () => call(sluice, key, 'm__count', { note: 'race' })));
    assert.equal(answers.filter((answer) => !answer.result.isError).length, 1);
    assert.equal(server.calls.of('count'), 1);
    const events = records(sluice, 'approval').filter((record) => record.key === id).map((record) => record.body.event);
    assert.deepEqual(events, ['asked', 'vote', 'redeemed']);
  }));

test('killed after the approval was used and before the answer, the call is never sent again and its outcome is unknown', () =>
  withSluice(policyWith('0s'), async (sluice, server, key) => {
    const id = idOf((await call(sluice, key, 'm__count', { note: 'crash' })).result);
    await run(sluice, 0, 'approvals', 'approve', id);
    server.calls.before = async () => {
      server.calls.before = async () => {};
      await sluice.kill();
    };
    await assert.rejects(call(sluice, key, 'm__count', { note: 'crash' }));
    const [intent] = records(sluice, 'intent');
    assert.equal(intent.body.approval.id, id);
    await sluice.start();
    await sluice.ready(['m']);
    const outcome = await eventually('an outcome', () => records(sluice, 'outcome').find((record) => record.key === intent.key));
    assert.equal(outcome.body.kind, 'unknown');
    assert.notEqual(idOf((await call(sluice, key, 'm__count', { note: 'crash' })).result), id);
    assert.equal(server.calls.of('count'), 1);
  }));

test('killed at any instant around the use of an approval, no call is sent twice', () =>
  withSluice(policyWith('0s'), async (sluice, server, key) => {
    for (let round = 0; round < 6; round += 1) {
      const args = { note: `round ${round}` };
      const sent = () => server.calls.all.filter((one) => one.args.note === args.note).length;
      await run(sluice, 0, 'approvals', 'approve', idOf((await call(sluice, key, 'm__count', args)).result));
      const lost = call(sluice, key, 'm__count', args).catch(() => undefined);
      await sleep(round * 2);
      await sluice.kill();
      await lost;
      await sluice.start();
      await sluice.ready(['m']);
      const before = sent();
      const again = (await call(sluice, key, 'm__count', args)).result;
      assert.ok(sent() <= 1, `${sent()} calls`);
      if (before === 1) assert.match(again.content[0].text, /^Approval apr_\w+ waits for ops/); // used up
    }
  }));

test('the admin socket takes nobody for a person because of an agent\'s key', () =>
  withSluice(policyWith('0s').replace(me, 'unix:somebody-else'), async (sluice, server, key) => {
    const id = idOf((await call(sluice, key, 'm__count', { note: 'x' })).result);
    assert.match((await run(sluice, 4, 'approvals', 'approve', id)).stderr, /needs the right to approve/);
    const status = await new Promise((done, failed) => {
      const asked = request({ socketPath: sluice.path('sluice.sock'), path: `/v1/approvals/${id}/decision`, method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' } }, (response) => {
        response.resume().on('end', () => done(response.statusCode));
      });
      asked.on('error', failed).end(JSON.stringify({ decision: 'approve' }));
    });
    assert.equal(status, 403);
    assert.ok((await call(sluice, key, 'm__count', { note: 'x' })).result.isError);
    assert.equal(server.calls.of('count'), 0);
  }));

test('why leads from call, approval and intent to agent, person, rule, file, line and outcome', () =>
  withSluice(policyWith('0s'), async (sluice, _, key) => {
    const first = (await call(sluice, key, 'm__count', { note: 'why' })).result;
    const id = idOf(first);
    await run(sluice, 0, 'approvals', 'approve', id, '-m', 'it is Monday');
    const sent = (await call(sluice, key, 'm__count', { note: 'why' })).result._meta['dev.sluice/requestId'];
    const asked = first._meta['dev.sluice/requestId'];
    const intent = sent.replace('req_', 'int_');
    await eventually('both are recorded', () => records(sluice, 'audit').length >= 2);
    for (const given of [id, asked, sent, intent]) {
      const { stdout } = await run(sluice, 0, 'why', given);
      assert.match(stdout, new RegExp(`call ${asked} at .*\\n  agent      tester, by .*\\n  tool       m/count, asked as m__count, non_idempotent\\n  decision   allowed by role writer: allow m/\\* \\(.*policy\\.yaml:5\\)`));
      assert.match(stdout, new RegExp(`call ${sent} at[^]*approval   ${id}, decided by ann\\n  intent     ${intent}, recorded before anything was sent\\n  outcome    answered`));
      assert.match(stdout, new RegExp(`approval ${id}\\n  rule       role writer: approve m/count by ops .*policy\\.yaml:6\\)[^]*approved by ann \\(${me}\\): it is Monday[^]*used by call ${sent}`));
      assert.match(stdout, /outcome {4}refused approval_pending/);
    }
    const refused = (await call(sluice, key, 'm__nothing', {})).error.message;
    assert.equal(refused, 'Unknown tool: m__nothing');
    const story = await sluice.json('why', id);
    assert.deepEqual(story.calls.map((one) => one.request).sort(), [asked, sent].sort());
    assert.match((await run(sluice, 1, 'why', 'req_nothing')).stderr, /knows nothing of req_nothing/);
    const found = (await run(sluice, 0, 'audit', 'search', '--agent', 'tester', '--outcome', 'approval_pending', '--since', '1h', '--json')).stdout;
    assert.deepEqual(found.trim().split('\n').map((line) => JSON.parse(line).request), [asked]);
    const lines = (await run(sluice, 0, 'audit', 'export', '--stream', 'approval')).stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines.map((line) => line.body.event), ['asked', 'vote', 'redeemed']);
    assert.match(lines[0].hash, /^[0-9a-f]{64}$/);
  }));

test('the admin socket is for the gateway\'s own user, or open to all when people are other users', () =>
  withSluice(policyWith('0s'), async (sluice) => {
    const mode = () => statSync(sluice.path('sluice.sock')).mode & 0o777;
    assert.equal(mode(), 0o600);
    await sluice.stop();
    sluice.write('policy.yaml', policyWith('0s').replace(me, 'unix:nobody'));
    await sluice.start();
    assert.equal(mode(), 0o666);
  }));

const nobody = { uid: 65534, gid: 65534 };
test('another user decides when the policy names them, and reaches no route when it does not',
  { skip: process.getuid() !== 0 && 'only root can become another user' }, () =>
    withSluice(policyWith('0s').replace('people: {', 'people: {bob: {login: ["unix:nobody"], groups: [ops], may: [approve]}, '),
      async (sluice, server, key) => {
        chmodSync(sluice.directory, 0o755);
        const as = (user, code, ...args) => new Promise((done) => {
          execFile(binary(), [...args, '--config', sluice.path('sluice.yaml')], { ...user }, (error, stdout, stderr) => {
            assert.equal(error ? error.code : 0, code, stdout + stderr);
            done(stdout + stderr);
          });
        });
        const id = idOf((await call(sluice, key, 'm__count', { note: 'x' })).result);
        const daemon = { uid: 1, gid: 1 };
        assert.match(await as(daemon, 1, 'approvals', 'list'), /nobody whom the policy names/);
        assert.match(await as(daemon, 4, 'approvals', 'approve', id), /nobody whom the policy names/);
        assert.match(await as(nobody, 2, 'call', 'm/echo', '{"text":"x"}'), /needs the right to operate/);
        await as(nobody, 0, 'approvals', 'approve', id);
        assert.equal((await call(sluice, key, 'm__count', { note: 'x' })).result.content[0].text, '1');
        const [, vote] = records(sluice, 'approval');
        assert.deepEqual([vote.body.person, vote.body.login], ['bob', 'unix:nobody']);
      }));

test('of calls that ask the same at once only a few wait, and the others are told so', () =>
  withSluice(policyWith('60s'), async (sluice, server, key) => {
    const answers = Array.from({ length: 12 }, () => call(sluice, key, 'm__count', { note: 'many' }));
    const told = [];
    for (const answer of answers) answer.then(({ result }) => told.push(result));
    await eventually('eight are told', () => told.length === 8);
    const id = idOf(told[0]);
    await run(sluice, 0, 'approvals', 'approve', id);
    const all = (await Promise.all(answers)).map(({ result }) => result);
    assert.equal(all.filter((result) => !result.isError).length, 1);
    assert.equal(server.calls.of('count'), 1);
  }));

test('a call that waits says so by progress, and a client that goes away ends the wait', () =>
  withSluice(policyWith('60s'), async (sluice, server, key) => {
    const client = await connectModern(sluice.url, key);
    const heard = [];
    const answer = client.callTool({ name: 'm__count', arguments: { note: 'slow' } }, { onprogress: (progress) => heard.push(progress.message) });
    const { approval } = await waiting(sluice);
    await eventually('progress', () => heard.length > 0);
    assert.equal(heard[0], `Approval ${approval} waits for ops.`);
    await run(sluice, 0, 'approvals', 'approve', approval);
    assert.equal(textOf(await answer), '1');

    const left = new AbortController();
    const gone = client.callTool({ name: 'm__count', arguments: { note: 'gone' } }, { signal: left.signal });
    gone.catch(() => {});
    const second = await waiting(sluice);
    left.abort();
    await eventually('the call was cancelled', () => records(sluice, 'audit').some((record) => record.body.outcome.reason === 'cancelled'));
    await run(sluice, 0, 'approvals', 'approve', second.approval);
    assert.equal(server.calls.of('count'), 1);
    await client.close();
  }));
