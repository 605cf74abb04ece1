import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { factsOf, stepsOf } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const OLDER = '# Written by shipit for shop (production): sidekiq:install writes it anew from the config\n[Service]\n'

for (const { name: shell, argv } of shells)
  test(`${shell}: units with shipit's first line are removed if they run in the deploy's folder, and named otherwise`, (t) => {
    const home = mkdtempSync(join(tmpdir(), 'shipit-stale-'))
    const units = join(home, '.config/systemd/user')
    const [own, other] = [join(home, 'app two'), join(home, 'www/app')]
    for (const dir of [own, other]) mkdirSync(join(dir, 'current'), { recursive: true })
    mkdirSync(join(units, 'default.target.wants'), { recursive: true })
    const write = (name: string, text: string) => writeFileSync(join(units, name), text)
    const newer = (name: string) =>
      `# Written by shipit for shop (production): sidekiq:install writes ${name} anew from the config. Deployed to ${own}\n`
    write('sidekiq-two.service', `${newer('sidekiq-two.service')}[Service]\n`)
    write('sidekiq.service', OLDER)
    write('old.service', OLDER)
    write('many@.service', OLDER)
    write('imports.service', newer('sidekiq-two.service'))
    write('blog.service', OLDER.replace('shop', 'blog'))
    write('hand.service', `[Unit]\n${OLDER}`)
    symlinkSync('../many@.service', join(units, 'default.target.wants/many@2.service'))
    // systemd's answer: where a unit runs, by its name
    const fake = stubs({
      systemctl: `case "$*" in
  (*list-units*)
    for last; do :; done
    case $last in ('many@*.service') ;; (*) exit 1 ;; esac
    printf '%s\\n' 'many@2.service loaded active running Sidekiq' 'many@7.service loaded active running Sidekiq by hand' 'many@8.service loaded inactive dead Sidekiq'
    exit ;;
esac
while [ "$1" != show ]; do shift; done; shift 3
for unit; do
  case $unit in (sidekiq.service) dir=${other} ;; (*) dir='${own}' ;; esac
  printf 'Id=%s\\nLoadState=loaded\\nFragmentPath=${units}/%s\\nWorkingDirectory=%s/current\\nMainPID=0\\n\\n' "$unit" "$unit" "$dir"
done`,
    })
    t.after(() => {
      rmSync(home, { recursive: true, force: true })
      fake.remove()
    })
    const recipe = sidekiq({ serviceUnitName: 'sidekiq-two' })
    const given = { deployTo: own, layout: { home }, runs: ['sidekiq:uninstall'] }
    const asked = factsOf(recipe, given)
    const [ours, file] = runSteps(argv, [asked['ours']!, asked['files.0']!], { PATH: fake.path, HOME: home })
    assert.deepEqual([ours!.code, ours!.stderr], [0, ''])
    const steps = stepsOf(recipe, 'uninstall', {
      ...given,
      facts: { units: 'LoadState=loaded\nActiveState=active\nType=notify\n', ours: ours!.stdout, 'files.0': file!.stdout },
    })
    const [stays, stop] = steps
    assert.match(stays!, /imports\.service is a copy of sidekiq-two\.service, and so is left as it is/)
    assert.match(stays!, /sidekiq\.service runs in .*\/www\/app\/current, and so is left as it is/)
    assert.match(stop!, /systemctl --user stop sidekiq-two\.service old\.service many@2\.service many@7\.service$/m)
    const removed = steps.flatMap((step) => /^.*rm -f (.*)$/m.exec(step)?.[1]?.split(' ') ?? [])
    assert.deepEqual(removed.map((path) => path.replace(/.*\//, '').replace("'", '')).sort(), [
      'many@.service',
      'old.service',
      'sidekiq-two.service',
    ])
    // no unit of older settings: systemd is not asked
    for (const name of ['sidekiq', 'old', 'many@', 'imports']) rmSync(join(units, `${name}.service`))
    const calls = fake.calls().length
    runSteps(argv, [asked['ours']!], { PATH: fake.path, HOME: home })
    assert.equal(fake.calls().length, calls)
  })
