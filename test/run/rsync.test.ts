import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fullPlan } from '../../src/plan/print-full.ts'
import { planAsJson } from '../../src/plan/print-json.ts'
import { shortPlan } from '../../src/plan/print-short.ts'
import { rsync, type RemotePlace, type RsyncOptions } from '../../src/shell/rsync.ts'
import { sh } from '../../src/shell/sh.ts'
import type { RunContext, StepList } from '../../src/tasks/types.ts'
import { needs } from '../support/needs.ts'
import { path } from '../../src/values/path.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

const skip = needs('rsync')

let fleet: Fleet
/** the folder of the config */
let here: string
/** the home of the host */
let there: string
before(async () => {
  fleet = await startFleet(['a'])
  here = dirname(fleet.repo)
  there = dirname(fleet.on('a', ''))
})
after(() => fleet.stop())
beforeEach(() => {
  for (const folder of [join(here, 'dist'), join(there, 'site'), join(here, 'back'), join(there, 'outside')]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
  }
})

const put = (folder: string, files: Readonly<Record<string, string | Buffer>>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}
const copy = (from: string | RemotePlace, to: string | RemotePlace, options?: RsyncOptions, more?: RunOptions) =>
  run([rsync(from, to, options)], more)
const send = (from: string, to: string, options?: RsyncOptions) => copy(from, { remote: to }, options)
const fetch = (from: string, to: string, options?: RsyncOptions) => copy({ remote: from }, to, options)
const run = (steps: StepList, more: RunOptions = {}) =>
  fleet.run(['copy'], { ...more, config: { tasks: { copy: { steps: () => steps } }, ...more.config } })
/** The run was refused before it changed anything. */
const refused = async (run: Promise<Ran>, why: RegExp) => {
  const ran = await run
  assert.equal(ran.exit, 2)
  assert.match(ran.failures.map(({ reason }) => reason).join('\n'), why)
  assert.ok(!ran.events.some((event) => event.type === 'step:start'))
  return ran
}
const printed = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : []))
const ok = (ran: Ran) => assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
const list = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
const same = (text: string) => text
const plain = { bold: same, dim: same, yellow: same, red: same }

