import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

// Whatever a config, its tasks and its names contain: a terminal gets no control sequence but colours, and programs get valid JSON.

const CLEAR = '\u001b[2J\u001b[H'
const TITLE = '\u001b]0;owned\u0007'
const LINK = '\u001b]8;;https://evil.example.com\u001b\\click\u001b]8;;\u001b\\'
let project: Place
before(() => {
  project = place()
  const bad = JSON.stringify(`${CLEAR}${TITLE}${LINK}\u009b2J\u202e\rover`)
  project.write({
    'deploy.config.ts': `import { sh, note } from 'shipit-ts'
const bad = ${bad}
console.log('loaded ' + bad + ' here')
console.error('loaded too ' + bad)
process.stdout.write('cut \\u001b]0;ow')
process.stdout.write('ned\\u0007 whole\\n')
process.stdout.write(Buffer.from('byt\\u001b[2Jes\\n'))
export default {
  application: 'shop',
  tasks: {
    says: { description: 'Says ' + bad, on: 'local', run: async ({ log, local }) => {
      console.log('printed ' + bad)
      process.stdout.write('written ' + bad + '\\n')
      process.stderr.write('erred ' + bad + '\\n')
      log.info('logged ' + bad)
      log.table([{ name: 'cell ' + bad }])
      await local.run(sh\`printf '%s\\n' \${bad}\`.title('title ' + bad))
      await local.run(sh\`git log -1 --format=%s\`.allowFailure())
    } },
    steps: { on: 'local', steps: () => [sh\`printf '%s\\n' \${bad}\`.title('title ' + bad).env({ A: bad })] },
    fails: { on: 'local', run: async ({ fail }) => fail('failed ' + bad, { hint: 'hint ' + bad }) },
    throws: { on: 'local', run: async () => { throw new Error('thrown ' + bad) } },
    strays: { on: 'local', run: async () => {
      setTimeout(() => { throw new Error('stray ' + bad) }, 1)
      await new Promise((resolve) => setTimeout(resolve, 50))
    } },
    hints: { on: 'local', steps: () => [sh\`echo \${bad} >&2; exit 3\`.hint('hint ' + bad)] },
  },
  stages: { test: { servers: [] } },
}
void note
`
      .replace("import { sh, note } from 'shipit-ts'", "import { sh } from 'shipit-ts'")
      .replace('void note\n', ''),
  })
})
after(() => project?.remove())

/** How a tree is drawn: the cursor up and down, lines erased, the cursor and wrapping off and on. */
const DRAWN = /\u001b\[(?:\d*[ABGK]|\d*J(?<!2J)|\?(?:25|7|2026)[hl])|\r/g

/** No sequence but colours, no control character but line ends and tabs. */
const tame = (text: string, where: string, tree = false): void => {
  const drawn = tree ? text.replaceAll(DRAWN, '') : text
  const bare = drawn.replaceAll(/\u001b\[[0-9;]*m/g, '')
  // oxlint-disable-next-line no-control-regex
  const wild = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.exec(bare)
  assert.ok(wild === null, `${where}: ${JSON.stringify(bare.slice(Math.max(0, (wild?.index ?? 0) - 60), (wild?.index ?? 0) + 40))}`)
}

const COMMANDS: readonly (readonly [words: readonly string[], code: number])[] = [
  [['test', 'says'], 0],
  [['test', 'steps'], 0],
  [['test', 'fails'], 1],
  [['test', 'throws'], 1],
  [['test', 'strays'], 1],
  [['test', 'hints'], 1],
  [['test', 'plan', 'steps'], 0],
  [['test', 'steps', '--dry-run'], 0],
  [['--tasks'], 0],
  [['test', '--tasks'], 0],
  [['test', `${CLEAR}${TITLE}nothing`], 2],
  [['test', 'says', '--set', `deployTo=${CLEAR}${TITLE}`], 2],
]
for (const output of ['plain', 'tree', 'jsonl'] as const)
  for (const [words, code] of COMMANDS)
    test(`shipit ${words.map((word) => JSON.stringify(word).slice(1, -1)).join(' ')} -o ${output} sends a terminal no control sequence but colours`, async () => {
      const log = words[1] === 'says' || words[1] === 'hints' ? ['--log', `${output}.log`] : ['--no-log']
      const ran = await project.shipit([...words, '-o', output, ...log])
      assert.equal(ran.code, code, ran.stdout + ran.stderr)
      tame(ran.stdout, 'stdout', output === 'tree')
      tame(ran.stderr, 'stderr')
      const all = ran.stdout + ran.stderr
      assert.match(all, /loaded .*click.*over here\n/s)
      assert.match(all, /cut  whole\nbytes\n/)
      if (log[0] === '--log') tame(project.read(log[1]!), 'the log file')
      if (words[1] === 'says' && code === 0 && output !== 'jsonl') assert.match(all, /printed .*written .*/s)
      const programs = output === 'jsonl' && words[1] !== 'plan' && !words.includes('--dry-run') && !words.includes('--tasks')
      if (programs) for (const line of ran.stdout.split('\n').filter((text) => text !== '')) JSON.parse(line)
      // stdout has the plan or the list alone
      if (words.includes('plan') || words.includes('--dry-run') || words.includes('--tasks')) assert.doesNotMatch(ran.stdout, /loaded/)
      if (programs) assert.match(ran.stderr, /loaded .*here/s)
    })

test('output at a real terminal has no control sequence but colours', { skip: needs('tmux') }, async () => {
  const terminal = terminals()('painted', project.words('test', 'says', 'hints', '--no-log'), {
    cwd: project.dir,
    env: { HOME: project.home },
  })
  await terminal.until(/^exit 1$/m)
  const history = terminal.history()
  assert.match(history, /loaded click[^]*over here/)
  assert.match(history, /printed/)
})
