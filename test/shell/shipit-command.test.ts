import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { commandMaker, NO_OPTIONS, type RunOptions } from '../../src/shell/shipit-command.ts'

const made = (given: Partial<RunOptions>, ...words: string[]) =>
  commandMaker({ ...NO_OPTIONS, ...given }, (set) => set.includes('hunter2'))(...words)

const LIMITED = { hosts: 'web1', roles: 'app', branch: 'fix/1' }

/** The options of a run, the command, and the command as printed. */
const CALLS: readonly (readonly [given: Partial<RunOptions>, words: string, printed: string])[] = [
  [{}, 'production deploy', 'shipit production deploy'],
  [{ config: 'other.config.ts' }, 'production deploy', 'shipit production deploy -f other.config.ts'],
  [{ config: "an's config.ts" }, 'production deploy', "shipit production deploy -f 'an'\\''s config.ts'"],
  [{ set: ['keepReleases=3', 'deployTo=~/app'] }, 'test a:b', "shipit test a:b --set keepReleases=3 --set 'deployTo=~/app'"],
  [{ set: ['ssh.user=anna', 'ssh.port=22'] }, 'test a:b --set ssh.user=root', 'shipit test a:b --set ssh.user=root --set ssh.port=22'],
  [{ set: ['env.API_TOKEN=hunter2'] }, 'test a:b', 'shipit test a:b --set env.API_TOKEN="${API_TOKEN:?}"'],
  [{ set: ['sidekiq.redis.apiKey=hunter2'] }, 'test a:b', 'shipit test a:b --set sidekiq.redis.apiKey="${API_KEY:?}"'],
  [{ set: ['vars["a b"]=hunter2'] }, 'test a:b', `shipit test a:b --set 'vars["a b"]='"\${B:?}"`],
  [{ answer: ['dir=/srv/a b', 'token=hunter2'] }, 'test unlock', `shipit test unlock --answer 'dir=/srv/a b' --answer token="\${TOKEN:?}"`],
  [{ answer: ['dir=x'] }, 'test config dir', 'shipit test config dir'],
  [LIMITED, 'test deploy:rollback --release 1', 'shipit test deploy:rollback --release 1 --hosts web1 --roles app'],
  [LIMITED, 'test deploy', 'shipit test deploy --branch fix/1'],
  [{ ...LIMITED, words: ['test', 'deploy'] }, 'test deploy', 'shipit test deploy --branch fix/1 --hosts web1 --roles app'],
  [{ ...LIMITED, config: 'o.ts' }, 'test exec -- ls --hosts', 'shipit test exec -f o.ts --hosts web1 --roles app -- ls --hosts'],
  [{ ...LIMITED, words: ['test', 'deploy'] }, 'test deploy --hosts web1', 'shipit test deploy --hosts web1 --branch fix/1'],
  [{ ...LIMITED, config: 'o.ts', set: ['keepReleases=3'] }, '--tasks', 'shipit --tasks -f o.ts'],
]

for (const [given, words, printed] of CALLS)
  test(`${words} is printed with its options: ${JSON.stringify(given)}`, () => assert.equal(made(given, ...words.split(' ')), printed))

test('a shell reads every word of a printed command unchanged', () => {
  const set = ['vars.a=$(id) `id` "x" \'y\' \\ ;|&', 'vars.b=~', 'vars.c=*', 'vars.d=zwei\nZeilen', 'vars.e=']
  const command = made({ config: '-f $HOME', set }, 'pro duction', 'a:b').replace(/^shipit/, "printf '%s\\0'")
  assert.deepEqual(execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0').slice(0, -1), [
    'pro duction',
    'a:b',
    '-f',
    '-f $HOME',
    ...set.flatMap((one) => ['--set', one]),
  ])
})

test('a printed command with a secret fails in a shell until its variable is set', () => {
  const command = made({ set: ['env.API_TOKEN=hunter2'] }, 'test', 'a:b').replace(/^shipit/, 'echo')
  assert.throws(() => execFileSync('sh', ['-c', command], { env: { PATH: process.env['PATH'] }, stdio: 'pipe' }), /API_TOKEN/)
  const env = { PATH: process.env['PATH'], API_TOKEN: 'given again' }
  assert.equal(execFileSync('sh', ['-c', command], { env, encoding: 'utf8' }), 'test a:b --set env.API_TOKEN=given again\n')
})

test('the value of a task option that is a secret becomes a shell variable', () => {
  assert.equal(
    commandMaker(NO_OPTIONS, (text) => text.includes('hunter2'))(
      'production',
      'chat:post',
      '--api-token=hunter2',
      '--lines=3',
      '--',
      '--x=1',
    ),
    'shipit production chat:post --api-token="${API_TOKEN:?}" --lines=3 -- --x=1',
  )
})
