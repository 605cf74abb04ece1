import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/** What comes of code in a process of its own: `stuck`, or `done` where it ended before. */
const outcome = (code: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { createServer, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { whenStuck } from ${JSON.stringify(new URL('../../src/run/stuck.ts', import.meta.url).href)}
const busy = { commands: 0 }
// a connection of before, as to a host
const server = createServer((socket) => socket.resume()).listen(0)
const held = connect(server.address().port)
await new Promise((done) => held.once('connect', done))
server.close()
const { stuck, stop } = whenStuck(() => busy.commands > 0, 300)
void [sleep, busy]
const code = async () => { ${code} }
const said = await Promise.race([code().then(() => 'done'), stuck.catch((error) => 'stuck: ' + error.message)])
stop()
console.log(said)
process.exit()`,
    ],
    { encoding: 'utf8' },
  ).trim()

test('code that waits for nothing that could come is given up, whatever connections are open', () => {
  const says = 'stuck: its code waits for a promise that nothing is left to resolve (for 0s)'
  assert.equal(outcome('await new Promise(() => {})'), says)
  assert.equal(outcome('await sleep(100); await new Promise(() => {})'), says)
})

test('code that waits for a timer, a connection or a command is not', () => {
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
