// Tools about which another tool can be asked: what became of a call whose answer was lost is found out.
import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { plainServer, textResult } from './support/plain_server.mjs';
import { call, listedTools } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const string = { type: 'string' };
const create = {
  name: 'create_ticket',
  inputSchema: { type: 'object', properties: { ref: string }, required: ['ref'] },
};
const find = {
  name: 'find_ticket',
  inputSchema: {
    type: 'object',
    properties: { reference: string, kind: string },
    required: ['reference'],
    additionalProperties: false,
  },
};

const verify = `
      tool: crm/find_ticket
      arguments: {reference: /ref, kind: {const: ticket}}
      done: {required: [found], properties: {found: {const: true}}}
      not_done: {required: [found], properties: {found: {const: false}}}
      settle: 300ms
      within: 3s`;
const policy = `
currency: EUR
agents: {tester: {roles: [all]}, blind: {roles: [blind]}, worker: {roles: [all]}, boss: {roles: [boss]}}
roles:
  all: {allow: ["*"], limits: [{concurrency: 1}], budgets: [{name: daily, window: day, money: 100}]}
  blind: {allow: [crm/create_ticket]}
  boss: {start: [worker]}
tools:
  crm/find_ticket: {effect: read_only}
  crm/create_ticket:
    price: 2
    effect: reconcilable
    verify:${verify}
`;

/**
 * A server of tickets. `mishap(times)` is asked what becomes of the creation that comes as the `times`-th (from 1):
 * 'lost' (made, and the connection is cut), 'late' (cut, and made a little later), 'nothing' (cut, and never made),
 * 'hangs', or undefined: made and answered. `finds(times)` may return another answer to a question.
 */
async function ticketServer(mishap, finds = () => undefined) {
  const made = [], sent = [], asked = [];
  const onCall = async ({ asked: { params }, socket, answer }) => {
    if (params.name === 'find_ticket') {
      asked.push(params.arguments);
      const other = await finds(asked.length);
      const found = made.includes(params.arguments.reference);
      const text = textResult(found ? 'It is there.' : 'No such ticket.');
      return answer(other ?? { ...text, structuredContent: { found } });
    }
    sent.push(params.arguments);
    const fate = mishap(sent.length);
    if (fate === 'hangs') return undefined;
    if (fate === 'late') setTimeout(() => made.push(params.arguments.ref), 150);
    if (!fate || fate === 'lost') made.push(params.arguments.ref);
    return fate ? socket.destroy() : answer(textResult(`ticket ${made.length}`));
  };
  const server = await plainServer(onCall, { tools: [create, find] });
  return Object.assign(server, { made, sent, asked });
}

