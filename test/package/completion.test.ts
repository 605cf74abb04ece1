import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from './install.ts'

/** What TypeScript's language server tells an editor about the place `|` in a config of this repository. */
const answerAt = async (source: string, method: 'completion' | 'hover'): Promise<unknown> => {
  const text = source.replace('|', '')
  const before = source.slice(0, source.indexOf('|')).split('\n')
  const uri = pathToFileURL(join(root, 'test/package/deploy.config.ts')).href
  const server = spawn(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--lsp', '--stdio'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const send = (message: object): void => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  let buffered = Buffer.alloc(0)
  const waiting = new Map<number, (result: unknown) => void>()
  server.stdout.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    for (;;) {
      const end = buffered.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/i.exec(buffered.subarray(0, end).toString())?.[1])
      if (end < 0 || buffered.length < end + 4 + length) return
      const message = JSON.parse(buffered.subarray(end + 4, end + 4 + length).toString()) as {
        id?: number
        method?: string
        result?: unknown
      }
      buffered = buffered.subarray(end + 4 + length)
      // answer every request of the server with nothing
      if (message.method !== undefined && message.id !== undefined) send({ id: message.id, result: null })
      else if (message.id !== undefined) waiting.get(message.id)?.(message.result)
    }
  })
  let id = 0
  const ask = (method: string, params: object): Promise<unknown> =>
    new Promise((done) => {
      waiting.set(++id, done)
      send({ id, method, params })
    })
  try {
    await ask('initialize', { processId: process.pid, rootUri: pathToFileURL(root).href, capabilities: {} })
    send({ method: 'initialized', params: {} })
    send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'typescript', version: 1, text } } })
    const position = { line: before.length - 1, character: before.at(-1)!.length }
    return await ask(`textDocument/${method}`, { textDocument: { uri }, position })
  } finally {
    server.kill()
    await once(server, 'exit')
  }
}

const completions = async (source: string): Promise<string[]> => {
  const answer = (await answerAt(source, 'completion')) as { items: { label: string }[] } | { label: string }[] | null
  const items = Array.isArray(answer) ? answer : (answer?.items ?? [])
  return items.map(({ label }) => label.replace(/\?$/, ''))
}

const config = (body: string): string => `import { defineConfig } from '../../src/index.ts'
import { sidekiq } from '../../recipes/index.ts'
export default defineConfig({
  application: 'shop',
  ${body}
})
`
const stages = "stages: { production: { servers: ['a1'] } },"

for (const [what, body, wanted] of [
  ['the keys of a config', `|\n${stages}`, ['repoUrl', 'deployTo', 'linkedDirs', 'keepReleases', 'hooks', 'ssh', 'git']],
  ['the keys of a stage', "stages: { production: { servers: ['a1'], | } },", ['branch', 'settings', 'env', 'tasks']],
  [
    'the settings of a recipe',
    `use: [sidekiq({ | })],\n${stages}`,
    ['serviceUnitUser', 'serviceUnitName', 'configFiles', 'processes', 'defaultHooks'],
  ],
  ['the values of a setting', `use: [sidekiq({ serviceUnitUser: '|' })],\n${stages}`, ['system', 'user']],
  [
    'the tasks that may have a hook',
    `use: [sidekiq()],\nhooks: { after: { '|': [] } },\n${stages}`,
    ['deploy:published', 'sidekiq:restart', 'git:create_release'],
  ],
] as const) {
  test(`an editor completes ${what}`, async () => {
    const offered = await completions(config(body))
    for (const name of wanted)
      assert.ok(
        offered.some((label) => label.replaceAll(/["']/g, '') === name),
        `${name} is not in ${offered.join(' ')}`,
      )
  })
}

for (const [key, given] of [
  ['keepReleases', 'keep|Releases: 3,'],
  ['proxyJump', "ssh: { proxy|Jump: 'gate' },"],
] as const) {
  test(`an editor shows what the setting ${key} does`, async () => {
    const answer = (await answerAt(config(`${given}\n${stages}`), 'hover')) as { contents: { value: string } } | null
    assert.match(answer?.contents.value ?? '', key === 'keepReleases' ? /How many good releases to keep\./ : /@host:port/)
  })
}
