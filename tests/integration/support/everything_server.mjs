import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { closedPort } from './hostile_servers.mjs';
import { eventually } from './time.mjs';

const loopback = fileURLToPath(new URL('../../../docs/demo/loopback.mjs', import.meta.url));
const program = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'));

/** The example server of the MCP project, as a process of its own. */
export async function everythingServer({ port } = {}) {
  const chosen = port ?? (await closedPort());
  const child = spawn(process.execPath, ['--import', loopback, program, 'streamableHttp'],
    { env: { PORT: String(chosen) }, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((done) => child.once('exit', done));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  await eventually('the everything server listens', () => said.includes('listening on port'), 30_000);
  return {
    port: chosen,
    url: `http://127.0.0.1:${chosen}/mcp`,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
