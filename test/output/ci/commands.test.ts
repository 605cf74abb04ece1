import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { annotationLine, groupLine, maskLines, notACommand, placeIn } from '../../../src/output/ci/commands.ts'

const here = placeIn(process.cwd())

test('an annotation has its file, its line and everything escaped that would end it', () => {
  assert.equal(
    annotationLine(
      { level: 'error', title: 'app:build on a1, a2', message: '50% done\nthen: stopped', where: 'deploy.config.ts:12' },
      here,
    ),
    '::error file=deploy.config.ts,line=12,title=app%3Abuild on a1%2C a2::50%25 done%0Athen: stopped',
  )
  assert.equal(
    annotationLine({ level: 'warning', title: 'x', message: 'y', where: 'a,b:c.ts' }, here),
    '::warning file=a%2Cb%3Ac.ts,title=x::y',
  )
})

test('an annotation of a place outside of the repository has no file', () => {
  assert.equal(annotationLine({ level: 'error', title: 'x', message: 'y', where: '/etc/hosts:3' }, here), '::error title=x::y')
})

test('a place is named from the root of the repository, even in a subfolder', () => {
  assert.equal(placeIn(join(process.cwd(), '..'))('deploy.config.ts'), join(process.cwd().split('/').at(-1)!, 'deploy.config.ts'))
})

test('titles of groups stay on one line', () => {
  assert.equal(groupLine('one\n::error::two 100%'), '::group::one ::error::two 100%25')
})

test('a secret of several lines is masked line by line, and a short line is not masked', () => {
  assert.deepEqual(maskLines('-----BEGIN KEY-----\r\n  abcd%  \nab\n\n'), ['::add-mask::-----BEGIN KEY-----', '::add-mask::abcd%25'])
})

test('no line that a server prints is a command of the runner', () => {
  // as actions/runner finds them: ActionCommand.TryParseV2 and TryParse
  const isCommand = (line: string): boolean => line.trimStart().startsWith('::') || line.includes('##[')
  for (const line of ['::add-mask::x', '  \t::error::x', 'a1  ##[add-path]/tmp', '::', '##[##[group]', '\u00a0::warning::x'])
    assert.ok(isCommand(line) && !isCommand(notACommand(line)), JSON.stringify(line))
  for (const line of ['a1  std::string', 'x :: y', '#[derive]', '']) assert.equal(notACommand(line), line)
})