async function withSluice(mishap, use, { finds, server: settings, ...options } = {}) {
  const server = await ticketServer(mishap, finds);
  let sluice;
  try {
    sluice = new Sluice({ servers: { crm: { url: server.url, ...settings } }, policy, ...options });
    for (const [name, content] of Object.entries(options.files ?? {})) sluice.write(name, content);
    await sluice.start();
    await sluice.ready(['crm']);
    await use(sluice, server);
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
}

const made = async (sluice, agent = 'tester') =>
  (await call(sluice, await sluice.key(agent), 'crm__create_ticket', { ref: 'T-1' })).result;
const texts = ({ content }) => content.map(({ text }) => text);
const auditOf = (sluice, tool) =>
  records(sluice, 'audit').map(({ body }) => body).filter((body) => body.tool === tool);

test('a call that was carried out is answered with what the verify tool says, and why tells how', () =>
  withSluice(() => 'lost', async (sluice, server) => {
    const result = await made(sluice);
    assert.notEqual(result.isError, true);
    assert.deepEqual(texts(result), [
      'The call was carried out. The answer of crm/create_ticket was lost, and crm/find_ticket was asked: what follows '
        + 'is its answer.',
      'It is there.',
    ]);
    assert.deepEqual(server.asked, [{ reference: 'T-1', kind: 'ticket' }]);
    assert.deepEqual(server.made, ['T-1']);
    const [audit] = auditOf(sluice, 'crm/create_ticket'), [question] = auditOf(sluice, 'crm/find_ticket');
    const { request } = question;
    assert.deepEqual(result._meta['dev.sluice/verified'], { answer: 'done', tool: 'crm/find_ticket', request });
    assert.deepEqual([audit.hold, audit.outcome.kind, audit.outcome.verified.answer], ['settled', 'answered', 'done']);
    assert.equal(question.verifies, audit.intent);
    const { stdout } = await sluice.cli('why', audit.request);
    assert.match(stdout, new RegExp(`^ +verified +done, by crm/find_ticket, call ${request}$`, 'm'));
    assert.match(stdout, new RegExp(`^call ${request} `, 'm'));
    assert.match(stdout, new RegExp(`^ +asks about +${audit.intent}$`, 'm'));
  }));

test('a call that was not carried out is sent again, under an intent of its own', () =>
  withSluice((times) => (times === 1 ? 'nothing' : undefined), async (sluice, server) => {
    assert.deepEqual(texts(await made(sluice)), ['ticket 1']);
    assert.equal(server.sent.length, 2);
    const [first, second, ...more] = records(sluice, 'intent');
    assert.deepEqual([second.key, second.body.request, more], [`${first.key}.r1`, first.body.request, []]);
    assert.deepEqual(records(sluice, 'outcome').map(({ key, body }) => [key, body.kind, body.verified.answer]),
      [[first.key, 'unknown', 'not_done'], [second.key, 'answered', 'not_done']]);
    const [{ charged, hold }] = auditOf(sluice, 'crm/create_ticket');
    assert.deepEqual([Object.values(charged), hold], [['2.00'], 'settled']);
    assert.match((await sluice.cli('why', second.key)).stdout, new RegExp(`^ +sent again +${second.key}, `, 'm'));
  }));

test('while the server is still at work on a call it is not sent again', () =>
  withSluice(() => 'late', async (sluice, server) => {
    assert.equal(texts(await made(sluice)).at(-1), 'It is there.');
    assert.equal(server.sent.length, 1);
    assert.ok(server.asked.length >= 2);
  }));

test('a call that timed out is verified', () =>
  withSluice(() => 'hangs', async (sluice, server) => {
    server.made.push('T-1');
    assert.equal(texts(await made(sluice)).at(-1), 'It is there.');
    assert.equal(server.sent.length, 1);
  }, { server: { timeout: '500ms' } }));

test('a call is sent again once: then its outcome is unknown, and it is charged', () =>
  withSluice(() => 'nothing', async (sluice, server) => {
    const result = await made(sluice);
    assert.equal(result.isError, true);
    assert.match(texts(result)[0], /The call may have been carried out\.$/);
    assert.equal(texts(result)[1], 'crm/find_ticket was asked, and says that it was not.');
    assert.equal(server.sent.length, 2);
    assert.equal(auditOf(sluice, 'crm/create_ticket')[0].hold, 'unknown');
  }));

test('when nobody can tell in time the outcome is unknown', () =>
  withSluice(() => 'lost', async (sluice, server) => {
    const start = Date.now();
    const result = await made(sluice);
    assert.deepEqual([result.isError, server.sent.length], [true, 1]);
    assert.ok(Date.now() - start >= 1_000);
    const [audit] = auditOf(sluice, 'crm/create_ticket');
    assert.deepEqual([audit.outcome.kind, audit.outcome.verified.answer], ['unknown', 'inconclusive']);
  }, { finds: () => ({ ...textResult('?'), isError: true }) }));

test('a question that is not answered ends with the time for it', () =>
  withSluice(() => 'lost', async (sluice) => {
    const start = Date.now();
    assert.equal((await made(sluice)).isError, true);
    assert.ok(Date.now() - start < 10_000);
  }, { finds: () => new Promise(() => {}) }));

test('for an agent that may not ask nobody asks, and it hears nothing of the tool', () =>
  withSluice(() => 'lost', async (sluice, server) => {
    const result = await made(sluice, 'blind');
    assert.equal(result.isError, true);
    assert.doesNotMatch(JSON.stringify(result), /find_ticket/);
    assert.equal(server.asked.length, 0);
    assert.match((await sluice.cli('check')).stdout + (await sluice.cli('check')).stderr,
      /agent blind may call it and may not call crm\/find_ticket/);
  }));

test('a tool whose verify tool may do something is withheld with the reason', () =>
  withSluice(() => undefined, async (sluice) => {
    const key = await sluice.key();
    const known = async () => (await sluice.json('tools', 'list')).tools
      .map(({ tool, quarantine, verified_by }) => [tool, quarantine ?? verified_by]);
    assert.deepEqual(await known(), [['crm/create_ticket', 'crm/find_ticket'], ['crm/find_ticket', undefined]]);
    sluice.write('policy.yaml', policy.replace('  crm/find_ticket: {effect: read_only}\n', ''));
    await eventually('it is withheld',
      async () => !(await listedTools(sluice, key)).includes('crm__create_ticket'));
    assert.equal((await known())[0][1], 'its verify tool crm/find_ticket is not read_only: it is non_idempotent');
  }));

test('policy explain and tools show say which tool is asked', () =>
  withSluice(() => undefined, async (sluice) => {
    const explained = async (agent, ...more) =>
      (await sluice.cli('policy', 'explain', agent, 'crm/create_ticket', '{"ref": "T-1"}', ...more)).stdout;
    assert.match(await explained('tester'),
      /^when its answer is lost, what became of it is asked of crm\/find_ticket$/m);
    assert.match(await explained('blind'),
      /crm\/find_ticket, which blind may not call: its outcome is unknown then$/m);
    assert.deepEqual(JSON.parse(await explained('blind', '--json')).verify, { tool: 'crm/find_ticket', listed: false });
    assert.match((await sluice.cli('tools', 'show', 'crm/create_ticket')).stdout,
      /^effect +reconcilable\nverified by +crm\/find_ticket$/m);
    assert.match((await sluice.cli('policy', 'show')).stdout, /within: "3000ms"/);
  }));

// ---- Runs

const script = {
  answers: [{ calls: [{ tool: 'crm__create_ticket', arguments: { ref: 'T-1' } }] }, { text: 'Done.' }],
};
const models = { fast: { api: 'scripted', script: 'script.json' } };
const runtime = {
  config: { runtime: { models, agents: { worker: { model: 'fast' } } } },
  files: { 'script.json': script },
};
const isStatus = (sluice, run, status, within) => eventually(`${run} is ${status}`, async () => {
  const facts = await sluice.json('runs', 'show', run);
  return facts.status === status ? facts : undefined;
}, within);
const started = async (sluice) => (await sluice.cli('run', 'worker', 'Make a ticket.', '--detach')).stdout.trim();

test('a call of a run that kill -9 cut off after it was carried out is not made again, and nobody is asked', () =>
  withSluice(() => 'hangs', async (sluice, server) => {
    const run = await started(sluice);
    await eventually('the call arrives', () => server.sent.length === 1);
    server.made.push('T-1');
    await sluice.kill();
    await sluice.start();
    assert.equal((await isStatus(sluice, run, 'done')).spent, '2.00'); // once, as the budget has it
    assert.equal(server.sent.length, 1);
    const [intent, ...more] = records(sluice, 'intent');
    assert.deepEqual(more, []);
    const [audit] = auditOf(sluice, 'crm/create_ticket'), [question] = auditOf(sluice, 'crm/find_ticket');
    assert.deepEqual([audit.earlier, audit.outcome.reason, question.verifies], [intent.key, 'verified', intent.key]);
    assert.equal(audit.charged, undefined);
    const { stdout } = await sluice.cli('why', audit.request);
    assert.match(stdout, new RegExp(`^ +after +${intent.key}, which may have been carried out$`, 'm'));
    const { budgets } = await sluice.json('budgets');
    const { used, unknown, held } = budgets.find(({ scope }) => scope === 'agent:worker');
    assert.deepEqual({ used, unknown, held }, { used: '2.00', unknown: '2.00', held: '0.00' });
  }, runtime));

test('a call of a run that kill -9 cut off before it was carried out is made again', () =>
  withSluice((times) => (times === 1 ? 'hangs' : undefined), async (sluice, server) => {
    const run = await started(sluice);
    await eventually('the call arrives', () => server.sent.length === 1);
    await sluice.kill();
    await sluice.start();
    await isStatus(sluice, run, 'done');
    assert.deepEqual([server.sent.length, server.made], [2, ['T-1']]);
    const [first, second] = records(sluice, 'intent');
    assert.equal(second.body.earlier, first.key);
  }, runtime));

test('a run that is killed while it asks about a call goes on asking', async () => {
  let answers = false;
  await withSluice(() => 'lost', async (sluice, server) => {
    const run = await started(sluice);
    await eventually('it asks', () => server.asked.length === 1);
    await sluice.kill();
    answers = true;
    await sluice.start();
    await isStatus(sluice, run, 'done');
    assert.deepEqual(server.made, ['T-1']);
  }, { ...runtime, finds: () => (answers ? undefined : new Promise(() => {})) });
});

const edited = `people: {ops: {login: ["unix:${userInfo().username}"], may: [approve]}}\n` +
  policy.replace('within: 3s', 'within: 500ms').replace('all: {allow: ["*"],', 'all: {approve: [{tools: crm/create_ticket, by: [ops]}], allow: ["*"],');
for (const [how, fate] of [['whose answer was lost', 'nothing'], ['that kill -9 cut off', 'hangs']]) {
  test(`a call of a run ${how} is not asked about by what the run wanted when a person changed it`, () =>
    withSluice(() => fate, async (sluice, server) => {
      const run = await started(sluice);
      const [{ approval }] = await eventually('people are asked', async () => {
        const { approvals } = await sluice.json('approvals', 'list');
        return approvals.length > 0 && approvals;
      });
      assert.equal((await sluice.cli('approvals', 'edit', approval, '{"ref": "T-2"}')).code, 0);
      await eventually('the call arrives', () => server.sent.length === 1);
      assert.deepEqual(server.sent, [{ ref: 'T-2' }]);
      if (fate === 'hangs') {
        await sluice.kill();
        await sluice.start();
      }
      await eventually('a person can say what became of it',
        async () => (await sluice.cli('runs', 'resolve', run, '0.0', 'done', 'made')).code === 0, 20_000);
      await isStatus(sluice, run, 'done');
      assert.ok(server.asked.every(({ reference }) => reference === 'T-2'));
      assert.ok(server.sent.every(({ ref }) => ref === 'T-2'));
    }, { ...runtime, policy: edited }));
}

const impatient = policy.replace('within: 3s', 'within: 500ms');
test('a run waits for a person when three times nothing was found out', () =>
  withSluice(() => 'lost', async (sluice, server) => {
    const run = await started(sluice);
    await isStatus(sluice, run, 'waiting', 20_000);
    assert.equal(server.sent.length, 1);
    assert.equal((await sluice.cli('runs', 'resolve', run, '0.0', 'done', 'made')).code, 0);
    await isStatus(sluice, run, 'done');
  }, { ...runtime, policy: impatient, finds: () => ({ ...textResult('?'), isError: true }) }));

const nobody = policy.replace('effect: reconcilable', 'effect: non_idempotent').replace(`\n    verify:${verify}`, '');
test('a run does not repeat a lost call about which nobody can be asked any more', () =>
  withSluice(() => 'hangs', async (sluice, server) => {
    const run = await started(sluice);
    await eventually('the call arrives', () => server.sent.length === 1);
    await sluice.kill();
    sluice.write('policy.yaml', nobody);
    await sluice.start();
    await isStatus(sluice, run, 'waiting');
    assert.equal(server.sent.length, 1);
  }, runtime));
