// The first steps of the README are taken as they stand there, but for the port, the user and where npx finds the server.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endAll } from './support/end_all.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const guide = readFileSync(here('../../README.md'), 'utf8').split('\n## Using it\n')[1].split('\n## ')[0];
const pieces = guide.split('\n').filter((line) => line.startsWith('    ')).map((line) => line.slice(4)).join('\n')
  .split(/\n(?=# \w+\.yaml|\$ |claude )/);
const me = userInfo().username;

/** What is shown from this beginning on: a file, or a command with its output. */
function block(beginning) {
  const found = pieces.find((text) => text.startsWith(beginning));
  assert.ok(found, `the README shows ${beginning}`);
  return found;
}

/** The arguments of the command that begins so, and what the README says that it prints. */
function command(beginning) {
  const [line, ...output] = block(`$ sluice ${beginning}`).split('\n');
  const [words, quoted] = line.slice('$ sluice '.length).split(/ '|'$/);
  return { args: [...words.split(' '), ...(quoted ? [quoted] : [])], output };
}

test('the first steps of the README end where it says', async () => {
  const sluice = new Sluice();
  try {
    const server = [here('node_modules/.bin/node'), here('node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')];
    const config = block('# sluice.yaml').replace('127.0.0.1:8080', '127.0.0.1:0').replace('command: npx', `command: ${server[0]}`)
      .replace('-y, "@modelcontextprotocol/server-filesystem"', server[1]);
    assert.ok(config.includes(server[0]) && config.includes(server[1]));
    writeFileSync(sluice.path('sluice.yaml'), config);
    writeFileSync(sluice.path('policy.yaml'), block('# policy.yaml').replace('unix:YOU', `unix:${me}`));
    mkdirSync(sluice.path('data'));
    writeFileSync(sluice.path('data/welcome.txt'), 'hello\n');
    assert.doesNotMatch((await sluice.cli('check')).stdout, /warning/);
    await sluice.start();
    await sluice.ready(['files']);

    const read = command('call files/read_text_file');
    assert.equal((await sluice.cli(...read.args)).stdout.trim(), read.output.join('\n').trim());
    const denied = command('call files/move_file');
    const refused = await sluice.cli(...denied.args);
    assert.equal(refused.stdout + refused.stderr.replaceAll(`${sluice.directory}/`, '').split('More')[0], `${denied.output.slice(0, 2).join('\n')}\n`);

    const written = sluice.cli(...command('call files/write_file').args);
    const id = await eventually('it waits for a person', async () => (await sluice.json('approvals', 'list')).approvals[0]?.approval);
    assert.match((await sluice.cli('approvals', 'list')).stdout, /^apr_\w{8} {2}files\/write_file {16}demo {14}pending, waits for ops until /);
    assert.equal((await sluice.cli('approvals', 'approve', id)).code, 0);
    assert.equal((await written).code, 0);
    assert.equal(readFileSync(sluice.path('data/note.txt'), 'utf8'), 'hi');

    // But for ids and times, what the README shows of `why` is how it begins.
    const masked = (text) => text.replaceAll(/(apr|req|int)_\w+/g, '$1').replaceAll(/\d{4}-\S+Z/g, 'TIME').replaceAll(`${sluice.directory}/`, '');
    const shown = masked(command('why').output.filter(Boolean).join('\n').replace('unix:YOU', `unix:${me}`));
    const why = masked((await sluice.cli('why', id)).stdout);
    assert.ok(shown.length > 300);
    assert.equal(why.slice(0, shown.length), shown);
  } finally {
    await endAll(() => sluice.remove());
  }
});
