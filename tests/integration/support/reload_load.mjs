// Calls while the policy is replaced again and again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { records } from './journal.mjs';
import { plainServer, textResult } from './plain_server.mjs';
import { reload } from './reloads.mjs';
import { call } from './rpc.mjs';
import { Sluice } from './sluice.mjs';

/** Two policies of which no two rules are the same, and what the records of their calls must say. */
const sides = ['north', 'south'].map((side, i) => {
  const other = ['south', 'north'][i];
  const effects = [['read_only', 'idempotent'], ['non_idempotent', 'read_only']][i];
  return {
    side,
    effects: { 'm/echo': effects[0], 'm/put': effects[1] },
    policy: `
currency: ${['EUR', 'USD'][i]}
defaults: {deny: ["*/${other}_*"]}
tenants: {${side}: {deny: ["m/hidden_${side}"], budgets: [{name: ${side}, per: tenant, window: month, calls: 100000000}]}}
agents: {tester: {tenant: ${side}, roles: [${side}]}}
roles:
  ${side}:
    allow: ${['[m/echo, m/put]', '["m/e*", "m/p*"]'][i]}
    limits: [{tools: "m/*", per: ${['agent', 'server'][i]}, rate: ${100 + i}000/s, concurrency: ${1000 + i}}]
    budgets: [{name: ${side}, per: agent, window: ${['day', 'week'][i]}, money: ${100000 + i}, calls: ${100000000 + i}}]
tools: {m/echo: {effect: ${effects[0]}, price: 0.00${i + 1}}, m/put: {effect: ${effects[1]}, price: 0.00${i + 2}}}
`,
  };
});

function checkRecord(body, side) {
  assert.equal(body.tenant, side.side);
  assert.equal(body.rule.scope, `role ${side.side}`);
  assert.ok(body.decision.startsWith(`allowed by role ${side.side}: allow `), body.decision);
  assert.equal(body.effect, side.effects[body.tool]);
  assert.ok(Object.keys(body.charged).length === 3, JSON.stringify(body.charged));
  for (const key of Object.keys(body.charged)) assert.match(key, new RegExp(`/${side.side}/`));
  assert.equal(body.hold, 'settled');
}

/** Resident memory, as proc(5) has it. */
const residentBytes = (sluice) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${sluice.child.pid}/status`, 'utf8'))[1]) * 1024;

/**
 * Replaces the policy `reloads` times while `clients` call without a pause. Fails when a call does, or when a record
 * shows anything of another policy than the one that it names. Returns figures.
 */
export async function reloadUnderLoad({ reloads, clients }) {
  const server = await plainServer(({ answer }) => answer(textResult('done')), { tools: ['echo', 'put'] });
  const sluice = await Sluice.start({ servers: { m: server.url }, policy: sides[0].policy });
  try {
    const key = await sluice.key();
    const versions = new Map();
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    let ended = false;
    let calls = 0;
    const load = Promise.all(Array.from({ length: clients }, async (_, i) => {
      while (!ended) {
        const answer = await call(sluice, key, ['m__echo', 'm__put'][(i + calls) % 2], { text: 'x' }, { agent });
        assert.equal(answer.result?.content?.[0].text, 'done', JSON.stringify(answer));
        calls += 1;
      }
    }));
    load.catch(() => { ended = true; });
    const begin = performance.now();
    const resident = [];
    for (let i = 0; i < reloads && !ended; ++i) {
      const side = sides[(i + 1) % 2];
      sluice.write('policy.yaml', side.policy);
      const { policy, refused } = await reload(sluice);
      assert.equal(refused, null);
      versions.set(policy, side);
      resident.push(residentBytes(sluice));
    }
    const seconds = (performance.now() - begin) / 1000;
    ended = true;
    await load;
    agent.destroy();
    await sluice.stop();
    const audit = records(sluice, 'audit');
    const seen = new Set();
    for (const { body } of audit) {
      const side = versions.get(body.policy);
      assert.ok(side, `the policy ${body.policy} is none of the two`);
      checkRecord(body, side);
      seen.add(body.policy);
    }
    const byRequest = new Map(audit.map(({ body }) => [body.request, body]));
    for (const { body } of records(sluice, 'intent')) assert.equal(byRequest.get(body.request).policy, body.policy);
    assert.equal(versions.size, 2);
    assert.equal(audit.length, calls);
    assert.equal(seen.size, 2);
    return { seconds, calls, resident };
  } finally {
    await sluice.remove();
    await server.close();
  }
}
