import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { ebConfig, ebFiles } from '../support/eb.ts'
import { upstartHost } from '../support/initctl.ts'
import { needs, program } from '../support/needs.ts'

type Settings = Parameters<typeof ebFiles>[0]

/**
 * An instance of the old platform: the files of .ebextensions under a folder, with the programs of Elastic Beanstalk that the hooks call,
 * and the stand-in for Upstart.
 */
const instance = (t: TestContext, settings: Settings = {}) => {
  const h = upstartHost()
  t.after(h.remove)
  const { dir } = h.bin
  // its user is not root
  for (const open of [dir, join(dir, 'srv'), h.root]) chmodSync(open, 0o755)
  chmodSync(h.current, 0o777)
  const moved = (text: string) =>
    text
      .replaceAll('/opt/elasticbeanstalk', join(dir, 'opt'))
      .replaceAll('/etc/init/', `${join(h.root, 'init')}/`)
      .replaceAll('/var/app/containerfiles', join(dir, 'containerfiles'))
  const put = (path: string, text: string, mode = 0o755): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    chmodSync(path, mode)
  }
  put(
    join(dir, 'opt/bin/get-config'),
    `#!/bin/sh\ncase "$*" in ('container -k app_deploy_dir') echo '${h.current}' ;; ('container -k s'*) echo '${dir}/opt/eb' ;; esac\n`,
  )
  put(join(dir, 'opt/eb/envvars'), 'export RACK_ENV=staging\n')
  put(join(dir, 'opt/eb/use-app-ruby.sh'), `export PATH='${dir}':$PATH\n`)
  const { files = {} } = ebConfig('.ebextensions/90-sidekiq.config', {
    platform: 'al1',
    user: 'nobody',
    timeout: 5,
    recoverAfter: 20,
    ...settings,
  })
  for (const [path, { mode, content }] of Object.entries(files)) {
    const to = moved(path)
    mkdirSync(dirname(to), { recursive: true })
    if (mode === '120400') symlinkSync(moved(content), to)
    else put(to, moved(content), Number.parseInt(mode, 8))
  }
  return {
    ...h,
    hook: (kind: string, name: string) => {
      const { status, stdout, stderr } = spawnSync(join(dir, 'opt/hooks', kind, name), { env: h.env, encoding: 'utf8' })
      return { status, stdout, stderr }
    },
    pid: (...words: string[]): number => Number(/process (\d+)/.exec(h.initctl('status', ...words).stdout)?.[1] ?? 0),
    log: (): string => readFileSync(join(dir, 'containerfiles/logs/sidekiq.log'), 'utf8'),
  }
}

const KINDS = ['appdeploy', 'configdeploy', 'restartappserver']
const QUIET = 'pre/90_quiet_sidekiq'
const RESTART = 'post/90_restart_sidekiq'

describe(
  'an instance of the old platform with a stand-in for Upstart',
  { skip: needs('root', 'bash', 'chroot', 'setsid'), concurrency: 2 },
  () => {
    test("a, b: runs Sidekiq as Upstart's own process, with its user, folder and environment", (t) => {
      const eb = instance(t)
      const { status, stdout, stderr } = eb.hook('appdeploy', RESTART)
      assert.deepEqual([status, stderr], [0, ''], eb.log())
      const pid = eb.pid('sidekiq')
      assert.match(stdout, new RegExp(`sidekiq does not run\\n.*start/running, process ${pid}\\nsidekiq is up, process ${pid}\\n`))
      const proc = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')
      assert.match(proc('cmdline'), /^sidekiq 6\.4\.1/)
      assert.match(proc('status'), /^Uid:\t65534\t65534/m)
      assert.match(proc('status'), /^Groups:\t65534 $/m)
      const env = proc('environ').split('\0')
      for (const one of ['RACK_ENV=staging', 'RAILS_ENV=staging', 'MALLOC_ARENA_MAX=2']) assert.ok(env.includes(one), one)
      assert.deepEqual(eb.notes(), [`${pid} begins: exec sidekiq -e staging -C config/sidekiq.yml -t 5`])
    })

    test('d, e, f: quiets by TSTP, then stops and starts in each kind of deployment', (t) => {
      const eb = instance(t)
      assert.equal(eb.hook('appdeploy', RESTART).status, 0)
      for (const kind of KINDS) {
        const before = eb.pid('sidekiq')
        const quiet = eb.hook(kind, QUIET)
        assert.deepEqual([quiet.status, quiet.stdout, quiet.stderr], [0, `sidekiq: quiet, process ${before}\n`, ''])
        eb.noted(`${before} quiet`)
        assert.equal(eb.hook(kind, RESTART).status, 0)
        assert.deepEqual(
          eb.notes().flatMap((line) => new RegExp(`^${before} (\\w+)`).exec(line)?.[1] ?? []),
          ['begins', 'quiet', 'ends'],
        )
        assert.notEqual(eb.pid('sidekiq'), before)
      }
      assert.ok(eb.bin.calls().every((line) => !line.startsWith('initctl restart')))
    })

    test('has nothing to quiet in the first deployment, without a failure', (t) => {
      const quiet = instance(t).hook('appdeploy', QUIET)
      assert.deepEqual([quiet.status, quiet.stdout], [0, 'sidekiq does not run: nothing to quiet\n'])
    })

    test('h: fails the deployment if Sidekiq does not start, with its last lines', (t) => {
      const eb = instance(t)
      eb.put('refuse')
      const { status, stderr } = eb.hook('appdeploy', RESTART)
      assert.equal(status, 1)
      assert.match(stderr, /sidekiq ended while it came up/)
    })

    test('restarts Sidekiq by itself if the deployment fails after the quiet', async (t) => {
      const eb = instance(t, { recoverAfter: 1 })
      assert.equal(eb.hook('appdeploy', RESTART).status, 0)
      const before = eb.pid('sidekiq')
      assert.equal(eb.hook('appdeploy', QUIET).status, 0)
      while (eb.pid('sidekiq') === before || eb.pid('sidekiq') === 0) await new Promise((done) => setTimeout(done, 200))
      assert.ok(eb.notes().includes(`${before} ends`))
    })

    test('quiets each of several processes, and starts new ones', (t) => {
      const eb = instance(t, { processes: 2 })
      assert.equal(eb.hook('appdeploy', RESTART).status, 0)
      const pids = () => [eb.pid('sidekiq', 'index=1'), eb.pid('sidekiq', 'index=2')]
      const before = pids()
      assert.equal(eb.hook('appdeploy', QUIET).stdout.match(/quiet, process/g)?.length, 2)
      assert.equal(eb.hook('appdeploy', RESTART).status, 0)
      assert.ok(pids().every((pid) => pid > 0 && !before.includes(pid)))
    })
  },
)

test('systemd accepts the exported units', { skip: needs('systemd-analyze') }, (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-units-'))
  t.after(() => rmSync(dir, { recursive: true }))
  // complaints about programs that this machine lacks are not mistakes in the unit
  for (const settings of [{}, { processes: 2, configFiles: ['high.yml'], railsEnv: 'it 50%', notify: false }] as Settings[]) {
    const files = ebFiles({ user: 'daemon', bundlerPath: '/bin/sh', ...settings }).filter(({ path }) => path.endsWith('.service'))
    for (const { path, text } of files) {
      const file = join(dir, path.split('/').at(-1)!.replace('@.', '@1.'))
      writeFileSync(file, text)
      const { stdout, stderr } = spawnSync(program('systemd-analyze')!, ['verify', file], { encoding: 'utf8' })
      const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line.includes(file.split('/').at(-1)!))
      assert.deepEqual(complaints, [])
    }
  }
})
