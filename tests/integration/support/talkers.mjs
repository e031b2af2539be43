import { fileURLToPath } from 'node:url';
import { legacyServer } from './legacy_server.mjs';
import { modernServer } from './modern_server.mjs';
import { registerStreamingTools, Talk } from './streaming_tools.mjs';

/** One server of each era with tools that talk while they work. */
export async function talkers() {
  const options = () => ({ calls: new Talk(), register: registerStreamingTools });
  const servers = { modern: await modernServer(options()), legacy: await legacyServer(options()) };
  return {
    ...servers,
    urls: Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, url])),
    close: () => Promise.all(Object.values(servers).map((server) => server.close())),
  };
}

export const talkerKinds = ['modern', 'legacy'];

/** The misbehaving server over stdio, as a server of the configuration. */
export const stdioServer = (options = {}, more = {}) => ({
  command: process.execPath,
  args: [fileURLToPath(new URL('stdio_server.mjs', import.meta.url)), JSON.stringify(options)],
  ...more,
});

export const talkPolicy = `
agents: {tester: {roles: [everything]}, other: {roles: [everything]}}
roles: {everything: {allow: ["*"]}}
tools: {"*/work": {effect: read_only}, "*/log": {effect: read_only}, "*/echo": {effect: read_only}}
`;
