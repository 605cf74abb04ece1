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
    /** the tool that is spoken through, as its fact found it */
    const facts = (tool = 'nc'): NonNullable<Given['facts']> => ({ inspeqtor: '/usr/bin/inspeqtor', tool: `${tool} /usr/bin/${tool}` })
    const steps = (task: string, given: Given = {}, more: object = {}) => commandsOf(recipeOf(s, more), task, { facts: facts(), ...given })

    test('what speaks to the socket is found, and each way is understood', async () => {
      const asked = factsOf(recipeOf(s))
      const ran = await go([asked['inspeqtor']!, asked['tool']!])
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
      assert.match(other.stderr[0]!.toString(), /it says: Unknown command: start deploy/)
      s.answer = ''
      assert.deepEqual(ends(await go(steps('unsilence').slice(1))), ['end 1'])
    })

    test('where nobody listens it says what to do; with optional it is a warning', async () => {
      const command = steps('silence', {}, { socket: join(s.dir, 'nobody') })[0]!
      const ran = await go([command])
      assert.notEqual(ends(ran)[0], 'end 0')
      assert.match(hintOf(command, { stderr: ran.stderr[0]!.toString() }) ?? '', /Inspeqtor does not run, or listens elsewhere/)
      assert.equal(steps('silence', {}, { optional: true })[0]!.spec.allow, true)
    })

    test('G114: down, not mentioned, or up by a process that is gone is a failure', async () => {
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
      await expected('Down/0', /went down while Inspeqtor was silent no alert will ever tell/)
      await expected(undefined, /no init system of the host knows sidekiq/)
      await expected('Up/99999999', /it is down/)
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

    test('install: files that Inspeqtor reads take their place, those of before that nobody wants go', async () => {
      s.services.set('sidekiq', 'Up/1')
      const fake = { ...env() }
      const commands = install()
      const put = commands.filter(({ spec }) => !/read its files/.test(spec.title ?? ''))
      const ran = await run(shell, put, { env: fake })
      assert.deepEqual(ends(ran), ['end 0', 'end 0', 'end 0'], ran.stderr.join(''))
      assert.deepEqual(written(), ['sidekiq.inq'])
      const file = join(s.etc, 'services.d/sidekiq.inq')
      assert.equal(
        readFileSync(file, 'utf8'),
        '# by shipit, for shop (production)\n# shipit production inspeqtor:install writes it anew\n' +
          'check service sidekiq\n  if memory:total_rss > 500m then restart\n  if cpu:user > 60% for 2 cycles then restart\n',
      )
      assert.equal(statSync(file).mode & 0o777, 0o644)

      const asked = factsOf(recipeOf(s), { runs: ['inspeqtor:install'] })
      const read = await go([asked['file0']!, asked['ours']!])
      assert.equal(read.stdout[1]!.toString(), `${join(s.etc, 'services.d/sidekiq.inq')}\n`)
      const answers = { ...facts(), file0: read.stdout[0]!.toString(), ours: read.stdout[1]!.toString() }
      const again = commandsOf(recipeOf(s), 'install', { facts: answers })
      assert.ok(!again.some(({ spec }) => /read its files/.test(spec.title ?? '')), 'nothing changed, and it is not told to read')
      const gone = commandsOf(recipeOf(s, { services: { web: { rules: RULES } } }), 'install', { facts: answers })
      assert.ok(gone.some(({ spec }) => spec.title === 'remove sidekiq.inq'))
      const removed = commandsOf(recipeOf(s), 'uninstall', { facts: answers })
      assert.deepEqual(ends(await go(removed.slice(0, 1))), ['end 0'])
      assert.deepEqual(written(), [])
    })

    test('an uninstall that cannot look into services.d fails', { skip: needs('root', 'setpriv') }, async () => {
      const asked = factsOf(recipeOf(s), { runs: ['inspeqtor:uninstall'] })['ours']!
      const uninstall = (said: Ran) => {
        const ours = ends(said)[0] === 'end 0' ? said.stdout[0]!.toString() : { code: 2, stderr: said.stderr[0]!.toString() }
        return commandsOf(recipeOf(s), 'uninstall', { facts: { ...facts(), ours } })
      }
      const [denied] = uninstall(await run(['setpriv', '--reuid=65534', '--clear-groups', ...shell], [asked], { env: env() }))
      assert.match(denied?.spec.title ?? 'none', /^look into .*\/services\.d$/)
      const ran = await go([denied!])
      assert.deepEqual(ends(ran), ['end 1'])
      assert.match(ran.stderr[0]!.toString(), /a password is required|Permission denied/)
      // an install goes on, and says that it could not look
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

    test('a file of another application or of an admin stays as it is; what came with the package is kept beside', async () => {
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
      // refused for another file, it is not kept beside: nothing was changed
      const both = { ...host, services: { sidekiq: { rules: RULES } } }
      writeFileSync(file, '# by shipit, for blog (production)\n')
      assert.deepEqual(ends(await go(install(both).slice(0, 1))), ['end 67'])
      writeFileSync(file, 'check service a\n  if cpu:user > 60% for 2 cycle then restart\n')
      assert.deepEqual(ends(await go(install(host).slice(0, 1))), ['end 65'])
      rmSync(file)
      assert.ok(!existsSync(`${whole}.before-shipit`))
      assert.deepEqual(ends(await go(install(host).slice(0, 1))), ['end 0'])
      assert.equal(readFileSync(`${whole}.before-shipit`, 'utf8'), 'check host\n')
      // somebody takes ours out again, with another one of theirs
      writeFileSync(whole, 'check host\n  if load:1 > 9 then alert\n')
      for (let i = 0; i < 2; i++) assert.deepEqual(ends(await go(install(host).slice(0, 1))), ['end 0'])
      assert.match(readFileSync(`${whole}.before-shipit`, 'utf8'), /load:1/)
      assert.equal(readFileSync(`${whole}.before-shipit.~1~`, 'utf8'), 'check host\n')
      assert.ok(!existsSync(`${whole}.before-shipit.~2~`))
      for (const end of ['', '.~1~']) rmSync(`${whole}.before-shipit${end}`)
      if (before === undefined) rmSync(whole)
      else writeFileSync(whole, before)
    })

    test('G112: what Inspeqtor cannot parse is found out by its words, and nothing is changed', async () => {
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

    test('inspeqtor.conf is for root alone, and one that Inspeqtor refuses stays away', async () => {
      const conf = {
        alerts: [{ via: 'slack', with: { url: 'https://hooks.example.com/x' } }],
        services: {},
        host: { rules: ['load:5 > 10 then alert'] },
      }
      const commands = install(conf).filter(({ spec }) => !/read its files/.test(spec.title ?? ''))
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

test('a host where nothing is watched is left alone', () => {
  const recipe = inspeqtor({ services: { sidekiq: { rules: [...RULES], roles: ['worker'] } } })
  const host = hostOf({ roles: ['web'] })
  assert.deepEqual(Object.keys(factsOf(recipe, { host })), [])
  for (const task of ['install', 'uninstall', 'silence', 'unsilence', 'verify', 'status', 'check'])
    assert.deepEqual(commandsOf(recipe, task, { host, hosts: [host, hostOf({ name: 'w2', roles: ['worker'] })] }), [], task)
})
