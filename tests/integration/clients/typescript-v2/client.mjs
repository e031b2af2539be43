// A client on @modelcontextprotocol/client, the 2.x line. Its arguments: the gateway's URL, a key and a name. It prints
// what it was answered, one JSON object a line, and waits for a line on standard input where others must act first.
import { createInterface } from 'node:readline/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [url, key, name] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (step, what) => console.log(JSON.stringify({ step, ...what }));

async function connect(key) {
  const client = new Client({ name: 'typescript-v2', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { Authorization: `Bearer ${key}` } },
  }));
  return client;
}

/** What a call came to: a text, a text that says what went wrong, or an error. */
async function call(client, name, args, options) {
  try {
    const result = await client.callTool({ name, arguments: args }, options);
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

const client = await connect(key);
say('connect', { protocol: client.getNegotiatedProtocolVersion() });

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
const next = await connect(key);
say('fresh', await call(next, 'talk__echo', { text: 'again' }));
await next.close();
await client.close();
process.exit(0);
