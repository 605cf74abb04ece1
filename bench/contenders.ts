import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cap, labFile, root, run } from '../test/hosts/harness.ts'
import type { Project } from '../test/hosts/harness.ts'
import type { Meter } from './cpu.ts'

/** The command line as it is shipped. */
export const binary = join(root, 'dist/bin.js')
const byHand = readFileSync(new URL('by-hand.sh', import.meta.url), 'utf8')

export interface Contender {
  readonly name: string
  /** one deploy; milliseconds from the start of the program to its end */
  readonly deploy: () => Promise<number>
}

const timed = async (outcome: ReturnType<typeof run>, name: string): Promise<number> => {
  const { code, ms, stdout, stderr } = await outcome
  if (code !== 0) throw new Error(`${name} failed (${code}):\n${stdout}\n${stderr}`)
  return ms
}

/** `meter` reads the processor time of the last deploy. */
export const shipit = (project: Project, meter: Meter): Contender => ({
  name: 'shipit',
  deploy: () => timed(runShipit(project, ['production', 'deploy', '--output', 'plain'], meter.env), 'shipit'),
})
const runShipit = (project: Project, args: readonly string[], env: Meter['env'] = {}): ReturnType<typeof run> => {
  if (!existsSync(binary)) throw new Error('dist/bin.js is what is measured, and it is not there: npm run build')
  return run(process.execPath, [binary, ...args], {
    cwd: project.dir,
    env: { PATH: process.env.PATH, HOME: project.home, USER: 'bench', ...env },
    deadline: 600_000,
  })
}

export const capistrano: Contender = {
  name: 'Capistrano',
  deploy: () => timed(cap(['deploy'], { WITH: 'bundler,sidekiq' }), 'Capistrano'),
}

export const script = (host: string): Contender => ({
  name: 'script',
  deploy: () => timed(sendScript(host, { deployTo: '/var/www/app', repo: 'file:///srv/repo.git', services: true }), 'the script'),
})

/** Sends by-hand.sh to a host over the system's ssh. */
export const sendScript = (
  host: string,
  o: { readonly deployTo: string; readonly repo: string; readonly services: boolean; readonly user?: string },
): ReturnType<typeof run> => {
  const head = `deploy_to='${o.deployTo}' repo=${o.repo} branch=main keep=3 services=${o.services ? 'yes' : ''}\n`
  return run('ssh', ['-F', labFile('ssh_config'), '-l', o.user ?? 'deploy', host, 'sh -s'], { input: head + byHand, deadline: 600_000 })
}