describe('rsync() to a host', { skip }, () => {
  test('sends files byte for byte, with their modes and times, and says what it did', async () => {
    const bytes = randomBytes(3_000_000)
    put(join(here, 'dist'), { 'app.js': 'one\n', 'css/deep/a b.css': bytes, "it's $HOME \\ ü": 'odd' })
    chmodSync(join(here, 'dist/app.js'), 0o750)
    utimesSync(join(here, 'dist/app.js'), 1_000_000_000, 1_000_000_000)
    const ran = await send('dist/', '~/site')
    ok(ran)
    assert.deepEqual(list(join(there, 'site')), list(join(here, 'dist')))
    assert.ok(readFileSync(join(there, 'site/css/deep/a b.css')).equals(bytes))
    const { mode, mtimeMs } = statSync(join(there, 'site/app.js'))
    assert.deepEqual([mode & 0o777, mtimeMs], [0o750, 1_000_000_000_000])
    assert.deepEqual(printed(ran), ['3 files sent, 3.0 MB'])
    assert.deepEqual(printed(await send('dist/', '~/site')), ['nothing to be sent'])
  })

  test('a slash at the end of the source means its contents, and none the folder itself', async () => {
    put(join(here, 'dist'), { x: '1' })
    ok(await send('dist', '~/site'))
    ok(await send('dist/', '~/site/in'))
    ok(await send('dist/.', '~/site/dot'))
    assert.deepEqual(list(join(there, 'site')), ['dist', 'dist/x', 'dot', 'dot/x', 'in', 'in/x'])
  })

  test('makes the folders around the target', async () => {
    put(join(here, 'dist'), { x: '1' })
    ok(await send('dist/x', '~/site/some/where/y'))
    assert.equal(readFileSync(join(there, 'site/some/where/y'), 'utf8'), '1')
  })

  test('with delete removes what the source does not have, except what exclude names', async () => {
    put(join(here, 'dist'), { 'new.js': 'n', 'new.map': 'm', 'cache/x': 'x' })
    put(join(there, 'site'), { 'old.js': 'o', 'old.map': 'm', 'cache/y': 'y' })
    const ran = await send('dist/', '~/site', { delete: true, exclude: ['*.map', '/cache/'] })
    ok(ran)
    assert.deepEqual(list(join(there, 'site')), ['cache', 'cache/y', 'new.js', 'old.map'])
    assert.deepEqual(printed(ran), ['1 file sent, 1 byte; 1 removed'])
  })

  test('with checksum sees a change that keeps size and time', async () => {
    put(join(here, 'dist'), { x: 'one' })
    put(join(there, 'site'), { x: 'two' })
    for (const file of [join(here, 'dist/x'), join(there, 'site/x')]) utimesSync(file, 1_000_000_000, 1_000_000_000)
    ok(await send('dist/', '~/site', { compress: true }))
    assert.equal(readFileSync(join(there, 'site/x'), 'utf8'), 'two')
    ok(await send('dist/', '~/site', { checksum: true }))
    assert.equal(readFileSync(join(there, 'site/x'), 'utf8'), 'one')
  })

  test('writes and removes through no link in the target', async () => {
    put(join(there, 'outside'), { keep: 'k' })
    symlinkSync(join(there, 'outside'), join(there, 'site/dir'))
    symlinkSync(join(there, 'outside/keep'), join(there, 'site/file'))
    symlinkSync(join(there, 'outside'), join(there, 'site/gone'))
    put(join(here, 'dist'), { 'dir/x': 'x', file: 'f' })
    ok(await send('dist/', '~/site', { delete: true }))
    assert.deepEqual(list(join(there, 'outside')), ['keep'])
    assert.equal(readFileSync(join(there, 'outside/keep'), 'utf8'), 'k')
    assert.deepEqual(list(join(there, 'site')), ['dir', 'dir/x', 'file'])
    assert.ok(lstatSync(join(there, 'site/dir')).isDirectory() && lstatSync(join(there, 'site/file')).isFile())
  })

  test('a link that leads out of the source is left out, and one inside is sent', async () => {
    put(join(here, 'dist'), { x: '1' })
    symlinkSync('/etc/passwd', join(here, 'dist/out'))
    symlinkSync('x', join(here, 'dist/in'))
    const ran = await send('dist/', '~/site')
    ok(ran)
    assert.deepEqual(list(join(there, 'site')), ['in', 'x'])
    assert.equal(readlinkSync(join(there, 'site/in')), 'x')
    assert.deepEqual(printed(ran), [
      'ignoring unsafe symlink "out" -> "/etc/passwd"',
      '1 file sent, 1 byte; 1 link that leads out left out',
    ])
  })

  test('the umask of the stage takes modes away', async () => {
    put(join(here, 'dist'), { 'a/x': '1' })
    chmodSync(join(here, 'dist/a/x'), 0o666)
    ok(
      await copy(
        'dist/',
        { remote: '~/site' },
        {},
        { config: { umask: '0027', tasks: { copy: { steps: () => [rsync('dist/', { remote: '~/site' })] } } } },
      ),
    )
    assert.equal(statSync(join(there, 'site/a/x')).mode & 0o777, 0o640)
  })

  test('a link of a repository on the way to a target in a release is refused', async () => {
    put(join(here, 'dist'), { x: '1' })
    fleet.commit('app', 'x')
    const at = await fleet.run(['deploy'], {
      config: {
        tasks: {
          link: {
            steps: ({ paths }: { paths: { release: string } }) => [
              sh`ln -s ${join(there, 'outside')} ${path(String(paths.release), 'public')}`,
            ],
          },
          copy: {
            steps: ({ paths }: { paths: { release: { join(...parts: string[]): string } } }) => [
              rsync('dist/', { remote: paths.release.join('public/dist') }),
            ],
          },
        },
        hooks: { before: { 'deploy:updated': ['link', 'copy'] } },
      },
    })
    assert.equal(at.exit, 1)
    assert.match(at.failures[0]!.output.join('\n'), /public is a link to .*outside, and rsync\(\) puts public\/dist there/)
    assert.deepEqual(list(join(there, 'outside')), [])
  })

  test('delete is refused where it would remove what a deploy needs, before anything connects', async () => {
    put(join(here, 'dist'), { x: '1' })
    for (const to of ['~/srv/shared', '~/srv', '~/srv/.shipit/releases'])
      await refused(send('dist/', to, { delete: true }), /rsync\(\) with delete to ~\/srv.* would remove .*which a deploy needs/)
    // what only the host can see
    mkdirSync(join(there, 'other/.shipit'), { recursive: true })
    mkdirSync(join(there, 'other/shared'), { recursive: true })
    put(join(there, 'other/shared'), { keep: 'k' })
    const ran = await send('dist/', '~/other/shared', { delete: true })
    assert.equal(ran.exit, 1)
    assert.match(JSON.stringify(ran.failures), /is a part of a deployment of shipit/)
    assert.deepEqual(list(join(there, 'other/shared')), ['keep'])
  })

  test('an absent source is refused before anything runs', async () => {
    await refused(
      run([sh`touch ${join(there, 'ran')}`, rsync('missing/', { remote: '~/site' })]),
      /copy: missing\/ does not exist on this machine/,
    )
    assert.ok(!existsSync(join(there, 'ran')))
  })

  test('a source that cannot be read is an error that says why, before anything runs', async () => {
    put(here, { 'dist/file': 'x' })
    await refused(run([rsync('dist/file/', { remote: '~/site' })]), /copy: dist\/file\/ cannot be read: ENOTDIR/)
  })

  test('an absent source that code was to make fails the step, and nothing is removed', async () => {
    put(join(there, 'site'), { keep: 'k' })
    const ran = await fleet.run(['make', 'copy'], {
      config: {
        tasks: { make: { run: async () => {} }, copy: { steps: () => [rsync('missing/', { remote: '~/site' }, { delete: true })] } },
      },
    })
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /missing\/ does not exist on this machine/)
    assert.deepEqual(list(join(there, 'site')), ['keep'])
  })
})

