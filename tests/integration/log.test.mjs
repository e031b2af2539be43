import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawConnection } from './support/raw_http.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

test('a log that nobody reads stops nothing; what was lost of it is counted when somebody does', async () => {
  const sluice = new Sluice();
  try {
    await sluice.start();
    sluice.child.stderr.pause();
    const stranger = await RawConnection.open(sluice.port);
    const asked = 'GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n'; // refused, with a line in the log
    for (let round = 0; round < 150; round += 1) {
      stranger.send(asked.repeat(100));
      for (let i = 0; i < 100; i += 1) assert.equal((await stranger.response()).status, 401);
    }
    stranger.close();
    sluice.child.stderr.resume();
    const lost = await eventually('the loss is told', () => /"event":"log_lost","lines":(\d+)\}\n/.exec(sluice.log));
    assert.ok(Number(lost[1]) > 0);
    const lines = sluice.log.slice(0, sluice.log.lastIndexOf('\n')).split('\n').map((line) => JSON.parse(line));
    const told = lines.filter(({ event }) => event === 'refused').length;
    assert.ok(told > 1000 && told + Number(lost[1]) >= 15_000, `${told} of 15000 were told, ${lost[1]} lost`);
  } finally {
    await sluice.remove();
  }
});
