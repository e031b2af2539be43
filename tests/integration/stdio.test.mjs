import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectLegacy, textOf } from './support/clients.mjs';
import { lives } from './support/processes.mjs';
import { call, listedTools } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled } from './support/time.mjs';

const fixture = fileURLToPath(new URL('support/stdio_server.mjs', import.meta.url));
const notes = mkdtempSync(join(tmpdir(), 'sluice-notes-'));
after(() => rmSync(notes, { recursive: true, force: true }));
let noteFiles = 0;
const noteFile = () => join(notes, String(++noteFiles));
const noted = (file, word) => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line.startsWith(word)).map((line) => Number(line.slice(word.length + 1)));
  } catch {
    return [];
  }
};

const server = (options = {}, more = {}) => ({ command: process.execPath, args: [fixture, JSON.stringify(options)], ...more });
const text = (answer) => answer.result?.content?.[0]?.text ?? answer.text;

async function withSluice(options, use) {
  const sluice = await Sluice.start(options);
  try {
    await use(sluice, await sluice.key());
  } finally {
    await sluice.remove();
  }
}

const statusOf = async (sluice, name) => (await sluice.json('servers', 'status')).servers.find((entry) => entry.server === name);

test('calls at the same time travel over one child and each get their own answer', () =>
  withSluice({ servers: { s: server() } }, async (sluice, key) => {
    const slow = call(sluice, key, 's__slow', { ms: 300 });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => call(sluice, key, 's__echo', { text: `canary ${i}` })));
    answers.forEach((answer, i) => assert.equal(text(answer), `canary ${i}`));
    assert.equal(text(await slow), 'slept 300');
    assert.equal((await statusOf(sluice, 's')).instances, 1);
  }));

test('a child gets the environment that is configured and six variables, three pipes, and its directory', () => {
  const env = { SLUICE_CANARY: 'inherited', OTHER: 'x', ...process.env };
  return withSluice({ env, servers: { s: server({}, { env: { MINE: 'a b', FROM: '${env:OTHER}' }, cwd: '/tmp' }) } }, async (sluice, key) => {
    const seen = JSON.parse(text(await call(sluice, key, 's__env')));
    const inherited = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'].filter((name) => process.env[name] !== undefined);
    assert.deepEqual(Object.keys(seen).sort(), ['FROM', 'MINE', ...inherited].sort());
    assert.equal(seen.MINE, 'a b');
    assert.equal(seen.FROM, 'x');
    assert.equal(text(await call(sluice, key, 's__cwd')), '/tmp');
  });
});

test('garbage on standard output is reported and survived', () =>
  withSluice({ servers: { s: server({ garbage: ['Starting up…', '{"jsonrpc":"2.0"}', '[1,2', '', '{}'], binary: true }) } }, async (sluice, key) => {
    assert.equal(text(await call(sluice, key, 's__echo', { text: 'fine' })), 'fine');
    assert.equal(text(await call(sluice, key, 's__say', { lines: Array.from({ length: 1000 }, () => 'noise') })), 'said');
    assert.equal(text(await call(sluice, key, 's__echo', { text: 'still' })), 'still');
    await eventually('it is in the log', () => sluice.log.includes('Starting up'));
    assert.ok(sluice.logLines().filter((line) => line.event === 'server_stdout').length < 20);
  }));

test('answers that nobody waits for are dropped, and the first of two counts', () =>
  withSluice({ servers: { s: server() } }, async (sluice, key) => {
    assert.equal(text(await call(sluice, key, 's__twice')), 'first');
    assert.equal(text(await call(sluice, key, 's__echo', { text: 'next' })), 'next');
  }));

test('requests of a child are answered with -32601, and a ping with a result', () =>
  withSluice({ servers: { s: server() } }, async (sluice, key) => {
    assert.equal(JSON.parse(text(await call(sluice, key, 's__ask', { method: 'sampling/createMessage' }))).code, -32601);
    assert.equal(text(await call(sluice, key, 's__ask', { method: 'ping' })), '{}');
  }));

