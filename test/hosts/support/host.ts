import { must, run } from './child.ts'
import type { Outcome } from './child.ts'
import { labFile, labNet, scripts } from './paths.ts'

export type Fault = 'cut' | 'heal' | 'freeze' | 'thaw' | 'crash'

/** A booted server of the lab. */
export interface LabHost {
  readonly name: string
  readonly address: string
  /** Runs a script as deploy through the system's ssh; fails when it fails; stdout without its last newline. */
  sh(script: string): Promise<string>
  /** The same as root. */
  root(script: string): Promise<string>
  /** The same as root, not through the network: also when its cable is cut. */
  inside(script: string): Promise<string>
  /** As deploy, for scripts that may fail. */
  try(script: string): Promise<Outcome>
  fault(what: Fault): Promise<void>
  /** milliseconds there and back; 0: none */
  rtt(ms: number): Promise<void>
  /** Boots it (again) on the files it has. */
  boot(): Promise<void>
}

export const labHost = (name: string): LabHost => {
  const ssh = (user = 'deploy'): readonly string[] => ['-F', labFile('ssh_config'), '-l', user, name, 'exec /bin/bash -eu -s']
  const lab = async (script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> => {
    await must(`${scripts}${script}`, args, { env: { ...process.env, ...env } })
  }
  return {
    name,
    address: `${labNet}.${10 + Number(name.slice(1))}`,
    sh: (script) => must('ssh', ssh(), { input: script }),
    root: (script) => must('ssh', ssh('root'), { input: script }),
    inside: (script) => must(`${scripts}inside.sh`, [name], { input: script }),
    try: (script) => run('ssh', ssh(), { input: script }),
    fault: (what) => lab('fault.sh', [name, what]),
    rtt: (ms) => lab('rtt.sh', [name, String(ms)]),
    boot: () => lab('up.sh', [name], { KEEP: '1' }),
  }
}
