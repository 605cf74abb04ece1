import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

const module = new URL('../../src/cli/signals.ts', import.meta.url).href
const program = `
import { listenForSignals } from ${JSON.stringify(module)}
const interrupt = listenForSignals((event) => console.log(event.type, event.signal, event.message))
setInterval(() => {}, 1000)
console.log('ready')
`
const start = async (before = '') => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program.replace('setInterval', `${before}\nsetInterval`)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const until = async (text: string) => {
    while (!said.includes(text)) await once(child.stdout, 'data')
  }
  await until('ready')
  return { child, until, said: () => said }
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a Ctrl-C that npm passes on a second time is one; a later one ends the process at once', async () => {
  const { child, until, said } = await start()
  const exit = once(child, 'exit')
  child.kill('SIGINT')
  await until('interrupt SIGINT')
  child.kill('SIGINT')
  // only longer than what counts as one
  await pause(1000)
  assert.equal(child.exitCode, null)
  child.kill('SIGINT')
  assert.deepEqual(await exit, [130, null])
  assert.equal(said().match(/interrupt/g)!.length, 1)
})

test('a Ctrl-C says that what runs is ended, or, where a run that failed is cleaning up, that this goes on', async () => {
  for (const [before, message] of [
    ['', /Interrupted: cleaning up\. Ctrl-C again quits at once/],
    ['interrupt.recovering()', /is cleaning up: it goes on until that is done; once more stops at once/],
  ] as const) {
    const { child, until, said } = await start(before)
    const exit = once(child, 'exit')
    child.kill('SIGINT')
    await until('at once\n')
    assert.match(said(), message)
    child.kill('SIGKILL')
    await exit
  }
})
