import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modernServer } from './support/modern_server.mjs';
import { Sluice } from './support/sluice.mjs';

const goodPolicy = 'agents: {a: {roles: [r]}}\nroles: {r: {allow: ["*"]}}\n';
const goodConfig = 'listen: 127.0.0.1:0\npolicies: [policy.yaml]\nservers: {m: {url: "http://127.0.0.1:9/mcp"}}\n';

async function withFiles({ config = goodConfig, policy = goodPolicy, env }, use) {
  const sluice = new Sluice({ env });
  try {
    sluice.write('sluice.yaml', config);
    sluice.write('policy.yaml', policy);
    return await use(sluice);
  } finally {
    await sluice.remove();
  }
}

/** Both `check` and `serve` refuse the files with 2 and point to the place. */
function refuses(what, files, place, sentence) {
  test(`${what} is refused at load, at ${place}`, () => withFiles(files, async (sluice) => {
    for (const command of ['check', 'serve']) {
      const { code, stdout, stderr } = await sluice.cli(command);
      assert.equal(code, 2, stdout + stderr);
      assert.ok(stderr.includes(place), stderr);
      assert.match(stderr, sentence);
      assert.equal(stdout, '');
    }
  }));
}

test('the good files are good', () => withFiles({}, async (sluice) => {
  assert.equal((await sluice.cli('check')).code, 0);
}));

// ---- Mistakes

refuses('an unknown key', { config: `${goodConfig}listn: x\n` }, 'sluice.yaml:4:1', /listen/);
refuses('a duplicate key', { config: `${goodConfig}listen: 127.0.0.1:1\n` }, 'sluice.yaml:4:1', /listen/);
refuses('a bad value', { config: `${goodConfig}threads: many\n` }, 'sluice.yaml:4:10', /many/);
refuses('an unknown limit', { config: `${goodConfig}limits: {bodi: 1M}\n` }, 'sluice.yaml:4:10', /body/);
refuses('a pattern without a file', { config: goodConfig.replace('policy.yaml', 'none/*.yaml') }, 'sluice.yaml:2:12', /no file/);
refuses('a server without a URL', { config: goodConfig.replace(/\{url: .*?\}/, '{era: auto}') }, 'sluice.yaml:3', /url/);
refuses('an unknown era', { config: goodConfig.replace('mcp"}', 'mcp", era: ancient}') }, 'sluice.yaml:3', /ancient/);
refuses('a header of the gateway\'s own', { config: goodConfig.replace('mcp"}', 'mcp", headers: {Mcp-Name: x}}') }, 'sluice.yaml:3', /Mcp-Name/);
refuses('a foreign address without names', { config: goodConfig.replace('127.0.0.1:0', '0.0.0.0:0') }, 'sluice.yaml:1', /hosts/);
refuses('broken YAML', { config: `${goodConfig}x: [\n` }, 'sluice.yaml:', /./);
refuses('an unknown key of a role', { policy: goodPolicy.replace('allow', 'alow') }, 'policy.yaml:2:13', /allow/);
refuses('a role that does not exist', { policy: goodPolicy.replace('[r]', '[q]') }, 'policy.yaml:1:22', /q/);
refuses('a role that is defined twice', { policy: `${goodPolicy}roles: {}\n` }, 'policy.yaml:3:1', /roles/);
refuses('roles that include each other', { policy: 'agents: {a: {roles: [r]}}\nroles: {r: {includes: [s]}, s: {includes: [r]}}\n' }, 'policy.yaml:2', /circle/);
refuses('an unknown effect', { policy: `${goodPolicy}tools: {m/x: {effect: readonly}}\n` }, 'policy.yaml:3:23', /read_only/);

// ---- What is not built yet

const notBuiltConfig = {
  issuers: '{}', mcpServers: '{}', inputs: '[]',
};
for (const [key, value] of Object.entries(notBuiltConfig)) {
  refuses(`the key ${key}, which is not built yet,`, { config: `${goodConfig}${key}: ${value}\n` }, 'sluice.yaml:4:1', /'\w+' is not supported yet/);
}
refuses('a journal on Redis', { config: `${goodConfig}journal: "redis://secret@127.0.0.1:6379/0"\n` }, 'sluice.yaml:4:10', /not supported yet/);
refuses('a store on Redis by a name', { config: `${goodConfig}store: "redis://secret@redis:6379/0"\n` }, 'sluice.yaml:4:8', /IP address/);
refuses('a server with a URL and a command', { config: goodConfig.replace('mcp"}', 'mcp", command: npx}') }, 'sluice.yaml:3', /not both/);
refuses('a server with a URL and arguments', { config: goodConfig.replace('mcp"}', 'mcp", args: [x]}') }, 'sluice.yaml:3', /'args' goes with 'command'/);
refuses('authorities of a plain server', { config: goodConfig.replace('mcp"}', 'mcp", ca: /dev/null}') }, 'sluice.yaml:3', /ca/);
refuses('an admin listener for others without TLS', { config: `${goodConfig}admin: 0.0.0.0:9443\nhosts: [gw.example]\n` }, 'sluice.yaml:4:8', /must not cross a network in the clear/);
refuses('TLS without a key', { config: `${goodConfig}tls: {cert: c.pem}\n` }, 'sluice.yaml:4:6', /'tls' needs both/);
refuses('TLS with files that are not there', { config: `${goodConfig}tls: {cert: c.pem, key: k.pem}\n` }, 'sluice.yaml:4:6', /no certificate can be read from \S+c\.pem/);
refuses('a stored secret', { config: goodConfig.replace('mcp"}', 'mcp", headers: {X: "${secret:x}"}}') }, 'sluice.yaml:3', /not supported yet/);

