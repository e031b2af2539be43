import { legacyServer, sessionlessServer } from './legacy_server.mjs';
import { modernServer } from './modern_server.mjs';

/** One server of each kind with the same tools, by the name under which Sluice knows them. */
export async function upstreamTrio() {
  const servers = { modern: await modernServer(), legacy: await legacyServer(), sessionless: await sessionlessServer() };
  return {
    ...servers,
    urls: Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, url])),
    close: () => Promise.all(Object.values(servers).map((server) => server.close())),
  };
}

export const kinds = ['modern', 'legacy', 'sessionless'];
