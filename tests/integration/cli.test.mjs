import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { misbehaving } from './support/hostile_servers.mjs';
import { modernServer } from './support/modern_server.mjs';
import { binary, Sluice } from './support/sluice.mjs';
import { eventually, slow } from './support/time.mjs';

const policy = `agents:
  tester: {roles: [reader]}
  other: {roles: []}
roles:
  reader:
    allow: [m/*, quiet/*]
    deny: [m/fail]
tools:
  m/echo: {effect: read_only}
`;

let server, quiet, sluice;

before(async () => {
  server = await modernServer();
  quiet = await misbehaving('silent');
  const servers = { m: server.url, quiet: { url: quiet.url, timeout: `${500 * slow}ms` } };
  sluice = await Sluice.start({ servers, policy });
});

after(() => endAll(() => sluice?.remove(), () => server?.close(), () => quiet?.close()));

async function run(code, ...args) {
  const result = await sluice.cli(...args);
  assert.equal(result.code, code, `sluice ${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
  return result;
}

// ---- Usage

test('wrong usage ends with 2 and says how it is used', async () => {
  for (const args of [[], ['nonsense'], ['key'], ['key', 'create'], ['call'], ['audit', 'tail', '-n', '0'], ['key', 'create', 'tester', '--days', '0'], ['serve', 'x']]) {
    const { stdout, stderr } = await run(2, ...args);
    assert.ok((stdout + stderr).length > 0, args.join(' '));
  }
});

/** Every command that does something, as the help of its parents names it. */
async function everyCommand(path = []) {
  const { stdout } = await run(0, ...path, '--help');
  const listed = /^Subcommands:\n((?: {2}.*\n?)+)/m.exec(stdout)?.[1];
  if (!listed) return [path];
  const names = listed.split('\n').map((line) => /^ {2}([a-z]+)/.exec(line)?.[1]).filter(Boolean);
  return (await Promise.all(names.map((name) => everyCommand([...path, name])))).flat();
}

test('every command that help lists shows an example of itself', async () => {
  const commands = await everyCommand();
  assert.ok(commands.length > 25, `${commands.length} commands`);
  for (const command of commands) {
    assert.match((await run(0, ...command, '--help')).stdout, new RegExp(`Example: sluice ${command.join(' ')}`), command.join(' '));
  }
});

test('--help ends with 0 and shows an example for every command', async () => {
  for (const args of [['serve'], ['check'], ['call'], ['tools', 'list'], ['servers', 'status'], ['servers', 'list'],
    ['servers', 'add'], ['servers', 'import'], ['servers', 'remove'], ['servers', 'restart'], ['key', 'create'], ['key', 'list'],
    ['key', 'revoke'], ['policy', 'explain'], ['policy', 'show'], ['policy', 'test'], ['policy', 'diff'], ['policy', 'apply'], ['audit', 'tail'], ['audit', 'verify']]) {
    const { stdout } = await run(0, ...args, '--help');
    assert.match(stdout, /Example: sluice /, args.join(' '));
  }
  assert.match((await run(0, '--version')).stdout, /^\d+\.\d+\.\d+/);
});

// ---- check, policy

test('check says what is configured', async () => {
  assert.match((await run(0, 'check')).stdout, /valid, 2 servers, 2 agents/);
  const facts = await sluice.json('check');
  assert.equal(facts.valid, true);
  assert.equal(facts.servers, 2);
  assert.equal(facts.agents, 2);
});

test('policy explain names the rule, its file and its line, and ends with 4 for a refusal', async () => {
  assert.match((await run(0, 'policy', 'explain', 'tester', 'm/echo')).stdout, /^allowed: .*policy\.yaml:6/);
  assert.match((await run(4, 'policy', 'explain', 'tester', 'm/fail')).stdout, /^refused: .*policy\.yaml:7/);
  assert.match((await run(4, 'policy', 'explain', 'other', 'm/echo')).stdout, /^refused: /);
  const { stdout } = await run(4, 'policy', 'explain', 'tester', 'm/fail', '--json');
  const answer = JSON.parse(stdout);
  assert.equal(answer.allowed, false);
  assert.equal(answer.rule.line, 7);
  assert.match((await run(2, 'policy', 'explain', 'testr', 'm/echo')).stderr, /did you mean tester/);
});

// ---- keys

test('a key is printed alone on standard output, and lists never show it', async () => {
  const { stdout, stderr } = await run(0, 'key', 'create', 'tester');
  assert.match(stdout, /^sl_[a-z0-9]{12}_[A-Za-z0-9]{43}\n$/);
  assert.match(stderr, /90 days/);
  const [, id, secret] = stdout.trim().split('_');
  const listed = await run(0, 'key', 'list');
  assert.match(listed.stdout, new RegExp(`${id}\\s+tester\\s+valid until `));
  assert.ok(!listed.stdout.includes(secret));
  const { keys } = await sluice.json('key', 'list');
  assert.equal(keys.find((key) => key.id === id).revoked, null);
  assert.match((await run(0, 'key', 'revoke', id)).stdout, /revoked/);
  assert.match((await run(0, 'key', 'list')).stdout, new RegExp(`${id}\\s+tester\\s+revoked `));
  assert.notEqual((await sluice.json('key', 'list')).keys.find((key) => key.id === id).revoked, null);
});

test('a key for an agent that the policy does not name is not made', async () => {
  assert.match((await run(2, 'key', 'create', 'testre')).stderr, /did you mean tester/);
});

test('revoking a key that does not exist ends with 1', async () => {
  await run(1, 'key', 'revoke', 'abcdefghijkl');
});

// ---- call, tools, servers

test('call goes through every check and prints the texts of the result', async () => {
  assert.equal((await run(0, 'call', 'm/echo', '{"text":"hello"}', '--agent', 'tester')).stdout, 'hello\n');
  assert.equal((await run(0, 'call', 'm__echo', '{"text":"hello"}', '--agent', 'tester')).stdout, 'hello\n');
  const answer = await sluice.json('call', 'm/echo', '{"text":"hello"}', '--agent', 'tester');
  assert.equal(answer.outcome, 'answered');
  assert.match(answer.request, /^req_/);
  assert.match(answer.decision, /policy\.yaml:6/);
});

test('a refused call ends with 4: denied, unknown, or with wrong arguments', async () => {
  const denied = await run(4, 'call', 'm/fail', '{}', '--agent', 'tester');
  assert.match(denied.stdout, /Unknown tool/);
  const [, id] = /^denied by .*policy\.yaml:7\)\nMore about it: sluice why (req_\w+)\n$/.exec(denied.stderr);
  const why = await eventually('its record is written', async () => (await sluice.cli('why', id)).stdout); // nobody waits for it
  assert.match(why, /decision +denied by .*policy\.yaml:7/);
  await run(4, 'call', 'm/none', '{}', '--agent', 'tester');
  await run(4, 'call', 'm/echo', '{"text":"x"}', '--agent', 'other');
  assert.match((await run(4, 'call', 'm/add', '{"a":"x","b":1}', '--agent', 'tester')).stdout, /^\/a: /);
});

test('a call whose outcome is not known ends with 6', async () => {
  assert.match((await run(6, 'call', 'quiet/act', '{}', '--agent', 'tester')).stdout, /Server quiet .*may have been carried out/);
});

test('what an agent chose is shown on a terminal, not obeyed by it', async () => {
  const name = 'x\u001b[2Jy\u202ez';
  await sluice.cli('call', name, '{}', '--agent', 'tester');
  const command = `'${binary()}' audit tail -n 1 --config '${sluice.path('sluice.yaml')}'`;
  const shown = () => new Promise((done) => execFile('script', ['-qec', command, '/dev/null'], (error, stdout) => done(stdout)));
  const line = await eventually('the call is recorded', async () => [await shown()].find((text) => text.includes('unknown_tool')));
  assert.ok(line.includes('x\\u{1b}[2Jy\\u{202e}z'), line);
  assert.ok(!line.includes('\u001b') && !line.includes('\u202e'), line);
  const { stdout } = await sluice.cli('audit', 'tail', '-n', '1', '--json'); // for programs as it is
  assert.equal(JSON.parse(stdout).asked_as, name);
});

test('a dry run shows the decision and sends nothing', async () => {
  const before = server.calls.all.length;
  assert.match((await run(0, 'call', 'm/add', '{"a":1,"b":2}', '--agent', 'tester', '--dry-run')).stdout, /policy\.yaml:6.*Nothing was sent/);
  assert.match((await run(4, 'call', 'm/fail', '{}', '--agent', 'tester', '--dry-run')).stderr, /^denied by .*policy\.yaml:7\)\n$/);
  await run(4, 'call', 'm/add', '{"a":"x"}', '--agent', 'tester', '--dry-run');
  assert.equal(server.calls.all.length, before);
});

test('call wants an agent that exists and arguments that are one object', async () => {
  await run(2, 'call', 'm/echo', '{"text":"x"}');
  await run(2, 'call', 'm/echo', '{"text":"x"}', '--agent', 'nobody');
  await run(2, 'call', 'm/echo', '[]', '--agent', 'tester');
  await run(2, 'call', 'm/echo', '{', '--agent', 'tester');
  await run(2, 'call', 'm/echo', '{"text":"a","text":"b"}', '--agent', 'tester');
});

test('tools list shows effects and names, for all or for one agent', async () => {
  assert.match((await run(0, 'tools', 'list')).stdout, /m\/echo\s+read_only\s+m__echo/);
  assert.match((await run(0, 'tools', 'list')).stdout, /m\/fail\s+non_idempotent\s+m__fail/);
  assert.doesNotMatch((await run(0, 'tools', 'list', '--agent', 'tester')).stdout, /m\/fail/);
  const none = await run(0, 'tools', 'list', '--agent', 'other');
  assert.deepEqual([none.stdout, none.stderr], ['', 'No tools.\n']);
  const { tools } = await sluice.json('tools', 'list');
  assert.match(tools[0].definition, /^[0-9a-f]{32,}$/);
  await run(1, 'tools', 'list', '--agent', 'nobody');
});

test('tools show says what a tool is, and what decides for an agent', async () => {
  const { stdout } = await run(0, 'tools', 'show', 'm/echo', '--agent', 'tester');
  assert.match(stdout, /^tool {9}m\/echo\noffered as {3}m__echo\neffect {7}read_only\nhash {9}[0-9a-f]{64}\nagent {8}tester\ndecision {5}allowed by role .*policy\.yaml:\d+\)\n/);
  assert.match(stdout, /\nas its vendor wrote it:\n\{\n {2}"name": "echo",/);
  const offered = await sluice.json('tools', 'show', 'm__echo');
  assert.deepEqual([offered.tool, offered.written.name, offered.for], ['m/echo', 'echo', undefined]);
  const denied = await sluice.json('tools', 'show', 'm/fail', '--agent', 'other');
  assert.deepEqual([denied.for.listed, denied.for.access, denied.for.reason], [false, '', 'no rule of agent other allows it']);
  assert.match((await run(1, 'tools', 'show', 'm/nothing')).stderr, /^No server offers a tool m\/nothing\./);
  assert.match((await run(1, 'tools', 'show', 'm/echo', '--agent', 'no body&x=1')).stderr, /^The policy names no agent no body&x=1\./);
  await run(2, 'tools', 'show');
});

test('servers status shows the state of each server', async () => {
  assert.match((await run(0, 'servers', 'status')).stdout, /^m\s+ready\s+since \d{4}-/m);
  const { servers } = await sluice.json('servers', 'status');
  assert.deepEqual(servers.map((entry) => [entry.server, entry.state, entry.tools]), [['m', 'ready', 6], ['quiet', 'ready', 1]]);
  assert.equal(servers[0].revision, '2026-07-28');
});

test('commands that need the gateway end with 3 when it does not run', async () => {
  const idle = new Sluice({ servers: { m: server.url }, policy });
  try {
    for (const args of [['call', 'm/echo', '{"text":"x"}', '--agent', 'tester'], ['tools', 'list'], ['servers', 'status']]) {
      const { code, stderr } = await idle.cli(...args);
      assert.equal(code, 3, args.join(' '));
      assert.match(stderr, /sluice serve/);
    }
  } finally {
    await idle.remove();
  }
});

// ---- serve

test('a second gateway on the same store is refused', async () => {
  const { code, stderr } = await sluice.cli('serve');
  assert.equal(code, 1);
  assert.match(stderr, /already runs/);
});

test('a gateway without policies serves loopback, to one agent that needs no key, and says so', async () => {
  const open = await Sluice.start({ servers: { m: server.url }, policy: null });
  try {
    assert.match(open.log, /No policies/);
    assert.equal((await open.cli('call', 'm/echo', '{"text":"free"}')).stdout, 'free\n');
    assert.equal((await open.cli('key', 'create', 'local')).code, 2);
  } finally {
    await open.remove();
  }
});

test('SIGTERM ends the gateway with 0', async () => {
  const short = await Sluice.start({ servers: { m: server.url }, policy });
  assert.equal(await short.stop(), true);
  await short.remove();
});