for (const key of ['pin']) {
  refuses(`the policy key ${key}, which is not built yet,`, { policy: `${goodPolicy}${key}: x\n` }, 'policy.yaml:3:1', /not supported yet/);
}
refuses('a pattern for resources without a server', { policy: goodPolicy.replace('{allow', '{resources: ["file:///*"], allow') }, 'policy.yaml:2', /resources are named server\/URI, and no server has ':' in its name/);
for (const [key, value] of Object.entries({ redact: '[x]' })) {
  refuses(`the tool key ${key}, which is not built yet,`, { policy: `${goodPolicy}tools: {m/x: {${key}: ${value}}}\n` }, 'policy.yaml:3:15', /not supported yet/);
}
const asking = `people: {ann: {login: ["unix:ann"], groups: [ops], may: [approve]}}
roles: {r: {allow: ["*"], approve: [{by: [ops]}]}}
`;
refuses('an approve that asks nobody', { policy: asking.replace('by: [ops]', 'by: [oops]') }, 'policy.yaml:2', /there is no person or group 'oops'; did you mean 'ops'/);
refuses('a person who logs in with a token', { policy: asking.replace('unix:ann', 'https://idp.example/|ann') }, 'policy.yaml:1', /a login by an issuer's token is not supported yet/);
refuses('a budget that asks nobody', { policy: goodPolicy.replace('{allow', '{budgets: [{calls: 1, window: day, on_exceed: ask}], allow') }, 'policy.yaml:2', /'on_exceed: ask' needs 'by'/);
refuses('a constraint with a keyword that would constrain nothing', { policy: goodPolicy.replace('"*"', '{tool: m/x, arguments: {requird: [a]}}') }, 'policy.yaml:2', /did you mean 'required'/);
refuses('the effect reconcilable without verify', { policy: `${goodPolicy}tools: {m/x: {effect: reconcilable}}\n` }, 'policy.yaml:3:23', /needs 'verify' beside it/);
refuses('a verify tool that is not read_only', { policy: `${goodPolicy}tools: {m/x: {effect: reconcilable, verify: {tool: m/y, arguments: {a: /a}, done: {required: [a]}}}, m/y: {effect: idempotent}}\n` }, 'policy.yaml:3:52', /m\/y is idempotent/);
refuses('the effect keyed without a key', { policy: `${goodPolicy}tools: {m/x: {effect: keyed}}\n` }, 'policy.yaml:3:23', /needs 'key_argument' beside it/);
refuses('a key without the effect keyed', { policy: `${goodPolicy}tools: {m/x: {key_argument: k, effect: idempotent}}\n` }, 'policy.yaml:3:29', /'key_argument' needs 'effect: keyed' beside it/);

test('a refusal never shows a password that stands in the value', () => withFiles(
  { config: `${goodConfig}store: "redis://:hunter2@127.0.0.1/0"\n` },
  async (sluice) => assert.doesNotMatch((await sluice.cli('check')).stderr, /hunter2/),
));

// ---- Variables

test('a variable that is not set turns off that server alone, and says so', async () => {
  const server = await modernServer();
  const config = {
    listen: '127.0.0.1:0',
    policies: ['policy.yaml'],
    servers: {
      off: { url: server.url, headers: { 'X-Token': '${env:SLUICE_TEST_UNSET}' } },
      on: { url: server.url, headers: { 'X-Token': '${env:SLUICE_TEST_UNSET:-fallback}' } },
    },
  };
  try {
    await withFiles({ config }, async (sluice) => {
      const { stdout } = await sluice.cli('check');
      assert.match(stdout, /server off is off: .*SLUICE_TEST_UNSET/);
      await sluice.start();
      await sluice.ready(['on']);
      assert.match((await sluice.cli('tools', 'list')).stdout, /on\/echo/);
      assert.doesNotMatch((await sluice.cli('tools', 'list')).stdout, /off\/echo/);
    });
  } finally {
    await server.close();
  }
});
