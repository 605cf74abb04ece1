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

test('a SIGINT that npm passes on a second time counts once, and a later one ends the process at once', async () => {
  const { child, until, said } = await start()
  const exit = once(child, 'exit')
  child.kill('SIGINT')
  await until('interrupt SIGINT')
  child.kill('SIGINT')
  // longer than the two that count as one
  await pause(1000)
  assert.equal(child.exitCode, null)
  child.kill('SIGINT')
  assert.deepEqual(await exit, [130, null])
  assert.equal(said().match(/interrupt/g)!.length, 1)
})

test('Ctrl-C says that the steps are being ended, or that a failed run goes on cleaning up', async () => {
  for (const [before, message] of [
    ['', /Interrupted: cleaning up\. Press Ctrl-C again to quit at once/],
    ['interrupt.recovering()', /finishes its clean-up first; a second signal quits at once/],
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
