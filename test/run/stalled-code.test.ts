import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/** The result of code in its own process: `stalled`, or `done` if it ended before. */
const outcome = (code: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { createServer, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchStalled } from ${JSON.stringify(new URL('../../src/run/stalled-code.ts', import.meta.url).href)}
const busy = { commands: 0 }
// an older connection, like one to a host
const server = createServer((socket) => socket.resume()).listen(0)
const held = connect(server.address().port)
await new Promise((done) => held.once('connect', done))
server.close()
const { stalled, stop } = watchStalled(() => busy.commands > 0, 300)
void [sleep, busy]
const code = async () => { ${code} }
const said = await Promise.race([code().then(() => 'done'), stalled.catch((error) => 'stalled: ' + error.message)])
stop()
console.log(said)
process.exit()`,
    ],
    { encoding: 'utf8' },
  ).trim()

test('a code task that waits for a promise that nothing can resolve is given up, whatever connections are open', () => {
  const says = 'stalled: its code waits for a promise that nothing is left to resolve (for 0s)'
  assert.equal(outcome('await new Promise(() => {})'), says)
  assert.equal(outcome('await sleep(100); await new Promise(() => {})'), says)
})

test('a code task that waits for a timer, a connection or a command is not given up', () => {
  assert.equal(outcome('await sleep(1500)'), 'done')
  assert.equal(
    outcome('busy.commands++; setTimeout(() => {}, 1500).unref(); await new Promise((done) => setTimeout(done, 1500).unref())'),
    'done',
  )
  assert.equal(
    outcome(`const other = createServer((socket) => setTimeout(() => socket.end(), 1500).unref()).listen(0)
      const socket = connect(other.address().port).resume()
      await new Promise((done) => socket.once('end', done))`),
    'done',
  )
})
