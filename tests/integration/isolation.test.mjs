import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Agent } from 'node:http';
import { endAll } from './support/end_all.mjs';
import { listen, readBody } from './support/node_server.mjs';
import { echoServer, reply } from './support/plain_server.mjs';
import { RawConnection } from './support/raw_http.mjs';
import { ask, call, callBytes, listedTools } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, fewer, scaled } from './support/time.mjs';

const tools = ['echo', 'read_a', 'read_b', 'write_a', 'drop_table', 'Echo'];
const policy = `
defaults: {deny: ["*/drop_*"]}
tenants: {acme: {deny: ["b/*"]}}
agents:
  reader: {roles: [reads]}
  writer: {roles: [all]}
  tenant_writer: {tenant: acme, roles: [all]}
  both: {roles: [reads, no_reads]}
  nothing: {roles: []}
roles:
  reads: {allow: ["*/read_*", a/echo]}
  all: {allow: ["*"]}
  no_reads: {allow: [b/echo], deny: ["a/read_*"]}
tools: {"*": {effect: read_only}}
`;

const expected = {
  reader: ['a__echo', 'a__read_a', 'a__read_b', 'b__read_a', 'b__read_b'],
  writer: ['a', 'b'].flatMap((server) => tools.filter((tool) => tool !== 'drop_table').map((tool) => `${server}__${tool}`)),
  tenant_writer: tools.filter((tool) => tool !== 'drop_table').map((tool) => `a__${tool}`),
  both: ['a__echo', 'b__echo', 'b__read_a', 'b__read_b'],
  nothing: [],
};

let servers, sluice;
const keys = {};

before(async () => {
  servers = { a: await echoServer({ tools }), b: await echoServer({ tools }) };
  sluice = await Sluice.start({ servers: { a: servers.a.url, b: servers.b.url }, policy });
  for (const agent of Object.keys(expected)) keys[agent] = await sluice.key(agent);
});

after(() => endAll(() => sluice?.remove(), ...Object.values(servers ?? {}).map((server) => () => server.close())));

for (const [agent, names] of Object.entries(expected)) {
  test(`what is listed to ${agent} is what it can call, and nothing else`, async () => {
    assert.deepEqual(await listedTools(sluice, keys[agent]), names);
    for (const server of ['a', 'b']) {
      for (const tool of tools) {
        const name = `${server}__${tool}`;
        const { result, error } = await call(sluice, keys[agent], name, { text: name });
        if (names.includes(name)) {
          assert.equal(result?.content[0].text, name);
        } else {
          assert.deepEqual(error, { code: -32602, message: `Unknown tool: ${name}` });
        }
      }
    }
  });

  test(`the command line shows ${agent} the same list`, async () => {
    const { tools: shown } = await sluice.json('tools', 'list', '--agent', agent);
    assert.deepEqual(shown.map((tool) => tool.exported), names);
  });
}

test("agents that ask at the same time never see each other's lists", async () => {
  const agents = Object.keys(expected);
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  await Promise.all(Array.from({ length: fewer(1000) }, async (_, i) => {
    const name = agents[i % agents.length];
    const { result } = await ask(sluice, keys[name], 'tools/list', {}, { id: i % 10, agent });
    assert.deepEqual(result.tools.map((tool) => tool.name), expected[name]);
  }));
  agent.destroy();
});

test('a server whose schemas take long to compile does not hold up others', async () => {
  const properties = Object.fromEntries(Array.from({ length: 800 }, (_, i) => [`property_${i}`, { type: 'string', pattern: `^a${i}.{1,9}$` }]));
  let lists = 0;
  const server = await listen(async (req, res) => {
    const { id, method, params } = JSON.parse(await readBody(req));
    const answer = (result) => reply(res, { jsonrpc: '2.0', id, result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...result } });
    if (method === 'server/discover') return answer({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} } });
    const page = Number(params.cursor ?? 0);
    lists += page === 0 ? 1 : 0;
    const tools = Array.from({ length: 20 }, (_, i) => ({ name: `t${page}_${i}`, description: `${lists}`, inputSchema: { type: 'object', properties } }));
    return answer({ tools, ...(page < 9 ? { nextCursor: String(page + 1) } : {}) });
  });
  const one = await Sluice.start({ servers: { huge: server.url, a: servers.a.url }, config: { threads: 1 }, ready: ['a'] });
  try {
    const key = await one.key();
    const taken = [];
    await eventually('it is ready', async () => {
      const start = Date.now();
      await call(one, key, 'a__echo', { text: 'x' });
      taken.push(Date.now() - start);
      return taken.length % 20 === 0 && (await one.json('servers', 'status')).servers.find(({ server: name }) => name === 'huge').state === 'ready';
    }, 60_000);
    assert.ok(Math.max(...taken) < scaled(500), `the slowest of ${taken.length} calls took ${Math.max(...taken)} ms`);
  } finally {
    await endAll(() => one.remove(), () => server.close());
  }
});

test('every answer carries the canary of its own question, on 64 connections that all use the ids 0 to 9', async () => {
  const rounds = Math.ceil(fewer(20_000) / 64 / 10);
  let answered = 0;
  await Promise.all(Array.from({ length: 64 }, async (_, number) => {
    const agent = number % 2 ? 'writer' : 'reader';
    const connection = await RawConnection.open(sluice.port);
    for (let round = 0; round < rounds; ++round) {
      const canary = (id) => `${agent} ${number} ${round} ${id}`;
      const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
      connection.send(ids.map((id) => callBytes(keys[agent], 'a__echo', { text: canary(id) }, id)).join(''));
      for (const id of ids) {
        const message = JSON.parse((await connection.response(30_000)).body);
        assert.equal(message.id, id);
        assert.equal(message.result.content[0].text, canary(id));
        answered += 1;
      }
    }
    connection.close();
  }));
  assert.equal(answered, rounds * 640);
});
