import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { plainServer, textResult } from './support/plain_server.mjs';
import { RawConnection } from './support/raw_http.mjs';
import { bytesOf, call, callBytes } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, within } from './support/time.mjs';

let server, sluice, key;
const waiting = [];

before(async () => {
  // Each call waits until the test answers it; `ended` says whether the caller had gone by then.
  server = await plainServer(({ asked, res, answer }) => {
    const entry = { asked, answer: () => answer(textResult('late')) };
    entry.gone = new Promise((done) => res.on('close', () => done(!res.writableEnded)));
    waiting.push(entry);
  }, { tools: ['wait'] });
  sluice = await Sluice.start({ servers: { s: server.url } });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

test('a legacy client that closes its connection does not end the call', async () => {
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  const body = (id, method, params) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
  const connection = await RawConnection.open(sluice.port);
  connection.send(bytesOf({ headers, body: body(1, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }) }));
  const session = { ...headers, 'Mcp-Session-Id': (await connection.response()).headers['mcp-session-id'] };
  connection.send(bytesOf({ headers: session, body: body(2, 'tools/call', { name: 's__wait', arguments: {} }) }));
  await eventually('the call arrives', () => waiting.length === 1);
  connection.close();
  const gone = await Promise.race([waiting[0].gone, new Promise((done) => setTimeout(() => done('still there'), 500))]);
  assert.equal(gone, 'still there');
  waiting[0].answer();
  assert.equal(await waiting[0].gone, false);
  await eventually('the call is recorded as answered', async () => {
    const { stdout } = await sluice.cli('audit', 'tail', '-n', '1', '--json');
    return JSON.parse(stdout.trim()).outcome.kind === 'answered';
  });
  waiting.length = 0;
});

test('a gateway that is told to stop ends in time, whatever is under way', async () => {
  const lost = call(sluice, key, 's__wait').catch((error) => error);
  await eventually('the call arrives', () => waiting.length === 1);
  assert.equal(await sluice.stop(), true);
  await lost;
  assert.equal((await sluice.cli('audit', 'verify')).code, 0);
});
