// The measurements of tests/bench/streams. Client, gateway and servers share the machine.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { loadavg } from 'node:os';
import { closedPort } from '../integration/support/hostile_servers.mjs';
import { plainServer, textResult } from '../integration/support/plain_server.mjs';
import { bytesOf, call, callBytes, callMessage, headersFor, message } from '../integration/support/rpc.mjs';
import { Sluice } from '../integration/support/sluice.mjs';
import { eventually, sleep } from '../integration/support/time.mjs';

const options = process.argv.slice(2);
const scaleAt = options.indexOf('--scale');
const scale = scaleAt < 0 ? 1 : Number(options.splice(scaleAt, 2)[1]);
const some = (count) => Math.max(1, Math.round(count / scale));

const policy = `
agents: {bench: {roles: [all]}}
roles: {all: {allow: ["*"]}}
tools: {"*": {effect: read_only}}
`;
const roomy = { connections: 20000, streams: 20000, streams_per_agent: 20000, calls_in_flight: 8192 };

const percentile = (values, share) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const show = (values) => `p50 ${percentile(values, 0.5).toFixed(2)} ms, p99 ${percentile(values, 0.99).toFixed(2)} ms, max ${percentile(values, 1).toFixed(2)} ms`;
const report = (what, figures) => console.log(`${what}: ${figures}  [load ${loadavg()[0].toFixed(1)}]`);
const now = () => Number(process.hrtime.bigint()) / 1e6;

