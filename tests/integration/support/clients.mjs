import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const info = { name: 'integration', version: '1.0.0' };
const withKey = (key) => (key ? { requestInit: { headers: { Authorization: `Bearer ${key}` } } } : {});

/** The official client, held to 2026-07-28. */
export async function connectModern(url, key) {
  const client = new ModernClient(info, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new ModernTransport(new URL(url), withKey(key)));
  return client;
}

/** The official client of the 2025 revisions. */
export async function connectLegacy(url, key) {
  const client = new LegacyClient(info);
  const transport = new LegacyTransport(new URL(url), withKey(key));
  await client.connect(transport);
  client.httpTransport = transport;
  return client;
}

export const textOf = (result) => result.content.map((part) => part.text).join('\n');
