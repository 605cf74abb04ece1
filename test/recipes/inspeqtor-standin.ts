import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { root } from '../house/source.ts'

export interface StandIn {
  readonly dir: string
  /** the path for `-s` of Inspeqtor */
  readonly socket: string
  /** its folder, with host.inq, inspeqtor.conf and services.d */
  readonly etc: string
  /** a PATH that begins with the programs below */
  readonly path: string
  /** every request so far */
  readonly requests: string[]
  /** name → `Up/123` or `Down/0`; other services are not listed */
  readonly services: Map<string, string>
  silenced: boolean
  /** an answer to give instead of Inspeqtor's */
  answer: string | undefined
  close(): Promise<void>
}

/**
 * A stand-in for Inspeqtor 2.0.0, which no distribution packages: its socket with its texts, an `inspeqtor` with `-c DIR -tc` and the wrong
 * exit code of the original, and `inspeqtorctl`, whose `nc -U` is a Ruby script here. `sudo` runs everything without a password.
 */
export const standIn = async (): Promise<StandIn> => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-inspeqtor-'))
  const [bin, etc, socket] = [join(dir, 'bin'), join(dir, 'etc'), join(dir, 'inspeqtor.sock')]
  mkdirSync(bin)
  mkdirSync(join(etc, 'services.d'), { recursive: true })
  writeFileSync(join(etc, 'host.inq'), 'check host\n  if load:5 > 10 then alert\n')
  writeFileSync(join(etc, 'inspeqtor.conf'), 'send alerts via null\n')
  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), text)
    chmodSync(join(bin, name), 0o755)
  }
  const ruby = `ruby -rsocket -e 's=UNIXSocket.new(ARGV[0]);s.puts($stdin.read.lines.first);print s.read'`
  program('nc', `#!/bin/sh\ncase $1 in\n-h) echo '-U  Use UNIX domain socket' ;;\n-U) exec ${ruby} "$2" ;;\n*) exit 2 ;;\nesac\n`)
  // like the original: it exits 0 whatever nc returns
  program('inspeqtorctl', `#!/bin/sh\necho "$@" | nc -U "\${INSPEQTOR_SOCK:-${socket}}"\nexit 0\n`)
  program(
    'sudo',
    `#!/bin/sh\nwhile :; do case $1 in -n | -H) shift ;; -u) shift 2 ;; --) shift ;; -l) exit 0 ;; *) break ;; esac; done\nexec "$@"\n`,
  )
  program('inspeqtor', `#!/bin/sh\nexec ${process.execPath} ${join(dir, 'tc.ts')} "$@"\n`)
  writeFileSync(join(dir, 'tc.ts'), testing)

  const requests: string[] = []
  const services = new Map<string, string>()
  const made: StandIn = {
    dir,
    socket,
    etc,
    requests,
    services,
    silenced: false,
    answer: undefined,
    path: `${bin}:${process.env['PATH'] ?? ''}`,
    close: async () => {
      server.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  const reply = (request: string): string => {
    if (made.answer !== undefined) return made.answer
    if (request.startsWith('start')) {
      made.silenced = true
      return 'Starting deploy, now silenced\n'
    }
    if (request.startsWith('finish')) {
      made.silenced = false
      return 'Finished deploy, volume turned to 11\n'
    }
    if (request !== 'status') return `Unknown command: ${request}\n`
    const until = made.silenced ? 'Silenced until: 2026-11-25T05:00:00Z\n\n' : ''
    const shown = [...services].map(
      ([name, state]) => `Service: ${name} [${state}]\n  memory:rss                          1.42m           500m\n`,
    )
    return `Inspeqtor 2.0.0, uptime: 47m47s, pid: 3685\n\n${until}Host: w1\n  load:5                              0.01            10\n\n${shown.join('\n')}`
  }
  const server = createServer((connection) => {
    connection.on('error', () => {})
    connection.once('data', (chunk) => {
      const request = chunk.toString().split('\n')[0]!.trim()
      requests.push(request)
      connection.end(reply(request))
    })
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return made
}

const testing = `import { readFileSync, readdirSync } from 'node:fs'
import { parseInq, problemText } from '${root}/recipes/rules/parse.ts'
const dir = process.argv[process.argv.indexOf('-c') + 1]
for (const name of ['host.inq', ...readdirSync(dir + '/services.d').filter((name) => name.endsWith('.inq')).map((name) => 'services.d/' + name)]) {
  const parsed = parseInq(readFileSync(dir + '/' + name, 'utf8'))
  if (!parsed.ok) console.log('W Unable to parse ' + dir + '/' + name + ': ' + problemText(parsed.problem))
}
if (readFileSync(dir + '/inspeqtor.conf', 'utf8').includes('no such route')) { console.log('No such alert route: ops'); process.exit(1) }
console.log('Configuration parsed ok.')
`
