import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { endAll } from './end_all.mjs';
import { echoServer } from './plain_server.mjs';
import { exchange } from './raw_http.mjs';
import { bytesOf, call, headersFor, message } from './rpc.mjs';
import { Sluice } from './sluice.mjs';
import { slow } from './time.mjs';

let server;

/** A gateway with an echo server, short times and a small bound on bodies, for the file that imports this; and a key for it. */
export let sluice, key;

before(async () => {
  server = await echoServer();
  sluice = await Sluice.start({
    servers: { echo: server.url },
    limits: { head_timeout: `${300 * slow}ms`, body_grace: `${300 * slow}ms`, body: '64k' },
  });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

export const listing = message('tools/list');

/** A good request, changed. */
export const request = (changes = {}) => bytesOf({
  ...changes,
  headers: { ...headersFor(listing, key), ...changes.headers },
  body: changes.body ?? JSON.stringify(listing),
});

export async function stillServes() {
  const answer = await call(sluice, key, 'echo__echo', { text: 'still here' });
  assert.equal(answer.result?.content[0].text, 'still here');
}

/** The answer to the bytes; it must be of that status and carry a request id, and Sluice goes on. */
export async function refused(status, bytes) {
  const answer = await exchange(sluice.port, bytes);
  assert.ok(answer, 'there is an answer');
  assert.equal(answer.status, status, `${answer.head}\n\n${answer.body}`);
  assert.match(answer.headers['x-request-id'] ?? '', /^req_\w+$/);
  await stillServes();
  return answer;
}
