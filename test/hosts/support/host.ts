import { readFileSync } from 'node:fs'
import { must, run } from './child.ts'
import type { Outcome } from './child.ts'
import { labFile, labNet, scripts } from './paths.ts'

export type Fault = 'cut' | 'heal' | 'freeze' | 'thaw' | 'crash'

/** A booted server of the lab. */
export interface LabHost {
  readonly name: string
  readonly address: string
  /** Runs a script as deploy, without the network: even if the cable is cut. Rejects if it fails. Resolves to stdout without the last newline. */
  sh(script: string): Promise<string>
  /** Like `sh`, as root. */
  root(script: string): Promise<string>
  /** As deploy, for scripts that may fail. */
  try(script: string): Promise<Outcome>
  fault(what: Fault): Promise<void>
  /** sets the round-trip time in milliseconds; 0: no delay */
  rtt(ms: number): Promise<void>
  /** Boots the host (again) with its files. */
  boot(): Promise<void>
}

export const labHost = (name: string): LabHost => {
  const lab = async (script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> => {
    await must(`${scripts}${script}`, args, { env: { ...process.env, ...env } })
  }
  return {
    name,
    address: `${labNet}.${10 + Number(name.slice(1))}`,
    sh: async (script) => must(...entering(name, 'deploy', script)),
    root: async (script) => must(...entering(name, 'root', script)),
    try: async (script) => run(...entering(name, 'deploy', script)),
    fault: (what) => lab('fault.sh', [name, what]),
    rtt: (ms) => lab('rtt.sh', [name, String(ms)]),
    boot: () => lab('up.sh', [name], { KEEP: '1' }),
  }
}

/**
 * A shell of an account in the namespaces of a host, which costs a tenth of a login. A user's systemd runs only while its user is logged in or
 * lingers, so scripts for it log in. So do scripts for a host that is down, which fail like a login.
 */
const entering = (name: string, user: 'deploy' | 'root', script: string): Parameters<typeof must> => {
  const init = script.includes('--user') ? undefined : initOf(name)
  if (init === undefined) return ['ssh', ['-F', labFile('ssh_config'), '-l', user, name, 'exec /bin/bash -eu -s'], { input: script }]
  const [home, path] =
    user === 'root'
      ? ['/root', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
      : [`/home/${user}`, '/usr/local/bin:/usr/bin:/bin']
  const env = [`HOME=${home}`, `USER=${user}`, `LOGNAME=${user}`, 'SHELL=/bin/bash', `PATH=${path}`]
  const shell = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '/bin/bash', '-eu', '-s']
  // nsenter as the parent would stop when its child is stopped, which a host that shuts down does to everything (systemd-shutdown(8));
  // nobody would continue it, the child would stay a zombie, and the host would wait for that for ever. A shell does not stop.
  const parent = [
    '-F',
    '-t',
    init,
    '-m',
    '-u',
    '-i',
    '-n',
    '-p',
    '--',
    '/usr/bin/env',
    '-i',
    ...env,
    '/bin/sh',
    '-c',
    '"$@"; exit $?',
    'sh',
  ]
  return ['nsenter', [...parent, ...shell], { input: `cd\n${script}` }]
}

/**
 * The pid of a host's first process on this machine; undefined if the host is down. A pid file counts only while the pid is what was
 * started, and a child of nspawn only once it is systemd: before that it is still making the namespaces.
 */
const initOf = (name: string): string | undefined => {
  try {
    const nspawn = readFileSync(labFile(`hosts/${name}/nspawn.pid`), 'utf8').trim()
    if (comm(nspawn) !== 'systemd-nspawn') return undefined
    const child = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, 'utf8').split(' ', 1)[0] ?? ''
    return comm(child) === 'systemd' ? child : undefined
  } catch {
    return undefined
  }
}
const comm = (pid: string): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
