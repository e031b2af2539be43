// Policy as it is lived: what agents see, what is refused, what administrators are told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectLegacy, connectModern } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { echoServer } from './support/plain_server.mjs';
import { call, listedTools, post } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';

const policy = `agents: {tester: {roles: [clerk]}, other: {roles: [all]}}
roles:
  clerk:
    allow:
      - {tool: pay/echo, arguments: {required: [text], properties: {text: {type: string, maxLength: 5}}}}
  all:
    allow: [pay/*]
    deny:
      - {tool: pay/echo, arguments: {required: [text], properties: {text: {const: secret}}}}
views:
  closing: {tools: [pay/close, elsewhere/*]}
`;

let server, sluice, key;

before(async () => {
  server = await echoServer({ tools: ['echo', 'close'] });
  sluice = await Sluice.start({ servers: { pay: server.url }, policy });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

test('a tool that is allowed with some arguments is listed, and the model is told with which', async () => {
  assert.deepEqual(await listedTools(sluice, key), ['pay__echo']);
  const { result: good } = await call(sluice, key, 'pay__echo', { text: 'short' });
  assert.equal(good.content[0].text, 'short');

  const before = server.state.calls;
  const { result: bad } = await call(sluice, key, 'pay__echo', { text: 'far too long' });
  assert.equal(bad.isError, true);
  assert.match(bad.content[0].text, /^Policy allows pay\/echo only with other arguments. Nothing was sent.\n\/text: expected /);
  assert.equal(bad._meta['dev.sluice/refusal'].rule, 'role clerk: allow pay/echo');
  const { result: none } = await call(sluice, key, 'pay__echo', {});
  assert.equal(none.isError, true);
  assert.equal(server.state.calls, before);
});

test('a deny refuses calls with such arguments, and no others', async () => {
  const other = await sluice.key('other');
  assert.deepEqual(await listedTools(sluice, other), ['pay__echo', 'pay__close']);
  const { result: good } = await call(sluice, other, 'pay__echo', { text: 'public' });
  assert.equal(good.content[0].text, 'public');
  const { result: bad } = await call(sluice, other, 'pay__echo', { text: 'secret' });
  assert.equal(bad.isError, true);
  assert.match(bad.content[0].text, /^Policy refuses these arguments of pay\/echo. Nothing was sent./);
});

test('a view shows less, keeps its sessions, and is not found when the policy does not name it', async () => {
  const other = await sluice.key('other');
  const view = `${sluice.url}/closing`;
  const modern = await connectModern(view, other);
  assert.deepEqual((await modern.listTools()).tools.map((tool) => tool.name), ['pay__close']);
  await assert.rejects(modern.callTool({ name: 'pay__echo', arguments: { text: 'x' } }), /Unknown tool: pay__echo/);
  await modern.close();

  const legacy = await connectLegacy(view, other);
  assert.deepEqual((await legacy.listTools()).tools.map((tool) => tool.name), ['pay__close']);
  const headers = { Authorization: `Bearer ${other}`, 'Content-Type': 'application/json', 'Mcp-Session-Id': legacy.httpTransport.sessionId };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  assert.equal((await post(view, headers, body)).status, 200);
  assert.equal((await post(sluice.url, headers, body)).status, 404);
  await legacy.close();

  for (const path of ['/nothing', '/', '/closing/']) assert.equal((await post(sluice.url + path, headers, body)).status, 404);
});

test('the audit and a dry run name the rule of a refusal for arguments, with file and line', async () => {
  const dry = await sluice.cli('call', 'pay/echo', '{"text": "far too long"}', '--agent', 'tester', '--dry-run', '--json');
  assert.equal(dry.code, 4);
  assert.match(JSON.parse(dry.stdout).decision, /^the arguments do not satisfy role clerk: allow pay\/echo with arguments \(.*policy\.yaml:5\)$/);
  const { stdout } = await sluice.cli('audit', 'tail', '-n', '100');
  assert.match(stdout, /refused arguments_not_allowed {2}the arguments do not satisfy role clerk: .*policy\.yaml:5\)/);
});

test('check warns of constraints that let more pass than they seem to', async () => {
  const other = new Sluice({
    servers: { pay: server.url },
    policy: `agents: {a: {roles: [r]}}
roles:
  r:
    allow: [{tool: pay/echo, arguments: {properties: {text: {maxLength: 5}}}}, nowhere/*]
`,
  });
  try {
    const { code, stdout } = await other.cli('check');
    assert.equal(code, 0);
    assert.match(stdout, /policy\.yaml:4: role r: allow pay\/echo: A call without "text" passes/);
    assert.match(stdout, /A value of "text" that is of another type passes/);
    assert.match(stdout, /allow nowhere\/\*: it can never match: there is no server 'nowhere'/);
  } finally {
    await other.remove();
  }
});