describe('rsync() from a host', { skip }, () => {
  test('fetches into a folder here, and with delete removes what the host does not have', async () => {
    put(join(there, 'site'), { 'a/x': '1', y: '2' })
    put(join(here, 'back'), { old: 'o', 'keep.log': 'l' })
    const ran = await fetch('~/site/', 'back', { delete: true, exclude: ['*.log'] })
    ok(ran)
    assert.deepEqual(list(join(here, 'back')), ['a', 'a/x', 'keep.log', 'y'])
    assert.deepEqual(printed(ran), ['2 files fetched, 2 bytes; 1 removed'])
  })

  test('a large file arrives, however much faster it comes than it is written', async () => {
    const bytes = randomBytes(150_000_000)
    put(join(there, 'site'), { large: bytes })
    ok(await fetch('~/site/', 'back'))
    assert.ok(readFileSync(join(here, 'back/large')).equals(bytes))
  })

  test('a source that does not exist on the host is an error, and removes nothing here', async () => {
    put(join(here, 'back'), { old: 'o' })
    const ran = await fetch('~/missing/', 'back', { delete: true })
    assert.equal(ran.exit, 1)
    assert.match(JSON.stringify(ran.failures), /missing does not exist/)
    assert.deepEqual(list(join(here, 'back')), ['old'])
  })

  for (const name of [
    'a b',
    "it's",
    'x[1]',
    'st*r',
    'q?',
    'back\\slash',
    'co:lon',
    '-dash',
    '$HOME',
    '~tilde',
    ' lead',
    'trail ',
    '#x',
    'ü',
  ])
    test(`a file and a folder called ${JSON.stringify(name)} go there and back`, async () => {
      put(join(here, 'dist'), { [name]: '1', [`d${name}/f`]: '2' })
      ok(await run([rsync(`dist/${name}`, { remote: `~/site/${name}` }), rsync(`dist/d${name}/`, { remote: `~/site/d${name}` })]))
      assert.deepEqual(list(join(there, 'site')), [name, `d${name}`, `d${name}/f`].sort())
      ok(await run([rsync({ remote: `~/site/${name}` }, 'back/'), rsync({ remote: `~/site/d${name}` }, 'back/')]))
      assert.deepEqual(list(join(here, 'back')), list(join(there, 'site')))
    })

  test('names in Latin-1 go there and back', async () => {
    const name = Buffer.from([0x61, 0xff, 0x62])
    writeFileSync(Buffer.concat([Buffer.from(join(here, 'dist/')), name]), 'x')
    ok(await send('dist/', '~/site'))
    ok(await fetch('~/site/', 'back'))
    assert.deepEqual(readdirSync(join(here, 'back'), { encoding: 'buffer' }), [name])
  })

  test('a relative path beginning with a dash is taken as a path', async () => {
    put(join(here, 'dist'), { x: '1' })
    ok(await run([rsync('dist/', { remote: '-site' }).in('~/site'), rsync({ remote: '-site/' }, 'back').in('~/site')]))
    assert.deepEqual([list(join(there, 'site')), list(join(here, 'back'))], [['-site', '-site/x'], ['x']])
  })

  test('delete into the folder of the config is refused', async () => {
    await refused(fetch('~/site/', '.', { delete: true }), /rsync\(\) with delete to \. would remove .*deploy\.config/)
  })
})