test('a line that is too long costs its call alone', () =>
  withSluice({ servers: { s: server() } }, async (sluice, key) => {
    const answer = await call(sluice, key, 's__big', { bytes: 12 << 20 });
    assert.equal(answer.result.isError, true);
    assert.match(text(answer), /longer than allowed.*may have been carried out/);
    assert.equal(text(await call(sluice, key, 's__echo', { text: 'next' })), 'next');
    assert.equal((await statusOf(sluice, 's')).state, 'ready');
  }));

test('a flood on standard error is drained and stays out of the log', () =>
  withSluice({ servers: { s: server({ flood: 20 << 20 }) } }, async (sluice, key) => {
    assert.equal(text(await call(sluice, key, 's__echo', { text: 'fine' })), 'fine');
    assert.ok(sluice.log.length < 200_000, `${sluice.log.length} bytes of log`);
  }));

test('a call that takes too long is cancelled at the child', () => {
  const file = noteFile();
  return withSluice({ servers: { s: server({ notes: file }, { timeout: '500ms' }) } }, async (sluice, key) => {
    const answer = await call(sluice, key, 's__never');
    assert.match(text(answer), /may have been carried out/);
    await eventually('the child is told', () => noted(file, 'cancelled').length === 1);
    assert.equal(text(await call(sluice, key, 's__echo', { text: 'next' })), 'next');
  });
});

test('a child that dies fails what it was asked, and is started again', () =>
  withSluice({ servers: { s: server() } }, async (sluice, key) => {
    const first = text(await call(sluice, key, 's__pid'));
    const answer = await call(sluice, key, 's__die');
    assert.match(text(answer), /it ended with exit status 3.*may have been carried out/);
    const second = await eventually('it answers again', async () => {
      const pid = text(await call(sluice, key, 's__pid'));
      return /^\d+$/.test(pid) && pid;
    });
    assert.notEqual(first, second);
  }));

test('a crash loop is stopped with a reason, and restart resumes', () => {
  const file = noteFile();
  return withSluice({ servers: { s: server({ crash: 7, notes: file }), fine: server() }, ready: ['fine'] }, async (sluice, key) => {
    await sluice.serverIs('s', 'stopped', 90_000);
    const status = await statusOf(sluice, 's');
    assert.match(status.reason, /8 times within 5 minutes.*sluice servers restart s.*exit status 7/);
    assert.ok(Date.parse(status.since) <= Date.now());
    const starts = noted(file, 'start').length;
    assert.ok(starts >= 8 && starts <= 10, `${starts} starts`);
    assert.equal(text(await call(sluice, key, 'fine__echo', { text: 'x' })), 'x');
    assert.equal((await sluice.cli('servers', 'restart', 's')).code, 0);
    await eventually('it is started again', () => noted(file, 'start').length > starts);
    assert.equal((await sluice.cli('servers', 'restart', 'nobody')).code, 1);
  });
});

test('a program that does not exist says so', () =>
  withSluice({ servers: { s: { command: 'no-such-program' } }, ready: [] }, async (sluice) => {
    await sluice.serverIs('s', 'down');
    assert.match((await statusOf(sluice, 's')).reason, /no-such-program cannot be started: No such file/);
  }));

for (const trait of ['exit_on_probe', 'silent']) {
  test(`a server that is "${trait}" to the question for the modern protocol is used as a legacy one`, () =>
    withSluice({ servers: { s: server({ [trait]: true }, { start_timeout: '9s' }) }, ready: ['s'] }, async (sluice, key) => {
      assert.equal(text(await call(sluice, key, 's__echo', { text: 'x' })), 'x');
      assert.equal((await statusOf(sluice, 's')).revision, '2025-11-25');
    }));
}

