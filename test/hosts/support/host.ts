import { readFileSync } from 'node:fs'
import { must, run } from './child.ts'
import type { Outcome } from './child.ts'
import { labFile, labNet, scripts } from './paths.ts'

export type Fault = 'cut' | 'heal' | 'freeze' | 'thaw' | 'crash'

/** A booted server of the lab. */
export interface LabHost {
  readonly name: string
  readonly address: string
  /** Runs a script as deploy, not through the network: also when its cable is cut. Fails when it fails; stdout without its last newline. */
  sh(script: string): Promise<string>
  /** The same as root. */
  root(script: string): Promise<string>
  /** As deploy, for scripts that may fail. */
  try(script: string): Promise<Outcome>
  fault(what: Fault): Promise<void>
  /** milliseconds there and back; 0: none */
  rtt(ms: number): Promise<void>
  /** Boots it (again) on the files it has. */
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
 * A shell of an account in the namespaces of a host, which costs a tenth of a login. A user's systemd runs while its user is logged in, or
 * lingers: what talks to it logs in. So does what has to do with a host that is down, and fails as a login does.
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
  return ['nsenter', ['-t', init, '-m', '-u', '-i', '-n', '-p', '--', '/usr/bin/env', '-i', ...env, ...shell], { input: `cd\n${script}` }]
}

/** The first process of a host, by this machine's number; undefined: it is down. */
const initOf = (name: string): string | undefined => {
  try {
    const nspawn = readFileSync(labFile(`hosts/${name}/nspawn.pid`), 'utf8').trim()
    return readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, 'utf8').split(' ', 1)[0] || undefined
  } catch {
    return undefined
  }
}
