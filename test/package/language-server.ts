import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './install.ts'

/** What TypeScript's language server tells an editor about the place `|` in a file, as the only one that is open. */
export const answerAt = async (file: string, source: string, method: 'completion' | 'hover'): Promise<unknown> => {
  const text = source.replace('|', '')
  const before = source.slice(0, source.indexOf('|')).split('\n')
  const uri = pathToFileURL(file).href
  const server = spawn(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--lsp', '--stdio'], {
    cwd: dirname(file),
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
    await ask('initialize', { processId: process.pid, rootUri: pathToFileURL(dirname(file)).href, capabilities: {} })
    send({ method: 'initialized', params: {} })
    send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'typescript', version: 1, text } } })
    const position = { line: before.length - 1, character: before.at(-1)!.length }
    return await ask(`textDocument/${method}`, { textDocument: { uri }, position })
  } finally {
    server.kill()
    await once(server, 'exit')
  }
}

/** The names that it offers there. */
export const completionsAt = async (file: string, source: string): Promise<string[]> => {
  const answer = (await answerAt(file, source, 'completion')) as { items: { label: string }[] } | { label: string }[] | null
  const items = Array.isArray(answer) ? answer : (answer?.items ?? [])
  return items.map(({ label }) => label.replace(/\?$/, ''))
}
