import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { startSshd, type Sshd } from '../test/support/sshd.ts'
import { binary } from './contenders.ts'
import { startDelayed } from './delayed.ts'
import { median, ratio, seconds, table } from './figures.ts'
import { measured, type Measured } from './measured.ts'

export interface FilesBench {
  readonly runs: number
  /** of the file, in MB (powers of 1000) */
  readonly megabytes: number
  /** to the host and back, in milliseconds */
  readonly rtts: readonly number[]
  /** the `bin.js` of another build */
  readonly against: string | undefined
}

/** A file up and down against scp, over one sshd on this machine: bytes that cannot be compressed, and text that can. */
export const benchFiles = async ({ runs, megabytes, rtts, against }: FilesBench): Promise<void> => {
  if (!existsSync(binary)) throw new Error('dist/bin.js is what is measured, and it is not there: npm run build')
  const dir = mkdtempSync(join(tmpdir(), 'shipit-files-'))
  const sshd = await startSshd({ config: ['Subsystem sftp internal-sftp'] })
  const project = join(dir, 'project')
  mkdirSync(project)
  mkdirSync(join(dir, 'there'))
  try {
    for (const rtt of rtts) {
      const way = rtt === 0 ? undefined : await startDelayed(sshd.port, rtt)
      const port = way?.port ?? sshd.port
      const known = readFileSync(sshd.knownHosts, 'utf8')
      if (way) appendFileSync(sshd.knownHosts, known.replaceAll(`:${sshd.port} `, `:${port} `))
      writeProject(project, dir, sshd, port)
      for (const kind of ['random', 'text'] as const) {
        writeLarge(join(project, 'large'), megabytes, kind)
        const wanted = await digest(join(project, 'large'))
        const builds = against === undefined ? [binary] : [binary, against]
        const rows = [['', 'scp', ...builds.flatMap((_, i) => [i === 0 ? 'shipit' : 'the other', '', 'memory, MB'])]]
        for (const each of WAYS) rows.push(await race(each, { dir, project, sshd, port, runs, wanted, builds }))
        table(`${rtt} ms: ${megabytes} MB of ${kind === 'random' ? 'random bytes' : 'text'}, seconds, medians of ${runs}`, rows)
      }
      way?.stop()
    }
  } finally {
    await sshd.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Race {
  readonly dir: string
  readonly project: string
  readonly sshd: Sshd
  readonly port: number
  readonly runs: number
  readonly wanted: string
  readonly builds: readonly string[]
}

interface Way {
  readonly name: string
  readonly task: string
  /** the source and the target of scp, in the project and on the host */
  readonly scp: (there: string, host: string) => readonly [string, string]
  readonly to: (race: Race) => string
}

const WAYS: readonly Way[] = [
  { name: 'up', task: 'up', scp: (there, host) => ['large', `${host}:${there}/up`], to: ({ dir }) => join(dir, 'there/up') },
  {
    name: 'down',
    task: 'down',
    scp: (there, host) => [`${host}:${there}/../project/large`, 'down'],
    to: ({ project }) => join(project, 'down'),
  },
]

/** One after the other, in turn, each into an empty place; what arrived is compared. */
const race = async (way: Way, race: Race): Promise<string[]> => {
  const { dir, project, sshd, port, runs, wanted, builds } = race
  const options = ['-F', sshd.configFile, '-P', String(port), '-q']
  const target = way.to(race)
  const run = async (program: string, args: readonly string[]): Promise<Measured> => {
    rmSync(target, { force: true })
    const taken = await measured(program, args, { cwd: project })
    if ((await digest(target)) !== wanted) throw new Error(`${program} ${args[0]} ${way.name}: what arrived is not what was sent`)
    return taken
  }
  const times: { scp: number; shipit: Measured[] }[] = []
  for (let n = 0; n < runs; n++) {
    const { ms } = await run('scp', [...options, ...way.scp(join(dir, 'there'), `${sshd.user}@127.0.0.1`)])
    const shipit: Measured[] = []
    for (const build of builds) shipit.push(await run(process.execPath, [build, 'bench', way.task, '--output', 'plain']))
    times.push({ scp: ms, shipit })
    process.stderr.write(`${way.name}: ${[ms, ...shipit.map((one) => one.ms)].map(seconds).join(' ')}\n`)
  }
  const scp = median(times.map((one) => one.scp))
  const columns = builds.flatMap((_, i) => {
    const own = times.map(({ shipit }) => shipit[i]!)
    const ms = median(own.map((one) => one.ms))
    return [seconds(ms), ratio(ms, scp), (Math.max(...own.map(({ memory }) => memory)) / 1024).toFixed(0)]
  })
  return [way.name, seconds(scp), ...columns]
}

const writeProject = (project: string, dir: string, sshd: Sshd, port: number): void => {
  const at = JSON.stringify(join(dir, 'there'))
  writeFileSync(
    join(project, 'deploy.config.mjs'),
    `import { defineConfig, download, upload } from 'shipit-ts'
export default defineConfig({
  application: 'bench',
  deployTo: ${JSON.stringify(join(dir, 'app'))},
  ssh: { configFile: ${JSON.stringify(sshd.configFile)} },
  stages: { bench: { servers: ['${sshd.user}@127.0.0.1:${port}'] } },
  tasks: {
    up: { description: 'Up', steps: () => [upload('large', ${at} + '/up')] },
    down: { description: 'Down', steps: () => [download(${at} + '/../project/large', 'down')] },
  },
})
`,
  )
}

const writeLarge = (file: string, megabytes: number, kind: 'random' | 'text'): void => {
  const out = openSync(file, 'w')
  for (let n = 0; n < megabytes; n++)
    writeSync(
      out,
      kind === 'random'
        ? randomBytes(1_000_000)
        : Buffer.from(randomBytes(375_000).toString('hex').replaceAll(/[0-7]/g, 'e ').slice(0, 1_000_000)),
    )
  closeSync(out)
}

const digest = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
