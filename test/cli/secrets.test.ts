import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
const token = `tok'en "$x\\ ü/+&=7`
const pem = ['-----BEGIN KEY-----', 'Zmlyc3QgbGluZSBvZiBrZXk', 'c2Vjb25kIGxpbmUgb2Yga2V5', '-----END KEY-----'].join('\n')
/** The secrets in each encoding that would reveal them. */
const forms: Readonly<Record<string, string>> = {
  plain: token,
  'shell-quoted': token.replaceAll("'", `'\\''`),
  'backslash-quoted': token.replace(/[^\w@%+=:,./-]/g, '\\$&'),
  'URL-encoded': encodeURIComponent(token),
  'of a form': encodeURIComponent(token).replaceAll('%20', '+'),
  JSON: JSON.stringify(token).slice(1, -1),
  'ASCII JSON': JSON.stringify(token).slice(1, -1).replace('ü', '\\u00fc'),
  base64: Buffer.from(token).toString('base64'),
  'a line': 'Zmlyc3QgbGluZSBvZiBrZXk',
  'another line': 'c2Vjb25kIGxpbmUgb2Yga2V5',
}
let sshd: Sshd
let project: Place
before(async () => {
  if (skip) return
  sshd = await startSshd()
  project = place()
  project.write({
    'forms.txt': Object.entries(forms)
      .map(([name, text]) => `${name}: <${text}>\n`)
      .join(''),
    'deploy.config.ts': `import { env, sh } from 'shipit-ts'
const token = env.secret('TOKEN')
const pem = env.secret('PEM')
export default {
  application: 'shop',
  ssh: { configFile: '${sshd.configFile}' },
  tasks: {
    show: { steps: () => [
      sh\`printf 'word: %s\\n' \${token}\`,
      sh\`printf 'env: %s\\n' "$T"\`.env({ T: token }),
      sh\`printf '%s\\n' "$P"\`.env({ P: pem }),
      sh\`cat \${import.meta.dirname}/forms.txt\`,
      sh\`set -x; : \${token}; set +x\`.title('trace'),
      sh\`printf 'arrived %s\\n' "$(printf %s \${token} | sha256sum | cut -c1-64)"\`,
    ] },
    // two writes with a moment between them: two chunks
    split: { steps: () => [sh\`t=\${token}; printf 'split: %.5s' "$t"; sleep 0.3; printf '%s end\\n' "\\\${t#?????}"\`] },
    fail: { steps: () => [sh\`echo "cannot use $T" >&2; exit 3\`.env({ T: token }).hint('look at ' + process.env.TOKEN)] },
    code: { run: async ({ on, log, fail }) => {
      const [text] = [...(await on('all', (h) => h.capture\`printf %s \${token}\`)).values()]
      log.info('captured ' + text)
      console.log('printed ' + text)
      fail('thrown ' + text)
    } },
  },
  stages: { test: { servers: ['127.0.0.1:${sshd.port}'] } },
}
`,
  })
})
after(async () => {
  await sshd?.stop()
  project?.remove()
})

const env = { TOKEN: token, PEM: pem }
const clean = (text: string, where: string): void => {
  assert.ok(text.length > 0, where)
  for (const [name, form] of Object.entries(forms)) {
    // also as JSON
    for (const given of [form, JSON.stringify(form).slice(1, -1)]) assert.ok(!text.includes(given), `${where} shows it ${name}:\n${text}`)
  }
}

for (const output of ['plain', 'jsonl', 'tree', 'github', 'gitlab'] as const) {
  test(`--output ${output} and the log file show a secret in no form, and the host receives it`, { skip }, async () => {
    for (const [task, code] of [
      ['show', 0],
      ['split', 0],
      ['fail', 1],
      ['code', 1],
    ] as const) {
      const log = `${output}-${task}.log`
      const ran = await project.shipit(['test', task, '-o', output, '--log', log], { env })
      assert.equal(ran.code, code, ran.stdout + ran.stderr)
      clean(ran.stdout + ran.stderr, `${task} at ${output}`)
      const text = project.read(log)
      clean(text, `${task} in the log`)
      if (task === 'show') assert.match(text, /word: \[secret\]\n[^]*env: \[secret\]\n[^]*plain: <\[secret\]>\n/)
      if (task === 'show') assert.match(text, new RegExp(`arrived ${createHash('sha256').update(token).digest('hex')}`))
      if (task === 'split') assert.match(text, /split: \[secret\] end/)
      if (task === 'fail') assert.match(text, /cannot use \[secret\]/)
      if (task === 'code') {
        assert.match(text, /captured \[secret\]/)
        assert.match(output === 'jsonl' ? ran.stderr : ran.stdout, /printed \[secret\]/)
      }
      if (output === 'jsonl') for (const line of ran.stdout.trim().split('\n')) JSON.parse(line)
    }
  })
}