describe('a step rsync()', { skip }, () => {
  test('is in the plan with its direction, delete and exclude, and starts nothing', async () => {
    put(join(here, 'dist'), { x: '1' })
    const steps = [
      rsync('dist/', { remote: '/srv/www' }, { delete: true, exclude: ['*.map'] }),
      rsync({ remote: '/srv/up loads/' }, 'back'),
    ]
    const ran = await run(steps, { planOnly: true })
    const short = shortPlan(ran.plan!, 'plan', { columns: 200, paint: plain })
    assert.match(short, /rsync: send dist\/ to \/srv\/www, delete what it does not have, exclude \*\.map/)
    assert.match(short, /rsync: fetch \/srv\/up loads\/ to back/)
    const full = fullPlan(ran.plan!, 'plan')
    assert.match(full, /on this machine: rsync -rlpt --safe-links --delete '--exclude=\*\.map' dist\/ HOST:\/srv\/www/)
    assert.match(full, /on this machine: rsync -rlpt --safe-links 'HOST:\/srv\/up loads\/' back/)
    assert.match(full, /at='\/srv\/up loads' slash=\//)
    assert.match(
      planAsJson(ran.plan!, 'plan', same),
      /"rsync":\{"direction":"send","here":"dist\/","there":"\/srv\/www","delete":true,"exclude":\["\*\.map"\]\}/,
    )
    assert.ok(!ran.events.some((event) => event.type === 'step:start'))
  })

  test('says in the plan and in the run that an empty source with delete removes everything', async () => {
    put(join(there, 'site'), { x: '1' })
    const steps = [rsync('dist/', { remote: '~/site' }, { delete: true })]
    const ran = await run(steps, { planOnly: true })
    assert.match(shortPlan(ran.plan!, 'plan', { columns: 200, paint: plain }), /: dist\/ is empty, so all that is in the target is removed/)
    assert.match(printed(await run(steps)).join('\n'), /^dist\/ is empty: all that is in the target is removed\n.*1 removed/)
  })

  test('runs only if its guards let it', async () => {
    put(join(here, 'dist'), { x: '1' })
    const step = rsync('dist/', { remote: '~/site' })
    const ran = await run([step.unless(sh`true`), step.onlyIf(sh`false`), sh`[ ! -e ${join(there, 'site/x')} ]`, step.onlyIf(sh`true`)])
    ok(ran)
    assert.deepEqual(list(join(there, 'site')), ['x'])
  })

  test('takes no option of rsync from the environment', async () => {
    put(join(here, 'dist'), { x: '1' })
    const odd = { RSYNC_RSH: 'false', RSYNC_PROTECT_ARGS: '1', RSYNC_OLD_ARGS: '1' }
    Object.assign(process.env, odd)
    try {
      ok(await send('dist/', '~/site'))
      assert.deepEqual(list(join(there, 'site')), ['x'])
    } finally {
      for (const name of Object.keys(odd)) delete process.env[name]
    }
  })

  test('works in code, in both directions', async () => {
    put(join(here, 'dist'), { x: '1' })
    const ran = await fleet.run(['code'], {
      config: {
        tasks: {
          code: {
            run: async ({ on }: RunContext) => {
              await on('all', async (h) => {
                await h.rsync('dist/', { remote: '~/site' })
                await h.rsync({ remote: '~/site/' }, 'back')
                await assert.rejects(h.rsync({ remote: '~/nowhere' }, 'back'), /nowhere does not exist/)
              })
            },
          },
        },
      },
    })
    ok(ran)
    assert.deepEqual(list(join(here, 'back')), ['x'])
  })

  test('fails with the words of rsync, and what its exit code means', async () => {
    put(join(here, 'dist'), { x: '1' })
    put(join(there, 'site'), { 'x/in': '1' })
    const ran = await send('dist/', '~/site')
    assert.equal(ran.exit, 1)
    const [{ reason, hint }] = ran.failures as never as [{ reason: string; hint: string }]
    assert.match(reason, /^rsync: exit 23: some files could not be copied; the others were\n.*x/s)
    assert.match(reason, /cannot delete non-empty directory|could not make way/)
    assert.match(hint, /names them/)
    ok(await run([rsync('dist/', { remote: '~/site' }).allowFailure({ codes: [23] })]))
  })

  test('refuses what it cannot mean', () => {
    assert.throws(() => rsync('a', 'b'), /both sides are on this machine/)
    assert.throws(() => rsync({ remote: 'a' }, { remote: 'b' }), /both sides are on the host/)
    assert.throws(() => rsync('', { remote: 'b' }), /takes a path of this machine/)
    assert.throws(() => rsync('a', { remote: 'b\nc' }), /takes a path, and not/)
    assert.throws(() => rsync({ remote: '/x/a\\b*' }, 'b'), /takes its name for a pattern/)
    assert.throws(() => rsync('a', { remote: 'b' }, { exclude: ['a\nb'] }), /exclude is a list/)
    assert.throws(() => rsync('a', { remote: 'b' }).sudo(), /cannot have \.sudo\(\)/)
    assert.throws(() => rsync('a', { remote: 'b' }).stdin('x'), /rsync\(\) cannot have \.stdin\(\)/)
    assert.throws(() => sh`${rsync('a', { remote: 'b' })}`, /is rsync\(\), which is a step by itself/)
  })

  test('two hosts are not fetched from to one place', async () => {
    const other = await startFleet(['b', 'c'])
    try {
      const config = { tasks: { copy: { steps: () => [rsync({ remote: '/etc/hostname' }, 'back/')] } } }
      await refused(other.run(['copy'], { config }), /copy: rsync\(\) to back\/ from b and from c/)
    } finally {
      await other.stop()
    }
  })
})

describe('without rsync', () => {
  test('on the host, the step fails with the command that installs it there', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'shipit-bin-'))
    try {
      put(join(here, 'dist'), { x: '1' })
      for (const name of ['mkdir', 'cat', 'readlink']) symlinkSync(`/bin/${name}`, join(bin, name))
      const ran = await run([rsync('dist/', { remote: '~/site' }).env({ PATH: bin })])
      assert.equal(ran.exit, 1)
      const [failure] = ran.failures
      assert.match(JSON.stringify(failure), /rsync is not installed/)
      assert.match(failure!.hint ?? '', /^ssh .*'sudo apt-get install rsync', or use upload\(\) and download\(\)/)
    } finally {
      rmSync(bin, { recursive: true })
    }
  })

  test('here, nothing runs', async () => {
    put(join(here, 'dist'), { x: '1' })
    const path = process.env['PATH']
    process.env['PATH'] = here
    try {
      await refused(copy('dist/', { remote: '~/site' }), /rsync is not installed on this machine/)
    } finally {
      process.env['PATH'] = path
    }
  })
})
