import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { cannot, commit, deployed, exits, hosts, installUnit, project, shipit, wipe } from './harness.ts'
import type { CliOutcome, Project } from './harness.ts'

describe('the plan of a real server', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  before(async () => {
    await wipe(h1)
    await installUnit(h1, 'system')
    p = project({
      use: "[bundler(), sidekiq({ serviceUnitUser: 'system' })]",
      more: `linkedFiles: ['.env'],
  tasks: { note: { steps: ({ host, paths }) => [sh\`echo \${"it's " + host.name} >> notes\`.in(paths.shared).unless(sh\`test -e nowhere\`)] } },
  hooks: { after: { 'deploy:updated': 'note' } },`,
    })
    await h1.sh('mkdir -p /var/www/app/shared && touch /var/www/app/shared/.env')
  })

  /** Replaces new release names, which come from the clock, by one name. */
  const unnamed = (text: string, known: readonly string[]): string =>
    text.replaceAll(/\b2\d{13}\b/g, (name) => (known.includes(name) ? name : 'RELEASE'))
  const planned = (outcome: CliOutcome): string[] =>
    outcome.stdout.split('\n').flatMap((line) => (line.startsWith('       ') ? [line.slice(7)] : []))
  /** The commands that ran, with their titles as comments. */
  const ran = (outcome: CliOutcome): string[] =>
    outcome.events.flatMap((event) => {
      if (event.type !== 'step:start') return []
      const title = event.title === undefined || event.title === event.command ? [] : [`# ${event.title}`]
      return [...title, ...(event.script ?? event.command).split('\n')]
    })

  for (const [what, task] of [
    ['a first deploy', 'deploy'],
    ['a second deploy', 'deploy'],
    ['a rollback', 'deploy:rollback'],
    ['a restart', 'sidekiq:restart'],
  ] as const) {
    test(`is what runs, byte for byte in the same order, and writes nothing: ${what} with bundler and Sidekiq`, async (t) => {
      if (what === 'a restart') t.after(p.remove)
      if (what === 'a second deploy') await commit('second', { 'second.txt': 'second\n' })
      const files = async () => h1.sh('cd /var/www/app && find . -printf "%p %T@ %l\\n" | sort')
      const before = await files()
      const { releases } = await deployed(h1)
      const plan = await shipit(p, ['production', 'plan', task, '--full'], { output: 'plain' })
      exits(plan, 0)
      assert.equal(await files(), before)
      const real = await shipit(p, ['production', task])
      exits(real, 0)
      const [said, done] = [planned(plan), ran(real)].map((lines) => lines.map((line) => unnamed(line, releases)))
      assert.ok(said!.length > 0)
      // the line of revisions.log and the replaced release depend on the moment too
      assert.deepEqual(said, done)
    })
  }
})
