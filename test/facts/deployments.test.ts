import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deploymentsFact, parseDeployments } from '../../src/facts/deployments.ts'
import { liveReleaseFact } from '../../src/facts/live-release.ts'
import { render } from '../../src/shell/render.ts'
import type { Command } from '../../src/shell/types.ts'
import { path } from '../../src/values/path.ts'
import { missingShells, shells, type Shell } from '../shell/shells.ts'

const RELEASE = '20260101000001'

/** A home folder, and what a command prints there. */
const withHome = (use: (home: string, print: (shell: Shell, command: Command) => string) => void): void => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "shipit home '")))
  try {
    use(home, ([file, ...words], command) => {
      const script = Buffer.concat([Buffer.from('set -e\n'), render(command, { secrets: 'reveal' }), Buffer.from('\n')])
      const ran = spawnSync(file, [...words, '-s'], { input: script, encoding: 'utf8', env: { ...process.env, HOME: home } })
      assert.deepEqual([ran.stderr, ran.status], ['', 0])
      return ran.stdout
    })
  } finally {
    rmSync(home, { recursive: true })
  }
}

for (const shell of shells) {
  test(`${shell.join(' ')} finds applications below a home folder, and nothing else`, { skip: missingShells() }, () => {
    withHome((home, print) => {
      const deploy = (dir: string, release = RELEASE, target = join(home, dir, 'releases', release)) => {
        mkdirSync(join(home, dir, 'releases', release), { recursive: true })
        symlinkSync(target, join(home, dir, 'current'))
      }
      deploy('shop')
      deploy("apps/it's a blog")
      deploy('relative', RELEASE, `releases/${RELEASE}`)
      deploy('a/b/c/deep')
      deploy('by-commit', 'abc123')
      deploy('dangling', RELEASE, `/nowhere/releases/${RELEASE}`)
      deploy(`shop/releases/${RELEASE}/inner`)
      deploy('.hidden/app')
      deploy('shop/node_modules/x')
      mkdirSync(join(home, '.rbenv/versions'), { recursive: true })
      const { command, parse } = deploymentsFact()
      const found = parse({ ok: true, code: 0, stdout: print(shell, command), stderr: '' })
      assert.equal(found.home, home)
      assert.equal(found.stopped, undefined)
      const here = found.deployTo.filter((one) => one.startsWith(home)).map((one) => one.slice(home.length + 1))
      assert.deepEqual(here, ["apps/it's a blog", 'relative', 'shop'])
      assert.ok(found.rubies.some(({ manager, root }) => manager === 'rbenv' && root === join(home, '.rbenv')))
    })
  })

  test(`${shell.join(' ')} reads the links of the live release`, { skip: missingShells() }, () => {
    withHome((home, print) => {
      const at = join(home, 'shop')
      const live = join(at, 'releases', RELEASE)
      for (const dir of ['config', 'public', 'node_modules/x']) mkdirSync(join(live, dir), { recursive: true })
      for (const dir of ['log', 'public/up loads', 'config', 'node_modules']) mkdirSync(join(at, 'shared', dir), { recursive: true })
      writeFileSync(join(at, 'shared/config/master.key'), '')
      symlinkSync(live, join(at, 'current'))
      symlinkSync(join(at, 'shared/config/master.key'), join(live, 'config/master.key'))
      symlinkSync('../../../shared/public/up loads', join(live, 'public/up loads'))
      symlinkSync(join(at, 'shared/log'), join(live, 'log'))
      symlinkSync(join(at, 'shared/log'), join(live, 'other'))
      symlinkSync(join(at, 'shared/gone'), join(live, 'gone'))
      symlinkSync('config', join(live, 'own'))
      symlinkSync('/etc', join(live, 'etc'))
      symlinkSync(join(at, 'shared/log'), join(live, 'node_modules/x/log'))
      writeFileSync(join(live, '.ruby-version'), '3.4.1\nmore\n')
      writeFileSync(
        join(at, 'revisions.log'),
        `Branch main (at ${'a'.repeat(40)}) deployed as release 20250101000001 by anna\nBranch a (at b) (at ${'a'.repeat(40)}) deployed as release ${RELEASE} by anna\nanna rolled back to release 20250101000001\n`,
      )
      const { command, parse } = liveReleaseFact({ deployTo: path(at), current: path(at, 'current'), shared: path(at, 'shared') }, 'public')
      assert.deepEqual(parse({ ok: true, code: 0, stdout: print(shell, command), stderr: '' }), {
        linkedFiles: ['config/master.key'],
        linkedDirs: ['log', 'public/up loads'],
        otherLinks: ['other'],
        dangling: ['gone'],
        complete: true,
        ruby: '3.4.1',
        branch: 'a (at b)',
        deploys: 2,
        hasFolder: true,
      })
    })
  })
}

