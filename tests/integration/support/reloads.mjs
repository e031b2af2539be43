// The configuration of a running gateway, over its admin socket.
import { renameSync } from 'node:fs';
import { request } from 'node:http';
import { Sluice } from './sluice.mjs';
import { within } from './time.mjs';

function ask(sluice, method, path) {
  return within(20_000, `${method} ${path}`, new Promise((done, failed) => {
    const asked = request({ socketPath: sluice.path('sluice.sock'), method, path, headers: { Host: 'localhost' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => done({ status: response.statusCode, text }));
    });
    asked.on('error', failed);
    asked.end();
  }));
}

/** What is in force, and why the files are not. */
export async function configOf(sluice) {
  return JSON.parse((await ask(sluice, 'GET', '/v1/config')).text);
}

/** Has the files read now; they are in force then. */
export async function reload(sluice) {
  const { status, text } = await ask(sluice, 'POST', '/v1/reload');
  if (status !== 200) throw new Error(`HTTP ${status}: ${text}`);
  return JSON.parse(text);
}

export const policyFor = (allow, more = '') => `agents: {tester: {roles: [r]}}\nroles: {r: {allow: ${JSON.stringify(allow)}}}\n${more}`;
export const open = policyFor(['*']);

export async function withGateway(options, use) {
  const sluice = await Sluice.start({ policy: open, ...options });
  try {
    await use(sluice, await sluice.key());
  } finally {
    await sluice.remove();
  }
}

/** As editors do: the new file takes the place of the old one. */
export function replace(sluice, name, content) {
  sluice.write(`${name}.new`, content);
  renameSync(sluice.path(`${name}.new`), sluice.path(name));
}

export const textOf = (answer) => answer.result.content[0].text;
