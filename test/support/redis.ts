import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import process from 'node:process'
import { render } from '../../src/shell/render.ts'
import type { Command } from '../../src/shell/types.ts'

export type Value = string | readonly string[] | Readonly<Record<string, string>>

/** A stand-in for Redis: it speaks the protocol (RESP2) and knows the few commands that the tests use. */
export interface FakeRedis {
  readonly port: number
  readonly url: string
  /** its contents: a string, a set or list, a hash */
  readonly data: Map<string, Value>
  /** every command so far, as words */
  readonly calls: (readonly string[])[]
  close(): Promise<void>
}

/** `password`: the password that AUTH requires; `users: false`: AUTH takes one argument, as before Redis 6. */
export const fakeRedis = async (o: { password?: string; users?: false; version?: string; port?: number } = {}): Promise<FakeRedis> => {
  const data = new Map<string, Value>()
  const calls: string[][] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    let open = o.password === undefined
    socket.setEncoding('utf8').on('error', () => {})
    socket.on('data', (chunk: string) => {
      text += chunk
      for (let parsed = command(text); parsed; parsed = command(text)) {
        text = text.slice(parsed.length)
        calls.push(parsed.words)
        const [name = '', ...rest] = parsed.words
        if (name === 'AUTH') {
          const many = o.users === false && rest.length > 1
          open = !many && rest.at(-1) === o.password
          socket.write(many ? "-ERR wrong number of arguments for 'auth' command\r\n" : open ? '+OK\r\n' : '-WRONGPASS invalid\r\n')
        } else socket.write(open ? answer(data, name, rest, o.version ?? '7.0.15') : '-NOAUTH Authentication required.\r\n')
      }
    })
  })
  server.listen(o.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    port,
    url: `redis://127.0.0.1:${port}/0`,
    data,
    calls,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

const command = (text: string): { words: string[]; length: number } | undefined => {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (!head) return undefined
  const words: string[] = []
  let at = head[0].length
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at))
    if (!size) return undefined
    at += size[0].length
    // the tests only send ASCII: a character is a byte
    if (text.length < at + Number(size[1]) + 2) return undefined
    words.push(text.slice(at, at + Number(size[1])))
    at += Number(size[1]) + 2
  }
  return { words, length: at }
}

const bulk = (text: string | undefined): string => (text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`)
const array = (texts: readonly (string | undefined)[]): string => `*${texts.length}\r\n${texts.map(bulk).join('')}`

const answer = (data: FakeRedis['data'], name: string, [key = '', ...rest]: readonly string[], version: string): string => {
  const value = data.get(key)
  const hash = (typeof value === 'object' && !Array.isArray(value) ? value : {}) as Readonly<Record<string, string>>
  const list = Array.isArray(value) ? (value as readonly string[]) : []
  switch (name) {
    case 'SELECT':
      return '+OK\r\n'
    case 'SMEMBERS':
      return array(list)
    case 'HMGET':
      return array(rest.map((field) => hash[field]))
    case 'HVALS':
      return array(Object.values(hash))
    case 'LLEN':
      return `:${list.length}\r\n`
    case 'LINDEX':
      return bulk(list.at(Number(rest[0])))
    case 'INFO':
      return bulk(`redis_version:${version}\r\nrun_id:abc123\r\nmaxmemory_policy:${String(data.get('policy') ?? 'noeviction')}\r\n`)
    default:
      return `-ERR unknown command '${name}'\r\n`
  }
}

export interface Done {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command in a shell without blocking this process, so that the stand-in for Redis can answer. */
export const runAsync = async (given: Command, env: Readonly<Record<string, string>> = {}, shell = ['sh']): Promise<Done> => {
  const text = render(given, { secrets: 'reveal' }).toString()
  const child = spawn(shell[0]!, [...shell.slice(1), '-c', text], { env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env } })
  const out = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (chunk: string) => void (out[stream] += chunk))
  child.stdin.end()
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...out }
}
