import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const info = { name: 'integration', version: '1.0.0' };
const withKey = (key) => (key ? { requestInit: { headers: { Authorization: `Bearer ${key}` } } } : {});

const forms = { elicitation: { form: {} } };

/** The official client, held to 2026-07-28; `elicit` answers what it asks its person. */
export async function connectModern(url, key, elicit) {
  const client = new ModernClient(info,
    { versionNegotiation: { mode: { pin: '2026-07-28' } }, ...(elicit ? { capabilities: forms } : {}) });
  if (elicit) client.setRequestHandler('elicitation/create', elicit);
  await client.connect(new ModernTransport(new URL(url), withKey(key)));
  return client;
}

/** The official client of the 2025 revisions. */
export async function connectLegacy(url, key, elicit) {
  const client = new LegacyClient(info, elicit ? { capabilities: forms } : {});
  if (elicit) client.setRequestHandler(ElicitRequestSchema, elicit);
  const transport = new LegacyTransport(new URL(url), withKey(key));
  await client.connect(transport);
  client.httpTransport = transport;
  return client;
}

export const textOf = (result) => result.content.map((part) => part.text).join('\n');
