// sluice policy show, explain, test, diff and apply.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync, chmodSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { echoServer } from './support/plain_server.mjs';
import { Sluice } from './support/sluice.mjs';

const policy = `# kept by hand
agents: {clerk: {roles: [clerk]}, guest: {}}
roles:
  clerk:
    allow:
      - {tool: pay/echo, arguments: {required: [text], properties: {text: {type: string, maxLength: 5}}}}
      - pay/close
views: {short: {tools: [pay/close]}}
`;
const wider = policy.replace('maxLength: 5', 'maxLength: 9').replace('pay/close\n', 'pay/open\n');

let server, sluice;

before(async () => {
  server = await echoServer({ tools: ['echo', 'close', 'open'] });
  sluice = new Sluice({ servers: { pay: server.url }, policy });
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

async function run(code, ...args) {
  const result = await sluice.cli('policy', ...args);
  assert.equal(result.code, code, `sluice policy ${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
  return result;
}

test('show prints a policy that is the same policy when it is read again', async () => {
  const { stdout } = await run(0, 'show');
  const other = new Sluice({ servers: { pay: server.url }, policy: stdout });
  try {
    const shown = JSON.parse((await run(0, 'show', '--json')).stdout);
    const again = await other.json('policy', 'show');
    assert.equal(again.version, shown.version);
    assert.deepEqual(again.policy, shown.policy);
    other.write('policy.yaml', shown.policy);
    assert.equal((await other.json('policy', 'show')).version, shown.version);
  } finally {
    await other.remove();
  }
});

test('explain says what becomes of a call with these arguments', async () => {
  assert.match((await run(0, 'explain', 'clerk', 'pay/echo')).stdout, /^listed: depends on the arguments: .*policy\.yaml:6/);
  assert.match((await run(0, 'explain', 'clerk', 'pay/echo', '{"text":"abc"}')).stdout, /^allowed: .*policy\.yaml:6/);
  assert.match((await run(4, 'explain', 'clerk', 'pay/echo', '{"text":"far too long"}')).stdout, /^refused: .*policy\.yaml:6.*\n.*\n\/text: expected /);
  assert.equal(JSON.parse((await run(0, 'explain', 'clerk', 'pay/echo', '--json')).stdout).depends_on_arguments, true);
  assert.match((await run(4, 'explain', 'clerk', 'pay/echo', '{"text":"abc"}', '--view', 'short')).stdout, /^refused: the view short does not show it/);
  await run(2, 'explain', 'clerk', 'pay/echo', '[1]');
  await run(2, 'explain', 'clerk', 'pay/echo', '--view', 'none');
});

test('explain says who is asked before a call goes out', async () => {
  const asking = new Sluice({ servers: { pay: server.url }, policy: `people: {ann: {login: ["unix:ann"], may: [approve]}}
agents: {clerk: {roles: [clerk]}}
roles: {clerk: {allow: [pay/*], approve: [{tools: pay/echo, when: {required: [to]}, by: [ann]}]}}
` });
  try {
    const explain = async (...args) => (await asking.cli('policy', 'explain', 'clerk', ...args)).stdout;
    assert.match(await explain('pay/echo', '{"to":"bob"}'), /^allowed: .*\npeople are asked first: role clerk: approve pay\/echo when .* by ann .*policy\.yaml:3\)\n$/);
    assert.match(await explain('pay/echo', '{"text":"x"}'), /^allowed: .*\n$/);
    assert.match(await explain('pay/echo'), /^allowed: .*\nallowed, once people agree: role clerk: approve pay\/echo when /);
    assert.match(await explain('pay/close'), /^allowed: .*\n$/);
    assert.equal((await asking.json('policy', 'explain', 'clerk', 'pay/echo', '{"to":"bob"}')).asks.length, 1);
  } finally {
    await asking.remove();
  }
});

test('test ends with 1 and shows what was expected and what was found', async () => {
  sluice.write('good.yaml', `- {agent: clerk, tool: pay/echo, arguments: {text: abc}, expect: allow, rule: "role clerk: allow pay/echo"}
- {agent: guest, tool: pay/echo, expect: deny, rule: no rule}
`);
  assert.equal((await run(0, 'test', sluice.path('good.yaml'))).stdout, '2 as expected, 0 not\n');
  sluice.write('bad.yaml', '- {agent: clerk, tool: pay/echo, arguments: {text: far too long}, expect: allow}\n');
  const { stdout } = await run(1, 'test', sluice.path('bad.yaml'));
  assert.match(stdout, /bad\.yaml:1: clerk calls pay\/echo \{"text":"far too long"\}\n {2}expected: allow\n {2}found: {4}deny by role clerk: allow pay\/echo \(/);
  assert.match(stdout, /0 as expected, 1 not\n$/);
  const facts = JSON.parse((await run(1, 'test', sluice.path('bad.yaml'), '--json')).stdout);
  assert.deepEqual([facts.passed, facts.failed, facts.results[0].as_expected], [0, 1, false]);
  sluice.write('bad.yaml', '- {agent: clerk, tool: pay/echo}\n');
  await run(2, 'test', sluice.path('bad.yaml'));
});

test('diff shows whose access changes, tool by tool', async () => {
  sluice.write('wider.yaml', wider);
  const { stdout } = await run(0, 'diff', sluice.path('policy.yaml'), sluice.path('wider.yaml'));
  assert.match(stdout, /^clerk\n {2}- pay\/close\n {2}~ pay\/echo: allowed with .*"maxLength":5.*\n {4}now allowed with .*"maxLength":9.*\n {2}\+ pay\/open\n$/);
  const facts = JSON.parse((await run(0, 'diff', sluice.path('policy.yaml'), sluice.path('wider.yaml'), '--json')).stdout);
  assert.equal(facts.over, 'patterns');
  assert.deepEqual(facts.changes.map(({ agent, tool }) => `${agent} ${tool}`), ['clerk pay/close', 'clerk pay/echo', 'clerk pay/open']);
  assert.equal((await run(0, 'diff', sluice.path('policy.yaml'), sluice.path('policy.yaml'))).stdout, 'The policies are the same.\n');
});

test('apply checks all, changes nothing by a mistake, and else replaces the file as it was given', async () => {
  const review = new Sluice({ policy: wider });
  try {
    const file = review.path('policy.yaml');
    chmodSync(sluice.path('policy.yaml'), 0o640);
    assert.match((await run(0, 'apply', file, '--dry-run')).stdout, /\+ pay\/open/);
    assert.equal(readFileSync(sluice.path('policy.yaml'), 'utf8'), policy);

    review.write('policy.yaml', wider.replace('maxLength', 'maxLenght'));
    assert.match((await run(2, 'apply', file)).stderr, /^.*policy\.yaml:6:\d+: 'maxLenght' is no keyword/);
    assert.equal(readFileSync(sluice.path('policy.yaml'), 'utf8'), policy);
    review.write('policy.yaml', wider);

    const { stdout } = await run(0, 'apply', file);
    assert.match(stdout, /\+ pay\/open\nreplaced .*policy\.yaml\n$/);
    assert.equal(readFileSync(sluice.path('policy.yaml'), 'utf8'), wider);
    assert.equal(statSync(sluice.path('policy.yaml')).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(sluice.directory).filter((name) => name.startsWith('.')), []);

    review.write('other.yaml', wider);
    assert.match((await run(2, 'apply', review.path('other.yaml'))).stderr, /no policy file of this name; it has policy\.yaml/);
  } finally {
    await review.remove();
  }
});

test('diff goes over the tools that a running gateway offers', async () => {
  await sluice.start();
  await sluice.ready(['pay']);
  sluice.write('star.yaml', policy.replace('- pay/close', '- pay/*'));
  const facts = JSON.parse((await run(0, 'diff', sluice.path('policy.yaml'), sluice.path('star.yaml'), '--json')).stdout);
  assert.equal(facts.over, 'catalog');
  assert.ok(facts.changes.some(({ tool, after: now }) => tool === 'pay/close' && now === 'allowed'));
});
