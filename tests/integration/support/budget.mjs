// Servers, policies and clients for tests of limits and budgets.
import { Agent } from 'node:http';
import { plainServer, textResult } from './plain_server.mjs';
import { call } from './rpc.mjs';
import { sleep } from './time.mjs';

export const policy = (effect, quotas) => `
currency: EUR
agents: {tester: {roles: [writer]}}
roles: {writer: {allow: ["*"], ${quotas}}}
tools: {"m/*": {effect: ${effect}, price: 0.005}}
`;

/** Each call takes `pace` milliseconds. */
export async function upstream() {
  const server = await plainServer(async ({ answer }) => {
    if (server.state.pace) await sleep(server.state.pace);
    answer(textResult('done'));
  });
  return server;
}

export const isRefusal = (answer) => answer.result?.isError && /^Budget /.test(answer.result.content[0].text);

/** Clients that call until the budget refuses; a gateway that is away is asked again. */
export async function exhaust(sluice, key, { clients = 64, onLost = () => {} } = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  let refusal;
  await Promise.all(Array.from({ length: clients }, async () => {
    while (!refusal) {
      try {
        const answer = await call(sluice, key, 'm__echo', { text: 'x' }, { agent });
        if (isRefusal(answer)) refusal = answer;
      } catch (error) {
        onLost(error);
        await sleep(20);
      }
    }
  }));
  agent.destroy();
  return refusal;
}
