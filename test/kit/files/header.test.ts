import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { path } from '../../../src/index.ts'
import {
  describeWriter,
  headerOf,
  headerStart,
  isOurFile,
  parseHeader,
  sameBody,
  type HeaderContext,
} from '../../../src/kit/files/header.ts'
import type { Paths } from '../../../src/index.ts'

const use = (given: Partial<Omit<HeaderContext, 'paths'>> & { readonly deployTo?: string } = {}): HeaderContext => ({
  application: 'shop',
  stage: 'production',
  usedAs: 'monit',
  layout: { home: '/home/deploy' },
  ...given,
  paths: { deployTo: path(given.deployTo ?? '/srv/shop') } as Paths,
})

test('a header names the application, stage, use, file and deployTo of a file', () => {
  const header = '# Written by shipit for shop (production): monit:install writes web anew from the config. Deployed to /srv/shop'
  assert.equal(headerOf(use(), 'web'), header)
  assert.deepEqual(parseHeader(`${header}\ncheck process web`), {
    application: 'shop',
    stage: 'production',
    use: 'monit',
    part: undefined,
    of: { name: 'web', deployTo: '/srv/shop' },
  })
})

test('a header has the full path of a deployTo in the home', () => {
  assert.match(headerOf(use({ deployTo: '~/shop' }), 'web'), /Deployed to \/home\/deploy\/shop$/)
})

test('parseHeader() reads back every header of headerOf()', () => {
  const name = fc.stringMatching(/^[\w.-]{1,12}$/)
  const word = fc.stringMatching(/^[a-z][\w-]{0,8}$/)
  const words = fc.stringMatching(/^[\w.() -]{0,8}[\w)]$/)
  fc.assert(
    fc.property(words, name, word, fc.option(word, { nil: undefined }), name, words, (application, stage, usedAs, part, file, folder) => {
      const c = { ...use({ application, stage, usedAs, deployTo: `/srv/${folder}` }), part }
      const of = { name: file, deployTo: `/srv/${folder}` }
      assert.deepEqual(parseHeader(headerOf(c, file)), { application, stage, use: usedAs, part, of })
    }),
    { numRuns: 500 },
  )
})

const rows: readonly { readonly what: string; readonly text: string; readonly isOurs: boolean; readonly writer: string }[] = [
  {
    what: 'its own file',
    text: headerOf(use(), 'web'),
    isOurs: true,
    writer: 'was written by shipit for shop (production): monit:install, deployed to /srv/shop',
  },
  {
    what: 'a file of another deployTo',
    text: headerOf(use({ deployTo: '/srv/shop2' }), 'web'),
    isOurs: false,
    writer: 'was written by shipit for shop (production): monit:install, deployed to /srv/shop2',
  },
  {
    what: 'an older header without a folder',
    text: '# Written by shipit for shop (production): monit:install writes it anew from the config',
    isOurs: true,
    writer: 'was written by shipit for shop (production): monit:install',
  },
  {
    what: 'a copy under another name',
    text: headerOf(use(), 'old'),
    isOurs: false,
    writer: 'is a copy of old, which was written by shipit for shop (production): monit:install, deployed to /srv/shop',
  },
  {
    what: 'a file of another stage',
    text: headerOf(use({ stage: 'staging' }), 'web'),
    isOurs: false,
    writer: 'was written by shipit for shop (staging): monit:install, deployed to /srv/shop',
  },
  {
    what: 'a file of a part of the use',
    text: headerOf({ ...use(), part: 'worker' }, 'web'),
    isOurs: true,
    writer: 'was written by shipit for shop (production): monit:worker:install, deployed to /srv/shop',
  },
  {
    what: 'a file of another use',
    text: headerOf(use({ usedAs: 'watch' }), 'web'),
    isOurs: false,
    writer: 'was written by shipit for shop (production): watch:install, deployed to /srv/shop',
  },
  { what: 'a file written by hand', text: 'check process web', isOurs: false, writer: 'was not written by shipit' },
  { what: 'a header in the second line', text: `#\n${headerOf(use(), 'web')}`, isOurs: false, writer: 'was not written by shipit' },
  {
    what: 'an older header without a use',
    text: '# by shipit, for shop (production)',
    isOurs: false,
    writer: 'was written by shipit for shop (production)',
  },
]
for (const { what, text, isOurs, writer } of rows)
  test(`${what} is ${isOurs ? 'ours' : 'not ours'}, and its writer is described`, () => {
    assert.equal(isOurFile(use(), 'web', `${text}\nmore\n`), isOurs)
    assert.equal(describeWriter('web', `${text}\nmore\n`), writer)
  })

test('sameBody() ignores the first comments of files', () => {
  assert.ok(sameBody('# one\n# two\nbody\n', '# other\nbody'))
  assert.ok(!sameBody('# one\nbody\n', '# one\nbody 2\n'))
})

test('headerStart() begins the header of every part of a use, and of files from before parts had their names', () => {
  const c = { ...use(), part: 'web' }
  for (const header of [headerOf(c, 'web'), headerOf({ ...use(), part: 'other' }, 'other'), headerOf(use(), 'web')])
    assert.ok(header.startsWith(headerStart(c)), header)
  assert.ok(!headerOf({ ...use({ usedAs: 'monit2' }), part: 'web' }, 'web').startsWith(headerStart(c)))
})
