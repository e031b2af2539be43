// A server over stdio that misbehaves on demand. Its first argument is a JSON object:
//   garbage: lines written to standard output before anything else    flood: bytes written to standard error
//   crash: ends with this status right after its handshake             silent: says nothing to server/discover
//   grandchild: starts a process that ignores SIGTERM and outlives it  exit_on_probe: ends over server/discover
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const options = JSON.parse(process.argv[2] ?? '{}');
const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });
const note = (line) => options.notes && appendFileSync(options.notes, `${line}\n`);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

note(`start ${process.pid}`);
if (options.grandchild) {
  const child = spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], { stdio: 'ignore', detached: options.grandchild === 'detached' });
  note(`grandchild ${child.pid}`);
  child.unref();
}
if (options.stubborn) process.on('SIGTERM', () => {});
for (const line of options.garbage ?? []) process.stdout.write(`${line}\n`);
if (options.binary) process.stdout.write(Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
for (let sent = 0; sent < (options.flood ?? 0); sent += 1000) process.stderr.write(`${'e'.repeat(999)}\n`);

const answers = new Map();
let calls = 0;
const work = async ({ steps, ms = 0 }, id, { progressToken } = {}) => {
  for (let step = 1; step <= steps; step += 1) {
    await sleep(ms);
    if (progressToken !== undefined) write({ method: 'notifications/progress', params: { progressToken, progress: step, total: steps } });
  }
  return text(`worked ${steps}`);
};
const tools = {
  work,
  echo: ({ text: said }) => text(said),
  pid: () => text(process.pid),
  count: () => text(++calls),
  env: () => text(JSON.stringify(process.env)),
  cwd: () => text(process.cwd()),
  slow: async ({ ms }) => { await sleep(ms); return text(`slept ${ms}`); },
  big: ({ bytes }) => text('x'.repeat(bytes)),
  never: () => {
    note('never');
    return new Promise(() => {});
  },
  die: () => process.exit(3),
  say: ({ lines }) => { for (const line of lines) process.stdout.write(`${line}\n`); return text('said'); },
  ask: ({ method }) => new Promise((done) => {
    const id = `ask-${answers.size}`;
    answers.set(id, (message) => done(text(JSON.stringify(message.error ?? message.result))));
    write({ id, method });
  }),
  twice: (args, id) => { write({ id, result: text('first') }); write({ id: 987654, result: text('unknown') }); return text('second'); },
};
const schema = { type: 'object', properties: { text: { type: 'string' }, ms: { type: 'number' }, bytes: { type: 'number' }, steps: { type: 'number' }, lines: { type: 'array' }, method: { type: 'string' } } };

async function handle({ id, method, params }) {
  if (method === 'notifications/cancelled') return note(`cancelled ${params.requestId}`);
  if (method === 'server/discover') {
    if (options.exit_on_probe) process.exit(1);
    if (options.silent) return undefined;
    return write({ id, error: { code: -32601, message: 'Method not found' } });
  }
  if (method === 'initialize') {
    write({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'fixture', version: '1' } } });
    if (options.crash !== undefined) setTimeout(() => process.exit(options.crash), 50);
    return undefined;
  }
  if (method === 'tools/list') return write({ id, result: { tools: Object.keys(tools).map((name) => ({ name, inputSchema: schema })) } });
  if (method === 'tools/call') return write({ id, result: await tools[params.name](params.arguments, id, params._meta) });
  return undefined;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  if (message.method === undefined) return answers.get(message.id)?.(message);
  return handle(message);
});
if (options.stubborn || options.grandchild) setInterval(() => {}, 1000);
