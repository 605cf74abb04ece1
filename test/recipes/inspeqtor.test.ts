import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspeqtor } from '../../recipes/index.ts'
import type { Command } from '../../src/shell/types.ts'
import { ends, run, shells, type Ran } from '../shell/shells.ts'
import { commandsOf, factsOf, hintOf, hostOf, type Given } from '../support/context.ts'
import { needs } from '../support/needs.ts'
import { standIn, type StandIn } from './inspeqtor-standin.ts'

const MARK = '# Written by shipit for shop (production): inspeqtor:install writes sidekiq.inq anew from the config. Deployed to /srv/shop'
const RULES = ['memory:total_rss > 500m then restart', 'cpu:user > 60% for 2 cycles then restart'] as const
const recipeOf = (s: StandIn, more: object = {}) =>
  inspeqtor({ services: { sidekiq: { rules: [...RULES] } }, dir: s.etc, socket: s.socket, upTimeout: 1, deployLength: 10, ...more })

const skip = needs('ruby', 'setsid', 'flock')
for (const shell of shells) {
  describe(shell.join(' '), { skip, concurrency: 1 }, () => {
    let s: StandIn
    before(async () => {
      s = await standIn()
    })
    after(() => s?.close())
    beforeEach(() => {
      s.requests.length = 0
      s.services.clear()
      s.silenced = false
      s.answer = undefined
    })
    const env = (more: Record<string, string> = {}) => ({ PATH: s.path, INSPEQTOR_SOCK: s.socket, ...more })
    const go = (commands: readonly Command[], more: Record<string, string> = {}): Promise<Ran> => run(shell, commands, { env: env(more) })
    /** the tool for the socket, as the fact found it */
    const facts = (tool = 'nc'): NonNullable<Given['facts']> => ({ program: '/usr/bin/inspeqtor', client: `${tool} /usr/bin/${tool}` })
    const steps = (task: string, given: Given = {}, more: object = {}) => commandsOf(recipeOf(s, more), task, { facts: facts(), ...given })

    test('a tool for the socket is found, and each tool works', async () => {
      const asked = factsOf(recipeOf(s))
      const ran = await go([asked['program']!, asked['client']!])
      assert.deepEqual(ends(ran), ['end 0', 'end 0'])
      assert.match(ran.stdout[1]!.toString(), /^nc \//)
      for (const tool of ['nc', 'ruby', 'python3', 'inspeqtorctl'].filter((name) => name !== 'python3' || needsNothing('python3'))) {
        const spoken = await go(steps('silence', { facts: facts(tool) }))
        assert.deepEqual(ends(spoken), ['end 0'], `${tool}: ${spoken.stderr}`)
        assert.equal(spoken.stdout[0]!.toString(), 'Starting deploy, now silenced\n')
        assert.equal(s.requests.at(-1), 'start deploy')
      }
    })

    test('G113: any other answer is a failure, whatever the exit code', async () => {
      assert.deepEqual(ends(await go(steps('silence'))), ['end 0'])
      s.answer = 'Unknown command: start deploy\n'
      const other = await go(steps('silence', { facts: facts('inspeqtorctl') }))
      assert.deepEqual(ends(other), ['end 1'])
      assert.match(other.stderr[0]!.toString(), /with the answer: Unknown command: start deploy/)
      s.answer = ''
      assert.deepEqual(ends(await go(steps('unsilence').slice(1))), ['end 1'])
    })

    test('an unreachable socket is a failure with a remedy, and with optional a warning', async () => {
      const command = steps('silence', {}, { socket: join(s.dir, 'nobody') })[0]!
      const ran = await go([command])
      assert.notEqual(ends(ran)[0], 'end 0')
      assert.match(hintOf(command, { stderr: ran.stderr[0]!.toString() }) ?? '', /Inspeqtor is not running, or listens elsewhere/)
      assert.equal(steps('silence', {}, { optional: true })[0]!.spec.allow, true)
    })

    test('G114: a service that is down, not listed, or up with a dead process is a failure', async () => {
      const [verify] = steps('verify')
      s.services.set('sidekiq', `Up/${process.pid}`)
      assert.deepEqual(ends(await go([verify!])), ['end 0'])
      const expected = async (state: string | undefined, hint: RegExp) => {
        s.services.clear()
        if (state !== undefined) s.services.set('sidekiq', state)
        const ran = await go([verify!])
        assert.deepEqual(ends(ran), ['end 1'])
        assert.match(hintOf(verify!, { stdout: ran.stdout[0]!.toString(), stderr: '' }) ?? '', hint)
      }
      await expected('Down/0', /went down while Inspeqtor was silenced, so no alert will report it/)
      await expected(undefined, /no init system of the host knows sidekiq/)
      await expected('Up/99999999', /it went down/)
    })

    test('G114: a service that comes up a moment later is up', async () => {
      s.services.set('my-sidekiq', 'Up/1').set('sidekiq', 'Down/0')
      const ran = go(steps('verify', {}, { upTimeout: 20 }))
      await sleep(1000)
      s.services.set('sidekiq', `Up/${process.pid}`)
      assert.deepEqual(ends(await ran), ['end 0'])
    })

    const written = () => readdirSync(join(s.etc, 'services.d')).sort()
    const install = (more: object = {}, given: Given = {}) => steps('install', given, more)

    test('inspeqtor:install installs readable files and removes its old ones that are no longer in the config', async () => {
      s.services.set('sidekiq', 'Up/1')
      const fake = { ...env() }
      const commands = install()
      const put = commands.filter(({ spec }) => !spec.title?.startsWith('reload '))
      const ran = await run(shell, put, { env: fake })
      assert.deepEqual(ends(ran), ['end 0', 'end 0', 'end 0'], ran.stderr.join(''))
      assert.deepEqual(written(), ['sidekiq.inq'])
      const file = join(s.etc, 'services.d/sidekiq.inq')
      assert.equal(
        readFileSync(file, 'utf8'),
        `${MARK}\n` + 'check service sidekiq\n  if memory:total_rss > 500m then restart\n  if cpu:user > 60% for 2 cycles then restart\n',
      )
      assert.equal(statSync(file).mode & 0o777, 0o644)

      const asked = factsOf(recipeOf(s), { runs: ['inspeqtor:install'] })
      const read = await go([asked['files.0']!, asked['ours']!])
      assert.equal(read.stdout[1]!.toString(), `file sidekiq.inq\n${MARK}\n`)
      const answers = { ...facts(), 'files.0': read.stdout[0]!.toString(), ours: read.stdout[1]!.toString() }
      const again = commandsOf(recipeOf(s), 'install', { facts: answers })
      assert.ok(!again.some(({ spec }) => spec.title?.startsWith('reload ')), 'nothing changed, so Inspeqtor is not reloaded')
      const gone = commandsOf(recipeOf(s, { services: { web: { rules: RULES } } }), 'install', { facts: answers })
      assert.ok(gone.some(({ spec }) => spec.title === 'remove sidekiq.inq'))
      const removed = commandsOf(recipeOf(s), 'uninstall', { facts: answers })
      assert.deepEqual(ends(await go(removed.slice(0, 1))), ['end 0'])
      assert.deepEqual(written(), [])
    })

    test('install and uninstall leave a file of another folder and a copy, and name them', async () => {
      const put = (name: string, text: string) => writeFileSync(join(s.etc, 'services.d', name), `${text}\ncheck service x\n`)
      put('sidekiq.inq', MARK)
      put('copy.inq', MARK)
      put('web.inq', MARK.replace('sidekiq.inq', 'web.inq').replace('/srv/shop', '/var/www/app'))
      put('quoted.inq', `# see\n${MARK}`)
      const asked = factsOf(recipeOf(s), { runs: ['inspeqtor:uninstall'] })['ours']!
      const ours = (await go([asked])).stdout[0]!.toString()
      for (const task of ['install', 'uninstall']) {
        const some = commandsOf(recipeOf(s), task, { facts: { ...facts(), ours } }).filter(({ spec: { title = '' } }) =>
          /^(remove|files left as they are)/.test(title),
        )
        const ran = await go(some)
        assert.match(ran.stdout.join('\n'), /copy\.inq is a copy of sidekiq\.inq, and so is left as it is/)
        assert.match(ran.stdout.join('\n'), /web\.inq was written for \/var\/www\/app, and so is left as it is/)
      }
      assert.deepEqual(written(), ['copy.inq', 'quoted.inq', 'web.inq'])
      for (const name of written()) rmSync(join(s.etc, 'services.d', name))
    })

    test('an uninstall that cannot read services.d fails', { skip: needs('root', 'setpriv') }, async () => {
      const asked = factsOf(recipeOf(s), { runs: ['inspeqtor:uninstall'] })['ours']!
      const uninstall = (listed: Ran) => {
        const ours = ends(listed)[0] === 'end 0' ? listed.stdout[0]!.toString() : { code: 2, stderr: listed.stderr[0]!.toString() }
        return commandsOf(recipeOf(s), 'uninstall', { facts: { ...facts(), ours } })
      }
      const [denied] = uninstall(await run(['setpriv', '--reuid=65534', '--clear-groups', ...shell], [asked], { env: env() }))
      assert.match(denied?.spec.title ?? 'none', /^look into .*\/services\.d$/)
      const ran = await go([denied!])
      assert.deepEqual(ends(ran), ['end 1'])
      assert.match(ran.stderr[0]!.toString(), /a password is required|Permission denied/)
      // an install goes on with a warning
      const unseen = { ...facts(), ours: { code: 2, stderr: ran.stderr[0]!.toString() } }
      const [warns] = commandsOf(recipeOf(s), 'install', { facts: unseen })
      assert.deepEqual([warns?.spec.title, warns?.spec.allow], [denied!.spec.title, true])
      assert.match(hintOf(denied!, { code: 1, stderr: ran.stderr[0]!.toString() }) ?? '', /inspeqtor:uninstall --set ssh\.user=root$/)
      rmSync(join(s.etc, 'services.d'), { recursive: true })
      // there is nothing to remove where the folder is missing or empty
      assert.deepEqual(uninstall(await go([asked])), [])
      mkdirSync(join(s.etc, 'services.d'))
      assert.deepEqual(uninstall(await go([asked])), [])
    })

    test('a file of another application or an admin is kept as it is, and a packaged one is kept as a backup', async () => {
      const [file, whole] = [join(s.etc, 'services.d/sidekiq.inq'), join(s.etc, 'host.inq')]
      for (const text of ['# by shipit, for blog (production)\ncheck service sidekiq\n', 'check service sidekiq\n']) {
        writeFileSync(file, text)
        const [tried, ...more] = install()
        const ran = await go([tried!, ...more])
        assert.deepEqual(ends(ran), ['end 67'])
        assert.match(ran.stderr[0]!.toString(), /sidekiq\.inq exists and does not belong to shop \(production\)/)
        const hint = hintOf(tried!, { code: 67, stderr: ran.stderr[0]!.toString() }) ?? ''
        assert.match(hint, /^nothing was changed\. /)
        assert.ok(hint.endsWith(`sudo rm ${file}`), hint)
        assert.equal(readFileSync(file, 'utf8'), text)
      }
      rmSync(file)
      const host = { services: {}, host: { rules: ['load:5 > 10 then alert'] } }
      const before = existsSync(whole) ? readFileSync(whole, 'utf8') : undefined
      writeFileSync(whole, '# by shipit, for blog (production)\ncheck host\n')
      assert.deepEqual(ends(await go(install(host).slice(0, 1))), ['end 67'])
      writeFileSync(whole, 'check host\n')
      // if another file is refused there is no backup: nothing was changed
      const both = { ...host, services: { sidekiq: { rules: RULES } } }
      writeFileSync(file, '# by shipit, for blog (production)\n')
      assert.deepEqual(ends(await go(install(both).slice(0, 1))), ['end 67'])
      writeFileSync(file, 'check service a\n  if cpu:user > 60% for 2 cycle then restart\n')
      assert.deepEqual(ends(await go(install(host).slice(0, 1))), ['end 65'])
      rmSync(file)
      assert.ok(!existsSync(`${whole}.before-shipit`))
      assert.deepEqual(ends(await go(install(host).slice(0, 1))), ['end 0'])
      assert.equal(readFileSync(`${whole}.before-shipit`, 'utf8'), 'check host\n')
      // an admin replaces the file again
      writeFileSync(whole, 'check host\n  if load:1 > 9 then alert\n')
      for (let i = 0; i < 2; i++) assert.deepEqual(ends(await go(install(host).slice(0, 1))), ['end 0'])
      assert.match(readFileSync(`${whole}.before-shipit`, 'utf8'), /load:1/)
      assert.equal(readFileSync(`${whole}.before-shipit.~1~`, 'utf8'), 'check host\n')
      assert.ok(!existsSync(`${whole}.before-shipit.~2~`))
      for (const end of ['', '.~1~']) rmSync(`${whole}.before-shipit${end}`)
      if (before === undefined) rmSync(whole)
      else writeFileSync(whole, before)
    })

    test('G112: a file that Inspeqtor cannot parse is recognized by its message, and nothing is changed', async () => {
      const broken = join(s.etc, 'services.d/theirs.inq')
      writeFileSync(broken, 'check service a\n  if cpu:user > 60% for 2 cycle then restart\n')
      const [tried, put] = install()
      const ran = await go([tried!, put!])
      assert.deepEqual(ends(ran), ['end 65'])
      assert.match(ran.stderr[0]!.toString(), new RegExp(`Unable to parse ${s.etc}/services.d/theirs.inq: line 2, column 27`))
      assert.match(hintOf(tried!, { code: 65 }) ?? '', /nothing was changed/)
      assert.deepEqual(written(), ['theirs.inq'])
      rmSync(broken)
    })

    test('inspeqtor.conf is readable by root only, and one that Inspeqtor rejects is not installed', async () => {
      const conf = {
        alerts: [{ via: 'slack', with: { url: 'https://hooks.example.com/x' } }],
        services: {},
        host: { rules: ['load:5 > 10 then alert'] },
      }
      const commands = install(conf).filter(({ spec }) => !spec.title?.startsWith('reload '))
      assert.deepEqual(ends(await go(commands)), ['end 0', 'end 0', 'end 0'])
      const file = join(s.etc, 'inspeqtor.conf')
      const text = readFileSync(file, 'utf8')
      assert.match(text, /^set deploy_length 10$/m)
      assert.match(text, /^send alerts via slack with url "https:\/\/hooks\.example\.com\/x"$/m)
      assert.equal(statSync(file).mode & 0o777, 0o600)
      const bad = install({ ...conf, alerts: [{ via: 'slack', with: { url: 'no such route' } }] })
      assert.deepEqual(ends(await go(bad)), ['end 65'])
      assert.equal(readFileSync(file, 'utf8'), text)
    })
  })
}

function needsNothing(program: string): boolean {
  return needs(program) === false
}

test('a host without a watched service is left alone', () => {
  const recipe = inspeqtor({ services: { sidekiq: { rules: [...RULES], roles: ['worker'] } } })
  const host = hostOf({ roles: ['web'] })
  assert.deepEqual(Object.keys(factsOf(recipe, { host })), [])
  for (const task of ['install', 'uninstall', 'silence', 'unsilence', 'verify', 'status', 'check'])
    assert.deepEqual(commandsOf(recipe, task, { host, hosts: [host, hostOf({ name: 'w2', roles: ['worker'] })] }), [], task)
})