test('a plan and an error about a mistyped word show no secret', { skip }, async () => {
  const plan = await project.shipit(['test', 'plan', 'show', 'split', 'fail', '--full'], { env })
  assert.equal(plan.code, 0, plan.stderr)
  assert.match(plan.stdout, /printf 'word: %s\\n' \[secret\]/)
  clean(plan.stdout + plan.stderr, 'plan')
  const wrong = await project.shipit(['test', token], { env })
  assert.equal(wrong.code, 2)
  clean(wrong.stderr, 'an error')
})

test('a terminal shows no secret', { skip: skip || needs('tmux') }, async () => {
  const terminal = terminals()('secrets', project.words('test', 'show', 'split', 'fail', '--no-log'), {
    cwd: project.dir,
    env: { ...env, HOME: project.home },
  })
  await terminal.until(/^exit 1$/m)
  clean(terminal.history().replaceAll('\n', ''), 'the terminal')
  clean(terminal.history(), join('the', 'terminal'))
})

test('a secret in a string interpolation or in JSON is an error with its line', { skip }, async () => {
  const made = place()
  const config = (top: string, steps: string, run = '') => `import { env, secret, sh, text, write } from 'shipit-ts'
const token = env.secret('TOKEN')
${top}
export default {
  application: 'shop',
  ssh: { configFile: '${sshd.configFile}' },
  vars: { token },
  tasks: {
    show: { steps: ({ vars }) => [
      ${steps}
    ] },
    code: { run: async ({ log, fail, vars }) => {
      ${run}
    } },
  },
  stages: { test: { servers: ['127.0.0.1:${sshd.port}'] } },
}
void [secret, sh, text, write]
`
  try {
    for (const [text, task, line, code] of [
      [config('const url = `redis://:${token}@h`', ''), 'show', 3, 2],
      [config('', 'write(`${made}`, `PASSWORD=${vars.token}`),'.replace('${made}', `${made.dir}/.env`)), 'show', 10, 2],
      [config('', `sh\`echo \${'x' + vars.token}\`,`), 'show', 10, 2],
      [config('', `sh\`echo \${JSON.stringify({ a: vars.token })}\`,`), 'show', 10, 2],
      [config('', '', 'log.info(`the token is ${vars.token}`)'), 'code', 13, 1],
      [config('', '', 'throw new Error(vars.token)'), 'code', 13, 1],
      [config('', '', 'log.info(vars.token)'), 'code', 13, 1],
      [config('', '', 'fail(vars.token)'), 'code', 13, 1],
    ] as const) {
      made.write({ 'deploy.config.ts': text })
      const ran = await made.shipit(['test', task], { env })
      const all = ran.stdout + ran.stderr
      assert.equal(ran.code, code, all)
      assert.match(all, /a secret was turned into (a string|JSON)|is shown, and cannot be a secret/)
      assert.match(all, new RegExp(`deploy\\.config\\.ts:${line}\\b`))
      assert.match(all, /text`PASSWORD=\$\{password\}`|name what it is for/)
      clean(all, text)
    }
    made.write({
      'deploy.config.ts': config('', `write('${made.dir}/.env', text\`A=1\nPASSWORD=\${vars.token}\n\`),`),
    })
    const plan = await made.shipit(['test', 'plan', 'show', '--full'], { env })
    assert.match(plan.stdout, /'A=1\n\s*PASSWORD=\[secret\]\n\s*'/)
    clean(plan.stdout, 'the plan')
    const ran = await made.shipit(['test', 'show'], { env })
    assert.equal(ran.code, 0, ran.stderr)
    assert.equal(made.read('.env'), `A=1\nPASSWORD=${token}\n`)
    clean(made.read('log/shipit.log'), 'the log')
  } finally {
    made.remove()
  }
})

test('a secret that is not set is named in the error, also in a computed setting and in text``', async (t) => {
  for (const [settings, task] of [
    ["vars: { t: env.secret('CDN_TOKEN') }", 'show'],
    ["vars: { t: () => env.secret('CDN_TOKEN') }", 'show'],
    ["vars: { t: () => text`x=${env.secret('CDN_TOKEN')}` }", 'show'],
    ["env: { T: env.secret('CDN_TOKEN'), U: text`x=${env.secret('CDN_TOKEN')}` }", 'plain'],
    ["repoUrl: () => env.secret('CDN_TOKEN')", 'deploy'],
  ] as const) {
    const p = place({
      'deploy.config.ts': `import { env, sh, text } from 'shipit-ts'
void text
export default { application: 'shop', ssh: { transport: 'local' }, ${settings},
  tasks: { show: { steps: ({ vars }) => [sh\`echo \${vars.t}\`] }, plain: { steps: () => [sh\`true\`] } }, stages: { test: { servers: ['a1'] } } }
`,
    })
    t.after(p.remove)
    const { code, stdout, stderr } = await p.shipit(['test', task])
    assert.equal(code, 2, stdout + stderr)
    assert.match(stderr, /the environment variable CDN_TOKEN is not set/, settings)
    assert.doesNotMatch(stdout + stderr, /\[secret\]/)
  }
})
