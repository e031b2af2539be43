import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { tamper } from './support/journal.mjs';
import { echoServer } from './support/plain_server.mjs';
import { binary, Sluice } from './support/sluice.mjs';

const policy = `agents: {tester: {roles: [reader]}}
roles: {reader: {allow: ["*"]}}
`;

/** What doctor finds of one check, in a directory that `prepare` has spoilt. */
async function findings(check, { options = {}, key = true, prepare = () => {}, running = false } = {}) {
  const sluice = new Sluice({ policy, ...options });
  try {
    if (key) await sluice.key();
    if (running) await sluice.start();
    await prepare(sluice);
    const { code, stdout, stderr } = await sluice.cli('doctor', '--json');
    const { well, checks } = JSON.parse(stdout || `{"stderr": ${JSON.stringify(stderr)}}`);
    assert.equal(code, well ? 0 : 1, stderr);
    return checks.filter((one) => one.check === check && !one.ok);
  } finally {
    await sluice.remove();
  }
}

async function finds(check, problem, mend, setting) {
  const found = await findings(check, setting);
  assert.equal(found.length, 1, JSON.stringify(found));
  assert.match(found[0].problem, problem);
  assert.match(found[0].mend, mend);
}

async function listening(handler = (_, response) => response.end()) {
  const server = createServer(handler);
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { port: server.address().port, close: () => new Promise((done) => server.close(done)) };
}

test('doctor has nothing to say of a directory in which all is well', async () => {
  const server = await echoServer();
  const sluice = await Sluice.start({ servers: { m: server.url }, policy });
  try {
    await sluice.key();
    const { checks } = JSON.parse((await sluice.cli('doctor', '--json')).stdout);
    assert.deepEqual(checks.filter((one) => !one.ok && one.check !== 'descriptors'), []);
    assert.match((await sluice.cli('doctor')).stdout, /^ok {7}configuration/);
  } finally {
    await endAll(() => sluice.remove(), () => server.close());
  }
});

test('doctor finds a mistake in the configuration, with its place', async () => {
  await finds('configuration', /sluice\.yaml:\d+:\d+: .*did you mean 'listen'/, /sluice check/,
    { prepare: (sluice) => sluice.write('sluice.yaml', { ...sluice.config, lissen: 'x' }) });
});

test('doctor finds a port that is taken', async () => {
  const other = await listening();
  try {
    await finds('port', /another program listens on 127\.0\.0\.1:/, /^find it with: ss -ltnp/,
      { options: { config: { listen: `127.0.0.1:${other.port}` } } });
  } finally {
    await other.close();
  }
});

test('doctor finds a program that is not installed', async () => {
  await finds('programs', /^server s needs npx, which is not installed$/, /^apt install nodejs npm$/,
    { options: { servers: { s: { command: 'npx', args: ['-y', 'x'], env: { PATH: '/nowhere' } } } } });
});

test('doctor finds a server that wants a login, one that is down, and one that lacks a variable', async () => {
  const closed = await listening((_, response) => response.writeHead(401).end());
  const servers = { locked: `http://127.0.0.1:${closed.port}/mcp`, away: 'http://127.0.0.1:1/mcp',
    off: { url: 'http://127.0.0.1:1/mcp', headers: { Authorization: 'Bearer ${env:SLUICE_NOT_SET}' } } };
  const sluice = new Sluice({ policy, servers });
  try {
    await sluice.start();
    await sluice.serverIs('locked', 'down');
    await sluice.serverIs('away', 'down');
    const { checks } = JSON.parse((await sluice.cli('doctor', '--json')).stdout);
    const problems = checks.filter((one) => one.check === 'servers').map((one) => one.problem).sort();
    assert.match(problems[0], /^server away is down: /);
    assert.match(problems[1], /^server locked wants a login: .*HTTP 401/);
    assert.match(problems[2], /^server off is off: .*SLUICE_NOT_SET/);
  } finally {
    await endAll(() => sluice.remove(), () => closed.close());
  }
});

test('doctor finds an agent without a key that is valid', async () => {
  await finds('keys', /^agent other has no key$/, /^sluice key create other --config /,
    { options: { policy: policy.replace('{tester:', '{other: {roles: [reader]}, tester:') } });
});

test('doctor finds an agent that may call nothing', async () => {
  await finds('policy', /^agent tester: no rule allows it anything$/, /allow/,
    { options: { policy: 'agents: {tester: {roles: [reader]}}\nroles: {reader: {allow: []}}\n' } });
});