for (const shell of shells) {
  test(`${shell.join(' ')} reads all links beside those with odd names`, { skip: missingShells() }, () => {
    withHome((home, print) => {
      const at = join(home, 'shop')
      const odd = ['!', '$(id)', '%s', '(', '*', '-a', '-x', 'back\\slash', "it's", 'k'.repeat(255)]
      const look = (extra: string) => {
        rmSync(at, { recursive: true, force: true })
        const [live, shared] = [join(at, 'releases', RELEASE), join(at, 'shared')]
        for (const dir of [live, shared]) mkdirSync(dir, { recursive: true })
        symlinkSync(live, join(at, 'current'))
        for (const name of odd) {
          writeFileSync(join(shared, name), '')
          symlinkSync(join(shared, name), join(live, name))
        }
        symlinkSync('/etc/hostname', join(live, extra))
        const { command, parse } = liveReleaseFact({ deployTo: path(at), current: path(at, 'current'), shared: path(at, 'shared') })
        const { linkedFiles, complete } = parse({ ok: true, code: 0, stdout: print(shell, command), stderr: '' })
        return { linkedFiles, complete }
      }
      assert.deepEqual(look('-f'), { linkedFiles: odd, complete: true })
      assert.deepEqual(look('a line\nbreak'), { linkedFiles: odd, complete: false })
    })
  })
}

test('a live release whose node_modules is a linked directory has it in the list', { skip: missingShells() }, () => {
  withHome((home, print) => {
    const at = join(home, 'shop')
    mkdirSync(join(at, 'releases', RELEASE), { recursive: true })
    mkdirSync(join(at, 'shared/node_modules'), { recursive: true })
    symlinkSync(join(at, 'releases', RELEASE), join(at, 'current'))
    symlinkSync(join(at, 'shared/node_modules'), join(at, 'current/node_modules'))
    const { command, parse } = liveReleaseFact({ deployTo: path(at), current: path(at, 'current'), shared: path(at, 'shared') }, 'apps/web')
    const { linkedDirs, deploys, branch, hasFolder } = parse({ ok: true, code: 0, stdout: print(shells[0]!, command), stderr: '' })
    assert.deepEqual([linkedDirs, deploys, branch, hasFolder], [['node_modules'], 0, undefined, false])
  })
})

test('a search that was cut short, or could not look everywhere, is known', () => {
  const rows = (...lines: string[]) => parseDeployments(true, lines.map((line) => `${line}\n`).join(''))
  assert.equal(rows('code 124').stopped, 'time')
  assert.equal(rows('code 143').stopped, 'time')
  assert.equal(rows('code 1').stopped, undefined)
  assert.equal(parseDeployments(false, '').stopped, 'failed')
  assert.deepEqual(rows("closed find: '/srv/a b': Permission denied", 'closed find: /srv/c: Permission denied').closed, [
    '/srv/a b',
    '/srv/c',
  ])
  const many = Array.from({ length: 21 }, (_, i) => [`current /srv/app${i}/current`, `target /srv/app${i}/releases/${RELEASE}`]).flat()
  const found = rows(...many)
  assert.deepEqual([found.deployTo.length, found.stopped], [20, 'number'])
})
