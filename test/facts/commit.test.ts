import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commitFact, parseCommit } from '../../src/facts/commit.ts'
import { path } from '../../src/values/path.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const error = (stdout: string, ref: string) => (parseCommit(stdout, ref) as { error: string }).error

test('a branch, a tag and an annotated tag resolve to their commit', () => {
  assert.deepEqual(parseCommit(`${A}\trefs/heads/main\n`, 'main'), { sha: A })
  assert.deepEqual(parseCommit(`${A}\trefs/tags/v1\n${B}\trefs/tags/v1^{}\n`, 'v1'), { sha: B })
  assert.deepEqual(parseCommit(`${A}\trefs/heads/other/main\n${B}\trefs/heads/main\n`, 'main'), { sha: B })
  assert.deepEqual(parseCommit(`${A}\tHEAD\n`, 'HEAD'), { sha: A })
  assert.deepEqual(parseCommit(`${A}\trefs/tags/v1\n${B}\trefs/tags/v1^{}\n`, 'refs/tags/v1'), { sha: B })
  assert.deepEqual(parseCommit(`${'c'.repeat(64)}\trefs/heads/main\n`, 'main'), { sha: 'c'.repeat(64) })
})

test('a name that is both a branch and a tag is an error, unless both are one commit', () => {
  assert.deepEqual(parseCommit(`${A}\trefs/heads/v1\n${B}\trefs/tags/v1\n`, 'v1'), {
    error: '"v1" is both a branch and a tag, of different commits',
    hint: 'say which one: --branch refs/heads/v1, or --branch refs/tags/v1',
  })
  assert.deepEqual(parseCommit(`${A}\trefs/heads/v1\n${A}\trefs/tags/v1\n`, 'v1'), { sha: A })
})

test('the error for an unknown name lists the nearest names, or all if there are few', () => {
  assert.match(
    error(`all\n${A}\tHEAD\n${A}\trefs/heads/main\n${B}\trefs/heads/x\n`, 'mian'),
    /no branch or tag "mian" \(did you mean "main"\?\)$/,
  )
  assert.match(error(`all\n${A}\trefs/heads/main\n${B}\trefs/tags/v1\n${A}\trefs/tags/v1^{}\n`, 'release'), /"release": it has main, v1$/)
  assert.match(error(`all\n${Array.from({ length: 9 }, (_, i) => `${A}\trefs/heads/b${i}`).join('\n')}\n`, 'release'), /"release"$/)
  assert.match(error('all\n', 'main'), /it has none yet; push first$/)
})

test("the error for a branch with its remote's name suggests the branch alone", () => {
  const refs = `all\n${A}\trefs/heads/main\n${B}\trefs/heads/feature/x\n${B}\trefs/heads/other/y\n`
  for (const ref of ['origin/main', 'upstream/main', 'remotes/origin/main', 'refs/remotes/origin/main'])
    assert.equal(error(refs, ref), `the repository has no branch or tag "${ref}" (did you mean "main"?)`)
  assert.match(error(refs, 'origin/feature/x'), /\(did you mean "feature\/x"\?\)$/)
  assert.match(error(refs, 'origin/nothing'), /"origin\/nothing": it has main, feature\/x, other\/y$/)
})

test('a short commit is a unique prefix, unless a branch has that name', () => {
  const one = `abc1234${'0'.repeat(33)}`
  const two = `abc1234${'1'.repeat(33)}`
  assert.deepEqual(parseCommit(`${one}\trefs/heads/main\n`, 'abc1234'), { sha: one })
  assert.deepEqual(parseCommit(`\ncommit ${one}\n`, 'ABC1234'), { sha: one })
  assert.deepEqual(parseCommit(`${one}\trefs/heads/main\ncommit ${one}\n`, 'abc1234'), { sha: one })
  assert.deepEqual(parseCommit(`${one}\trefs/tags/v1\n${B}\trefs/tags/v1^{}\n`, 'abc1234'), { sha: B })
  assert.deepEqual(parseCommit(`${A}\trefs/heads/abc1234\n${one}\trefs/heads/main\n`, 'abc1234'), { sha: A })
  assert.deepEqual(parseCommit(`${one}\trefs/heads/main\ncommit ${two}\n`, 'abc1234'), {
    error: `"abc1234" is the beginning of 2 commits: ${one}, ${two}`,
    hint: 'give more digits',
  })
  assert.match(error('\n', 'abc1234'), /no commit "abc1234"/)
  assert.match(error('all\n\n', 'abc1234'), /it has none yet/)
  assert.match(error(`all\n${A}\trefs/heads/main\n`, 'abc12'), /a commit needs 7 digits or more/)
})

test('a full commit is used as it is, in capitals too, without asking the git server', () => {
  const git = { hostKeys: 'yes', limit: 10, timeout: 1000, transferTimeout: 1000, submodules: true, lfs: true } as const
  for (const ref of [A, A.toUpperCase(), 'd'.repeat(64)]) assert.equal(commitFact({ repoUrl: 'url', git }, ref, path('/repo')), undefined)
})