/** The gateway alone: its keeper of children is another process. */
const residentKiB = (sluice) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${sluice.child.pid}/status`, 'utf8'))[1]);
const descriptors = (sluice) => readdirSync(`/proc/${sluice.child.pid}/fd`).length;
const threads = (sluice) => readdirSync(`/proc/${sluice.child.pid}/task`).length;

async function withGateway(servers, use) {
  const sluice = await Sluice.start({ servers, policy, limits: roomy });
  try {
    return await use(sluice, await sluice.key('bench'));
  } finally {
    await sluice.remove();
  }
}

const opened = (port) => new Promise((done, failed) => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => done(socket));
  socket.once('error', failed);
});

function listenBytes(key) {
  const sent = message('subscriptions/listen', { notifications: { toolsListChanged: true } });
  return bytesOf({ headers: headersFor(sent, key), body: JSON.stringify(sent) });
}

// Each try closes the connection of a call that would take 10 s, and waits until the server sees it.
async function cancellation() {
  let arrived;
  const server = await plainServer(({ res, answer }) => {
    const timer = setTimeout(() => answer(textResult('late')), 10_000);
    res.on('close', () => clearTimeout(timer));
    arrived({ gone: new Promise((done) => res.on('close', () => done(now()))) });
  }, { tools: ['wait'] });
  await withGateway({ s: server.url }, async (sluice, key) => {
    const times = [];
    const one = async () => {
      const socket = await opened(sluice.port);
      const reached = new Promise((done) => (arrived = done));
      socket.write(callBytes(key, 's__wait'));
      const { gone } = await reached;
      await sleep(60 + Math.random() * 60); // in its midst
      const start = now();
      socket.destroy();
      times.push((await gone) - start);
    };
    for (let i = 0; i < some(1000); i += 1) await one();
    report(`cancellation (${times.length} tries; target p99 <= 50 ms)`, show(times));
  });
  await server.close();
}

async function idle() {
  await withGateway({}, async (sluice, key) => {
    const bytes = listenBytes(key);
    const sockets = [];
    const open = async () => {
      const socket = await opened(sluice.port);
      const head = new Promise((done) => socket.once('data', done));
      socket.on('error', () => {}).write(bytes);
      await head;
      sockets.push(socket);
    };
    await open();
    await sleep(500);
    const [before, threadsBefore] = [residentKiB(sluice), threads(sluice)];
    const count = Math.min(some(10_000), 15_000);
    while (sockets.length <= count) await Promise.all(Array.from({ length: 100 }, open));
    await sleep(1000);
    const each = (residentKiB(sluice) - before) / sockets.length;
    report(`idle streams (${sockets.length}; target <= 16 KiB each, no thread)`, `${each.toFixed(2)} KiB each, ${threads(sluice) - threadsBefore} threads more`);
    for (const socket of sockets) socket.destroy();
    await eventually('all are gone', () => descriptors(sluice) < 200);
  });
}

async function cut() {
  await withGateway({}, async (sluice, key) => {
    const bytes = listenBytes(key);
    const one = async () => {
      const socket = await opened(sluice.port);
      const head = new Promise((done) => socket.once('data', done));
      socket.on('error', () => {}).write(bytes);
      await head;
      socket.resetAndDestroy();
    };
    const rounds = async (count) => {
      let left = count;
      await Promise.all(Array.from({ length: 100 }, async () => {
        while (left-- > 0) await one();
      }));
      await sleep(1500);
    };
    await rounds(some(10_000)); // what is kept for reuse is then there
    const [memory, files] = [residentKiB(sluice), descriptors(sluice)];
    await rounds(some(200_000));
    report(`streams cut (${some(200_000)}; target: memory and descriptors as before)`,
      `resident ${memory} -> ${residentKiB(sluice)} KiB, descriptors ${files} -> ${descriptors(sluice)}`);
  });
}

// The time a notification takes from the server's write to the client's read, beside the same without a gateway.
async function relay() {
  let sentAt;
  const server = await plainServer(async ({ asked, res }) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (let step = 1; step <= 20; step += 1) {
      await sleep(2);
      sentAt = now();
      res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: asked.params._meta.progressToken, progress: step } })}\n\n`);
    }
    await sleep(2);
    res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: { resultType: 'complete', ...textResult('done') } })}\n\n`);
  }, { tools: ['work'] });
  await withGateway({ s: server.url }, async (sluice, key) => {
    for (const [way, port, tool] of [['direct', server.port, 'work'], ['through sluice', sluice.port, 's__work']]) {
      const times = [];
      for (let i = 0; i < some(100); i += 1) {
        const socket = await opened(port);
        const sent = callMessage(tool);
        sent.params._meta.progressToken = 1;
        socket.write(bytesOf({ headers: headersFor(sent, key), body: JSON.stringify(sent) }));
        await new Promise((done) => socket.on('data', (data) => {
          if (data.includes('notifications/progress')) times.push(now() - sentAt);
          if (data.includes('"result"')) done();
        }));
        socket.destroy();
      }
      report(`relay of a notification, ${way} (${times.length}${way === 'direct' ? '' : '; target p50 <= 1 ms'})`, show(times));
    }
  });
  await server.close();
}

// Fast calls at a steady rate, alone and beside calls that take 10 s.
async function slowBeside() {
  const server = await plainServer(async ({ asked, answer }) => {
    if (asked.params.arguments.text === 'slow') await sleep(10_000);
    answer(textResult('done'));
  });
  await withGateway({ s: server.url }, async (sluice, key) => {
    const agent = new Agent({ keepAlive: true });
    const fast = async () => {
      const times = [];
      const calls = [];
      const seconds = 7;
      const start = now();
      for (let i = 0; i < 200 * seconds; i += 1) {
        const due = start + i * 5;
        if (due > now()) await sleep(due - now());
        const asked = now();
        calls.push(call(sluice, key, 's__echo', { text: 'fast' }, { agent }).then(() => times.push(now() - asked)));
      }
      await Promise.all(calls);
      return times;
    };
    await fast();
    const alone = await fast();
    const slowAgent = new Agent({ keepAlive: false, maxSockets: Infinity });
    const slow = Array.from({ length: some(1000) }, () => call(sluice, key, 's__echo', { text: 'slow' }, { agent: slowAgent }));
    await sleep(1500);
    const beside = await fast();
    await Promise.all(slow);
    report('200 fast calls/s alone', show(alone));
    const moved = percentile(beside, 0.99) - percentile(alone, 0.99);
    report(`the same beside ${slow.length} calls in flight (target: p99 moves <= 5 ms)`, `${show(beside)}; p99 moves ${moved.toFixed(2)} ms`);
    agent.destroy();
  });
  await server.close();
}

// Every client uses the ids 0 to 9; each call carries a text of its own, which must come back.
async function canaries() {
  const port = await closedPort();
  const upstream = spawn(process.env.BENCH_UPSTREAM, ['--port', String(port)], { stdio: 'ignore' });
  await eventually('the upstream listens', () => opened(port).then((socket) => socket.destroy() || true));
  await withGateway({ s: `http://127.0.0.1:${port}/mcp` }, async (sluice, key) => {
    let left = some(1_000_000);
    const total = left;
    let wrong = 0;
    const started = now();
    const client = (number) => new Promise((done, failed) => {
      const socket = connect({ port: sluice.port, host: '127.0.0.1', noDelay: true });
      let buffer = '';
      let serial = 0;
      let expected;
      const next = () => {
        if (left-- <= 0) return socket.end(done);
        serial += 1;
        expected = { id: serial % 10, canary: `canary ${number}.${serial}!` };
        return socket.write(callBytes(key, 's__echo', { message: expected.canary }, expected.id));
      };
      socket.setEncoding('latin1').on('connect', next).on('error', failed).on('data', (data) => {
        buffer += data;
        const head = buffer.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(buffer)[1]);
        if (buffer.length < head + 4 + length) return;
        const body = buffer.slice(head + 4);
        buffer = '';
        if (!body.includes(expected.canary) || !body.includes(`"id":${expected.id},`)) {
          if (wrong === 0) console.log(`expected ${JSON.stringify(expected)}, got ${body}`);
          wrong += 1;
        }
        next();
      });
    });
    await Promise.all(Array.from({ length: 100 }, (_, number) => client(number)));
    report(`answers to ${total} calls of 100 clients with the ids 0-9 (target: none wrong)`, `${wrong} wrong, ${Math.round(total / (now() - started) * 1000)} calls/s`);
    if (wrong > 0) process.exitCode = 1;
  });
  upstream.kill();
}

const measurements = { cancellation, idle, cut, relay, slow: slowBeside, canaries };
for (const [name, measure] of Object.entries(measurements)) {
  if (options.length === 0 || options.includes(name)) await measure();
}
process.exit();