test('doctor finds files that others may read, or everybody may write', async () => {
  await finds('permissions', /^others may read .*sluice\.db$/, /^chmod 600 /,
    { prepare: (sluice) => chmodSync(sluice.path('sluice.db'), 0o644) });
  await finds('permissions', /^everybody may write .*policy\.yaml$/, /^chmod o-w /,
    { prepare: (sluice) => chmodSync(sluice.path('policy.yaml'), 0o666) });
});

test('doctor finds a journal that cannot be written', async () => {
  await finds('journal', /nowhere/, /chmod u\+rwx/, { options: { config: { journal: 'sqlite:./nowhere/journal.db' } } });
});

test('doctor finds a clock that is off', async () => {
  const server = await listening((_, response) => {
    response.setHeader('Date', new Date(Date.now() - 3_600_000).toUTCString());
    response.end();
  });
  try {
    await finds('clock', /^the clock differs from that of server m by 3[56]\d\d seconds$/, /^timedatectl set-ntp true$/,
      { options: { servers: { m: `http://127.0.0.1:${server.port}/mcp` } } });
  } finally {
    await server.close();
  }
  await finds('clock', /^the clock went back/, /timedatectl/, {
    prepare: async (sluice) => {
      await sluice.start();
      await sluice.cli('call', 'no/tool');
      await sluice.stop();
      assert.ok(tamper(sluice, 'UPDATE journal SET time = time + 7200000000') > 0);
    },
  });
});

test('doctor finds a Redis that does not answer', async () => {
  await finds('redis', /^Redis does not answer on 127\.0\.0\.1:1: /, /redis-cli -h 127\.0\.0\.1 -p 1 ping$/,
    { options: { config: { store: 'redis://127.0.0.1:1' } }, key: false });
});

test('doctor finds too few descriptors', async () => {
  const sluice = new Sluice({ policy });
  try {
    const ask = () => {
      try {
        return execFileSync('bash', ['-c', `ulimit -n 256; exec ${binary()} doctor --json --config ${sluice.path('sluice.yaml')}`]);
      } catch (error) {
        return error.stdout;
      }
    };
    const found = JSON.parse(ask()).checks.find((one) => one.check === 'descriptors');
    assert.match(found.problem, /^a process may open 256 files here/);
    assert.match(found.mend, /^ulimit -n /);
  } finally {
    await sluice.remove();
  }
});

// ---- completion

test('completion offers the commands and options of the command at hand', async () => {
  const sluice = new Sluice({ policy });
  try {
    writeFileSync(sluice.path('completion.bash'), (await sluice.cli('completion', 'bash')).stdout);
    const offers = (...words) => execFileSync('bash', ['-c', `. ${sluice.path('completion.bash')}
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _sluice; echo "\${COMPREPLY[@]}"`]).toString().trim().split(/\s+/);
    assert.deepEqual(offers('sluice', 'appr'), ['approvals']);
    assert.deepEqual(offers('sluice', 'key', 'cr'), ['create']);
    assert.deepEqual(offers('sluice', '--config', 'x.yaml', 'approvals', 'sh'), ['show']);
    assert.ok(offers('sluice', 'approvals', 'approve', '--').includes('--remember'));
    assert.ok(offers('sluice', 'audit', 'tail', '--').includes('--json'));
    assert.equal((await sluice.cli('completion', 'fish')).code, 2);
  } finally {
    await sluice.remove();
  }
});

test('completion for zsh offers the same, from the first time on', async () => {
  const sluice = new Sluice({ policy });
  try {
    writeFileSync(sluice.path('_sluice'), (await sluice.cli('completion', 'zsh')).stdout);
    // What zsh's completion system would do with the offers is left out: they are printed.
    const offers = (...words) => execFileSync('zsh', ['-f', '-c', `fpath=(${sluice.path('.')}); autoload -U _sluice
      compdef() {}; compadd() { print -rl -- \${(P)2} }; _describe() { print -rl -- \${(P)2} }; _files() { print files }
      words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _sluice`]).toString().trim().split('\n');
    assert.ok(offers('sluice', '').includes('approvals:Calls that wait for people'));
    assert.deepEqual(offers('sluice', '--config', 'x.yaml', 'tools', ''), [
      'list:List tools, with their effect or why they are quarantined',
      'show:Show a tool\\: its definition, effect and price, and what decides for an agent',
    ]);
    assert.ok(offers('sluice', 'approvals', 'approve', '--').includes('--remember'));
    assert.deepEqual(offers('sluice', 'why', ''), ['files']);
  } finally {
    await sluice.remove();
  }
});
