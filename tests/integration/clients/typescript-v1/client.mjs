// A client on @modelcontextprotocol/sdk, the 1.x line. Its arguments: the gateway's URL, a key and a name. It prints
// what it was answered, one JSON object a line, and waits for a line on standard input where others must act first.
import { createInterface } from 'node:readline/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [url, key, name] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (step, what) => console.log(JSON.stringify({ step, ...what }));

async function connect(key) {
  const client = new Client({ name: 'typescript-v1', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { Authorization: `Bearer ${key}` } },
  });
  await client.connect(transport);
  return { client, protocol: transport.protocolVersion };
}

/** What a call came to: a text, a text that says what went wrong, or an error. */
async function call(client, name, args, options) {
  try {
    const result = await client.callTool({ name, arguments: args }, undefined, options);
    return { isError: result.isError ?? false, text: result.content.map((part) => part.text).join('\n') };
  } catch (error) {
    return { code: error.code, error: error.message };
  }
}

try {
  await connect('nonsense');
} catch (error) {
  say('stranger', { error: error.message });
}

const { client, protocol } = await connect(key);
say('connect', { protocol });

const { tools } = await client.listTools();
say('list', { tools: tools.map((tool) => tool.name) });

say('call', await call(client, 'talk__echo', { text: 'grüße 🌊' }));
say('unknown', await call(client, 'talk__nothing', {}));
say('invalid', await call(client, 'talk__work', { steps: 'three' }));
say('bought', await call(client, 'shop__buy', {}));
say('budget', await call(client, 'shop__buy', {}));

const heard = [];
const worked = await call(client, 'talk__work', { steps: 3 }, {
  onprogress: ({ progress, total, message }) => heard.push([progress, total, message]),
});
say('progress', { heard, ...worked });

const stop = new AbortController();
const waiting = call(client, 'talk__wait', { who: name }, { signal: stop.signal });
say('waiting');
await lines.next();
stop.abort();
say('cancel', await waiting);

say('restart');
await lines.next();
say('same', await call(client, 'talk__echo', { text: 'again' }));
const { client: next } = await connect(key);
say('fresh', await call(next, 'talk__echo', { text: 'again' }));
await next.close();
await client.close();
process.exit(0);
