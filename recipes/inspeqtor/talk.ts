import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import type { Asking, Context } from './watched.ts'

export type Request = 'start' | 'finish' | 'status'
type Of = Pick<Context, 'settings' | 'facts' | 'layout'>

/** Sockets that inspeqtorctl finds without an environment variable, which sudo would remove. */
const ITS_OWN = ['/var/run/inspeqtor.sock', '/run/inspeqtor.sock']

/**
 * The first tool on a host that can talk to Inspeqtor's socket, with its path: `inspeqtorctl /usr/bin/inspeqtorctl`. inspeqtorctl is a line
 * of shell around `nc -U`, which not every nc has.
 */
export const toolFact = ({ settings: s }: Asking): Command =>
  sh`
have() { path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$1") && printf '%s %s\n' "$2" "$path"; }
if nc -h 2>&1 | grep -q -e -U; then
  ${ITS_OWN.includes(s.socket) ? sh`have ${s.inspeqtorctlBin} inspeqtorctl ||` : []} have nc nc
else
  have ruby ruby || have python3 python3
fi`.probe()

/** The command that sends a request to Inspeqtor, and whether it reads the request from stdin or takes it as arguments. */
export interface Words {
  readonly base: readonly string[]
  readonly stdin: boolean
}

export const wordsOf = (c: Of): Words => {
  const { socket, inspeqtorctlBin } = c.settings
  const sudo = c.settings.sudo && c.layout.user !== 'root' ? ['sudo', '-n'] : []
  switch (toolOf(c.facts).tool) {
    case 'nc':
      return { base: [...sudo, 'nc', '-U', socket], stdin: true }
    case 'ruby':
      return { base: [...sudo, 'ruby', '-rsocket', '-e', RUBY, socket], stdin: false }
    case 'python3':
      return { base: [...sudo, 'python3', '-c', PYTHON, socket], stdin: false }
    default:
      return { base: [...sudo, inspeqtorctlBin], stdin: false }
  }
}

export const toolOf = (facts: Context['facts']): { readonly tool: string; readonly path: string } => {
  const [tool = '', path = ''] = (facts.tool?.ok === true ? facts.tool.stdout : '').trim().split(' ')
  return { tool, path }
}

const requestWords = (request: Request): readonly string[] => (request === 'status' ? ['status'] : [request, 'deploy'])

/** Sends a request and prints the answer. */
export const ask = (c: Of, request: Request): Command => {
  const { base, stdin } = wordsOf(c)
  return stdin ? sh`printf '%s\n' ${requestWords(request).join(' ')} | ${base}` : sh`${base} ${requestWords(request)}`
}

/** The command of each request, for sudoers; empty if no sudo is needed. */
export const sudoWords = (c: Of): readonly (readonly string[])[] => {
  const { base, stdin } = wordsOf(c)
  if (base[0] !== 'sudo') return []
  const words = base.slice(2)
  return stdin ? [words] : (['start', 'finish', 'status'] as const).map((request) => [...words, ...requestWords(request)])
}

/** Inspeqtor answers within two seconds, or closes the socket (its own deadline). */
const RUBY = 's=UNIXSocket.new(ARGV.shift);s.puts(ARGV.join(" "));print(s.read)'
const PYTHON =
  'import socket,sys;s=socket.socket(socket.AF_UNIX);s.settimeout(10);s.connect(sys.argv[1]);s.sendall((" ".join(sys.argv[2:])+"\\n").encode());sys.stdout.write("".join(iter(lambda:s.recv(65536).decode("utf8","replace"),"")))'
