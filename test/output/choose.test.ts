import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { chooseRenderers, outputFor } from '../../src/output/choose.ts'
import { wantsColour } from '../../src/output/colours.ts'
import { sink } from './sink.ts'

const terminal = sink({ isTTY: true })

test('outputFor() chooses the tree at a terminal, what a CI system can fold in its jobs, and plain lines elsewhere', () => {
  assert.equal(outputFor({ stdout: terminal, env: {} }), 'tree')
  assert.equal(outputFor({ stdout: terminal, env: { CI: 'false' } }), 'tree')
  assert.equal(outputFor({ stdout: terminal, env: { CI: 'true' } }), 'plain')
  assert.equal(outputFor({ stdout: terminal, env: { TERM: 'dumb' } }), 'plain')
  assert.equal(outputFor({ stdout: sink(), env: {} }), 'plain')
  assert.equal(outputFor({ stdout: sink(), env: { CI: 'true', GITHUB_ACTIONS: 'true' } }), 'github')
  assert.equal(outputFor({ stdout: sink(), env: { CI: 'true', GITLAB_CI: 'true' } }), 'gitlab')
  assert.equal(outputFor({ stdout: terminal, env: { GITHUB_ACTIONS: 'true' } }), 'tree')
  assert.equal(outputFor({ output: 'plain', stdout: sink(), env: { GITHUB_ACTIONS: 'true' } }), 'plain')
  assert.equal(outputFor({ output: 'jsonl', stdout: terminal, env: { CI: '1' } }), 'jsonl')
})

test('FORCE_COLOR wins over NO_COLOR, and NO_COLOR over the terminal', () => {
  assert.equal(wantsColour({}, true), true)
  assert.equal(wantsColour({}, false), false)
  assert.equal(wantsColour({ NO_COLOR: '1' }, true), false)
  assert.equal(wantsColour({ NO_COLOR: '' }, true), true)
  assert.equal(wantsColour({ NO_COLOR: '1', FORCE_COLOR: '1' }, false), true)
  assert.equal(wantsColour({ FORCE_COLOR: '0' }, true), false)
  assert.equal(wantsColour({ TERM: 'dumb' }, true), false)
})

test('chooseRenderers() returns the screen first and the log file second', async () => {
  assert.deepEqual(
    (await chooseRenderers({ stdout: terminal, env: {} })).map(({ name }) => name),
    ['tree'],
  )
  assert.deepEqual(
    (await chooseRenderers({ output: 'jsonl', stdout: terminal, env: {}, logFile: '/nonexistent/x' })).map(({ name }) => name),
    ['jsonl', 'log file'],
  )
})

test('plain output without colours loads neither listr2 nor chalk', () => {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve: (name, context, next) => { if (/^(listr2|chalk)$/.test(name)) console.log('loaded ' + name); return next(name, context) } })
    const { chooseRenderers } = await import(${JSON.stringify(new URL('../../src/output/choose.ts', import.meta.url).href)})
    const [output, env] = JSON.parse(process.argv[1])
    await chooseRenderers({ output, stdout: process.stdout, env })
  `
  const loaded = (...choice: unknown[]) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(choice)], { encoding: 'utf8' }).stdout
  assert.equal(loaded('plain', {}), '')
  assert.match(loaded('tree', { FORCE_COLOR: '1' }), /loaded chalk\nloaded listr2/)
})
