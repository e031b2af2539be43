// What docs/clients.md shows is run as it stands there, but for the address.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endAll } from './support/end_all.mjs';
import { everythingServer } from './support/everything_server.mjs';
import { post } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { within } from './support/time.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const address = 'http://127.0.0.1:8080/mcp';
const guide = readFileSync(here('../../docs/clients.md'), 'utf8');
const policy = `
agents: {demo: {roles: [visitor]}}
roles: {visitor: {allow: [everything/echo]}}
tools: {everything/echo: {effect: read_only}}
`;
let everything, sluice, key;

before(async () => {
  everything = await everythingServer();
  sluice = await Sluice.start({ servers: { everything: everything.url }, policy });
  key = await sluice.key('demo');
});

after(() => endAll(() => sluice?.remove(), () => everything?.close()));

/** The code of a section, and the output that it shows. */
function section(title) {
  const text = guide.split(`\n## ${title}\n`)[1].split('\n## ')[0];
  const [, language, code] = /```(\w+)\n([\s\S]*?)```/.exec(text);
  const output = text.split('```').at(-1).split('\n').filter((line) => line.startsWith('    ')).map((line) => line.slice(4)).join('\n');
  assert.ok(code.includes(address), `${title} names the address`);
  return { language, code: code.replaceAll(address, sluice.url), output };
}

const interpreters = {
  Python: ['python', here('clients/python/.venv/bin/python'), '-c'],
  LangChain: ['python', here('clients/langchain/.venv/bin/python'), '-c'],
  TypeScript: ['javascript', process.execPath, '--input-type=module', '--eval'],
};

for (const [title, [language, interpreter, ...options]] of Object.entries(interpreters)) {
  test(`the program for ${title} prints what the page shows`, async () => {
    const shown = section(title);
    assert.equal(shown.language, language);
    const env = { ...process.env, SLUICE_KEY: key };
    const printed = await within(60_000, title, new Promise((done) => {
      execFile(interpreter, [...options, shown.code], { env, cwd: here('.') }, (error, stdout, stderr) => done(error ? `${error}\n${stderr}` : stdout));
    }));
    assert.equal(printed.trimEnd(), shown.output);
  });
}

for (const [title, servers, variable] of [
  ['Claude Code', 'mcpServers', '${SLUICE_KEY}'],
  ['VS Code', 'servers', '${input:sluice-key}'],
  ['Cursor', 'mcpServers', '${env:SLUICE_KEY}'],
]) {
  test(`the URL and the headers for ${title} open a session`, async () => {
    const { url, headers } = JSON.parse(section(title).code)[servers].sluice;
    assert.ok(headers.Authorization.endsWith(variable));
    const all = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', Authorization: headers.Authorization.replace(variable, key) };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    const { status, body } = await post(url, all, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
    assert.equal(status, 200);
    assert.equal(JSON.parse(body).result.serverInfo.name, 'sluice');
  });
}