test('instances: agent gives each agent a child of its own', () =>
  withSluice({ servers: { s: server({}, { instances: 'agent' }), shared: server() } }, async (sluice, key) => {
    const other = await sluice.key('other');
    const pids = async (name) => [await call(sluice, key, name), await call(sluice, key, name), await call(sluice, other, name)].map(text);
    const [mine, again, theirs] = await pids('s__pid');
    assert.match(mine, /^\d+$/);
    assert.equal(mine, again);
    assert.notEqual(mine, theirs);
    const shared = await pids('shared__pid');
    assert.equal(new Set(shared).size, 1);
    assert.equal((await statusOf(sluice, 's')).instances, 2);
    await call(sluice, key, 's__die');
    assert.equal(text(await call(sluice, other, 's__pid')), theirs);
  }));

test('instances: session gives each legacy session a child of its own, and modern clients one per agent', () =>
  withSluice({ servers: { s: server({}, { instances: 'session' }) } }, async (sluice, key) => {
    const clients = [await connectLegacy(sluice.url, key), await connectLegacy(sluice.url, key)];
    const pids = [];
    for (const client of clients) pids.push(textOf(await client.callTool({ name: 's__pid', arguments: {} })));
    pids.push(text(await call(sluice, key, 's__pid')));
    assert.equal(new Set(pids).size, 3);
    assert.equal(text(await call(sluice, key, 's__pid')), pids[2]);
    for (const client of clients) await client.close();
  }));

test('past the bound of instances an idle one makes room, and idle ones end', () =>
  withSluice({ servers: { s: server({}, { instances: 'agent' }) }, limits: { instances: 1, instance_idle: '2s' } }, async (sluice, key) => {
    const other = await sluice.key('other');
    const mine = Number(text(await call(sluice, key, 's__pid')));
    const theirs = Number(text(await call(sluice, other, 's__pid')));
    await eventually('the first one ended', () => !lives(mine));
    await eventually('the second one ended', () => !lives(theirs));
    const busy = call(sluice, key, 's__slow', { ms: 1500 });
    await eventually('it is busy', async () => (await statusOf(sluice, 's')).instances === 1);
    assert.match(text(await call(sluice, other, 's__pid')), /all its 1 instances are busy.*Nothing was sent/);
    assert.equal(text(await busy), 'slept 1500');
  }));

for (const [how, end] of [['SIGKILL', (sluice) => sluice.kill()], ['SIGTERM', (sluice) => sluice.stop()]]) {
  test(`after ${how} no child, no child of a child and no keeper is left within 5 seconds`, async () => {
    const files = [noteFile(), noteFile(), noteFile()];
    const sluice = await Sluice.start({ servers: {
      plain: server({ notes: files[0] }),
      stubborn: server({ notes: files[1], stubborn: true, grandchild: true }),
      detached: server({ notes: files[2], stubborn: true, grandchild: 'detached' }),
    } });
    try {
      const pids = files.flatMap((file) => [...noted(file, 'start'), ...noted(file, 'grandchild')]);
      assert.equal(pids.length, 5);
      const keeper = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pids[0]}/status`, 'utf8'))[1]);
      pids.push(keeper);
      assert.ok(pids.every(lives));
      const start = Date.now();
      await end(sluice);
      await eventually('all are gone', () => pids.every((pid) => !lives(pid)), 6000);
      assert.ok(Date.now() - start < scaled(5000), `it took ${Date.now() - start} ms`);
    } finally {
      await sluice.remove();
    }
  });
}

test('when the keeper is killed its children end with it, and others are started', () => {
  const file = noteFile();
  return withSluice({ servers: { s: server({ notes: file }) } }, async (sluice, key) => {
    const [pid] = noted(file, 'start');
    const keeper = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
    process.kill(keeper, 'SIGKILL');
    await eventually('the child ended', () => !lives(pid));
    await eventually('it answers again', async () => text(await call(sluice, key, 's__echo', { text: 'x' })) === 'x');
    assert.ok((await listedTools(sluice, key)).includes('s__echo'));
  });
});

test('the log shows no value of a child\'s environment', () =>
  withSluice({ servers: { s: server({ garbage: ['the token is hunter2-hunter2'] }, { env: { TOKEN: 'hunter2-hunter2' } }) } }, async (sluice) => {
    await eventually('it is in the log', () => sluice.log.includes('the token is'));
    assert.ok(!sluice.log.includes('hunter2'), sluice.log);
  }));
