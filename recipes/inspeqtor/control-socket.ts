import { fact, sh } from '../../src/index.ts'
import type { BaseContext, Command, Fact, ProbeResult, StepsContext } from '../../src/index.ts'
import type { SudoCall } from '../../src/kit/index.ts'
import type { Settings } from './settings.ts'

type Of = Pick<BaseContext<Settings>, 'settings'>
type Context = Of & Pick<StepsContext, 'layout'> & { readonly facts: { readonly client?: SocketClient | null | undefined } }

const CLIENTS = ['inspeqtorctl', 'nc', 'ruby', 'python3'] as const
/** A program that talks to a Unix socket. */
export interface SocketClient {
  readonly name: (typeof CLIENTS)[number]
  readonly path: string
}

/** Sockets that inspeqtorctl finds without an environment variable, which sudo would remove. */
const DEFAULT_SOCKETS = ['/var/run/inspeqtor.sock', '/run/inspeqtor.sock']

/**
 * The fact with the first client that a host has for Inspeqtor's socket, printed with its path: `inspeqtorctl /usr/bin/inspeqtorctl`; null:
 * it has none. inspeqtorctl is a line of shell around `nc -U`, which not every nc has.
 */
export const clientFact = ({ settings: s }: Of): Fact<SocketClient | null> => {
  const command = sh`
have() { path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$1") && printf '%s %s\n' "$2" "$path"; }
if nc -h 2>&1 | grep -q -e -U; then
  ${DEFAULT_SOCKETS.includes(s.socket) ? sh`have ${s.inspeqtorctlBin} inspeqtorctl ||` : []} have nc nc
else
  have ruby ruby || have python3 python3
fi`
  return fact(command, parseClient)
}

const parseClient = ({ ok, stdout }: ProbeResult): SocketClient | null => {
  const [word, path = ''] = ok ? stdout.trim().split(' ') : []
  const name = CLIENTS.find((one) => one === word)
  return name === undefined ? null : { name, path }
}

/** The words of a client, and whether it reads the request from stdin or takes it as arguments. */
interface ClientCall {
  readonly words: readonly string[]
  readonly stdin: boolean
}

/** How this host's client is called, through sudo if the settings say so. */
export const clientCall = (c: Context): ClientCall => {
  const { words, stdin } = callOf(c, c.facts.client?.name ?? 'inspeqtorctl')
  return { words: [...(usesSudo(c) ? ['sudo', '-n'] : []), ...words], stdin }
}

const usesSudo = ({ settings, layout }: Context): boolean => settings.sudo && layout.user !== 'root'

const callOf = ({ settings: { socket, inspeqtorctlBin } }: Of, client: SocketClient['name']): ClientCall => {
  const calls: Record<SocketClient['name'], ClientCall> = {
    nc: { words: ['nc', '-U', socket], stdin: true },
    ruby: { words: ['ruby', '-rsocket', '-e', RUBY, socket], stdin: false },
    python3: { words: ['python3', '-c', PYTHON, socket], stdin: false },
    inspeqtorctl: { words: [inspeqtorctlBin], stdin: false },
  }
  return calls[client]
}

const REQUESTS = { start: ['start', 'deploy'], finish: ['finish', 'deploy'], status: ['status'] } as const

/** Sends a request and prints the answer. */
export const request = (c: Context, name: keyof typeof REQUESTS): Command => {
  const { words, stdin } = clientCall(c)
  return stdin ? sh`printf '%s\n' ${REQUESTS[name].join(' ')} | ${words}` : sh`${words} ${REQUESTS[name]}`
}

/** The calls of all requests, for sudoers; empty if no sudo is needed. */
export const sudoCalls = (c: Context): readonly SudoCall[] =>
  usesSudo(c) ? requestCalls(callOf(c, c.facts.client?.name ?? 'inspeqtorctl')) : []

/** The same for every client: what sudo is asked about before it is known which one the host has. */
export const possibleCalls = (c: Of): readonly SudoCall[] => CLIENTS.flatMap((client) => requestCalls(callOf(c, client)))

const requestCalls = ({ words, stdin }: ClientCall): readonly SudoCall[] =>
  stdin ? [{ words }] : Object.values(REQUESTS).map((request) => ({ words: [...words, ...request] }))

/** Inspeqtor answers within two seconds, or closes the socket (its own deadline). */
const RUBY = 's=UNIXSocket.new(ARGV.shift);s.puts(ARGV.join(" "));print(s.read)'
const PYTHON =
  'import socket,sys;s=socket.socket(socket.AF_UNIX);s.settimeout(10);s.connect(sys.argv[1]);s.sendall((" ".join(sys.argv[2:])+"\\n").encode());sys.stdout.write("".join(iter(lambda:s.recv(65536).decode("utf8","replace"),"")))'
