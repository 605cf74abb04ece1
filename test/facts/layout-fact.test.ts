import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { layoutFact, parseLayout } from '../../src/facts/layout-fact.ts'
import { render } from '../../src/shell/render.ts'
import { path } from '../../src/values/path.ts'
import { missingShells, shells } from '../shell/shells.ts'
import { program } from '../support/needs.ts'
import { readLayout } from './support.ts'

const A = 'a'.repeat(40)

for (const shell of shells) {
  test(`${shell.join(' ')} reads all the facts of a host`, { skip: missingShells() }, () => {
    const root = mkdtempSync(join(tmpdir(), "shipit facts '"))
    try {
      const make = (...parts: string[]) => mkdirSync(join(root, ...parts), { recursive: true })
      for (const name of ['20260101000001', '20260101000002', '20260101000003', '20260101000004', 'not-a-release']) make('releases', name)
      make('.shipit', 'releases')
      make('repo')
      writeFileSync(join(root, '.shipit/releases/20260101000003'), 'building\n')
      writeFileSync(join(root, 'releases/20260101000002/REVISION'), `${A}\n`)
      // nothing ever comes out of it
      execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(root, 'releases/20260101000004/REVISION')])
      writeFileSync(
        join(root, 'revisions.log'),
        `Branch main (at ${A}) deployed as release 20260101000001 by anna\nanna rolled back to release 20260101000002\nnoise\n`,
      )
      symlinkSync(join(root, 'releases/20260101000002'), join(root, 'current'))
      execFileSync('git', ['init', '-q', '--bare', join(root, 'repo')])
      execFileSync('git', ['--git-dir', join(root, 'repo'), 'remote', 'add', 'origin', 'git@example.com:shop.git'])
      const facts = readLayout(shell, root)
      assert.deepEqual(facts.current, {
        kind: 'link',
        target: join(root, 'releases/20260101000002'),
        release: '20260101000002',
        exists: true,
      })
      assert.equal(facts.revision, A)
      assert.deepEqual(
        facts.releases.map(({ name, state, recorded, revision }) => [name.slice(-1), state, recorded, revision]),
        [
          ['1', 'good', false, undefined],
          ['2', 'good', false, A],
          ['3', 'building', true, undefined],
          ['4', 'unknown', false, undefined],
        ],
      )
      assert.deepEqual(facts.repo, {
        exists: true,
        url: 'git@example.com:shop.git',
        is: 'repository',
        link: undefined,
        mark: undefined,
        mirror: false,
        refs: false,
        signs: [],
      })
      assert.deepEqual([facts.missing, facts.mvT, facts.home], [[], true, process.env['HOME']])
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
}

for (const shell of [['dash'], ['bash'], ['busybox', 'sh']]) {
  test(
    `${shell.join(' ')} asks mv for its options only where no other GNU program is beside it`,
    { skip: program(shell[0]!) === undefined ? `${shell[0]} is not installed` : process.platform !== 'linux' && 'this is not Linux' },
    () => {
      const root = mkdtempSync(join(tmpdir(), 'shipit-facts-'))
      const at = path(root)
      const fact = layoutFact({ deployTo: at, releases: at.join('releases'), current: at.join('current'), repo: at.join('repo') })
      const read = (folders: string) => {
        const { stdout } = spawnSync(program(shell[0]!)!, [...shell.slice(1), '-s'], {
          input: render(fact, { secrets: 'reveal' }),
          encoding: 'utf8',
          env: { HOME: root, PATH: folders },
        })
        return parseLayout(stdout, `${root}/releases`).mvT
      }
      const stub = (name: string, text: string) => writeFileSync(join(root, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
      try {
        stub('mv', ': >"$0.started"; echo "usage: mv -T"')
        stub('dircolors', ':')
        assert.deepEqual([read(root), existsSync(join(root, 'mv.started'))], [true, false])
        rmSync(join(root, 'dircolors'))
        assert.deepEqual([read(root), existsSync(join(root, 'mv.started'))], [true, true])
        stub('mv', 'echo "usage: mv [-hv]" >&2; exit 1')
        assert.equal(read(root), false)
      } finally {
        rmSync(root, { recursive: true, force: true })
      }
    },
  )
}

test('a link to a release by another path counts as that release', () => {
  const facts = parseLayout(
    'link /data/shop/releases/20260101000001\nlive 20260101000001\nrelease 20260101000001 -\n',
    '/srv/shop/releases',
  )
  assert.deepEqual(facts.current, { kind: 'link', target: '/data/shop/releases/20260101000001', release: '20260101000001', exists: false })
  assert.equal(facts.releases[0]!.state, 'unknown')
})

test('an empty host and a current that is not a link are read', () => {
  const none = parseLayout('home /home/deploy\nuser deploy\nmvT yes\n', '/srv/releases')
  assert.deepEqual([none.current, none.releases, none.repo.is], [{ kind: 'none' }, [], 'none'])
  assert.deepEqual(parseLayout('other a directory\n', '/srv/releases').current, { kind: 'other', what: 'a directory' })
  assert.deepEqual(parseLayout('link /elsewhere/20260101000001\n', '/srv/releases').current, {
    kind: 'link',
    target: '/elsewhere/20260101000001',
    release: undefined,
    exists: false,
  })
  assert.equal(
    (parseLayout('home /home/d\nlink /home/d/srv/releases/20260101000001\n', '~/srv/releases').current as { release?: string }).release,
    '20260101000001',
  )
})
