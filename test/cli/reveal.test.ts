import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { configText, place } from './support/place.ts'

const TOKEN = 'tk-5f2a9c1b7e3d'
const seen: { authorization: string | undefined; body: string }[] = []
let server: Server
before(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen.push({ authorization: request.headers.authorization, body })
      response.end(`you sent ${request.headers.authorization ?? body}`)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
const project = place({
  'deploy/chat.ts': `import { defineRecipe } from 'shipit-ts'
import { secretSchema } from 'shipit-ts/kit'
import { z } from 'zod'
export const chat = defineRecipe({
  name: 'chat',
  settings: z.object({ token: secretSchema(), url: z.string() }),
  tasks: {
    post: {
      description: 'Post', on: 'local',
      run: async ({ settings, reveal, log }) => {
        const token = reveal(settings.token)
        const answer = await fetch(settings.url, { method: 'POST', headers: { authorization: \`Bearer \${token}\` }, body: JSON.stringify({ token }) })
        log.info(await answer.text())
        console.log('basic', Buffer.from('user:' + token).toString('base64'), encodeURIComponent(token), [token])
        await fetch(\`http://127.0.0.1:1/?token=\${token}\`).catch((error: Error) => log.warn(String(error.cause ?? error)))
        throw new Error('cannot post with ' + token)
      },
    },
    plain: { on: 'local', run: ({ reveal }) => void reveal('not a secret' as never) },
  },
})
`,
  'deploy.config.ts': `import { chat } from './deploy/chat.ts'\n${configText(`
  use: [chat({ token: env('TOKEN'), url: env('URL', 'x') })],
  tasks: { missing: { on: 'local', run: ({ reveal, vars }) => void reveal(vars['later']) } },
  vars: { later: () => env.secret('LATER') },
  stages: { test: { servers: [] } },`)}`,
})
after(() => {
  server.close()
  project.remove()
})
const shipit = (...args: string[]) => {
  const { port } = server.address() as AddressInfo
  return project.shipit(args, { env: { TOKEN, URL: `http://127.0.0.1:${port}/` } })
}

test('code reveals a secret to a library, and its value is masked in all that the run prints and logs', async () => {
  const { code, stdout, stderr } = await shipit('test', 'chat:post', '--verbose')
  assert.equal(code, 1, stderr)
  assert.deepEqual(seen, [{ authorization: `Bearer ${TOKEN}`, body: JSON.stringify({ token: TOKEN }) }])
  const all = stdout + stderr + project.read('log/shipit.log')
  assert.match(all, /you sent Bearer \[secret\]/)
  assert.match(all, /cannot post with \[secret\]/)
  const encoded = Buffer.from(`user:${TOKEN}`).toString('base64')
  for (const text of [TOKEN, encoded, encoded.slice(8, -4)]) assert.ok(!all.includes(text), text)
  const json = await shipit('test', 'chat:post', '--output', 'jsonl')
  for (const text of [TOKEN, encoded]) assert.ok(!(json.stdout + json.stderr).includes(text), text)
})

test('a setting with secretSchema is a secret even if the config gives a plain text, in every command that shows settings', async () => {
  const { code, stdout } = await shipit('test', 'config', 'chat')
  assert.equal(code, 0)
  assert.match(stdout, /chat\.token +\[secret\]/)
  const typed = await shipit('test', 'config', 'chat', '--set', 'chat.token=typed-value-77')
  assert.equal(typed.code, 0, typed.stderr)
  assert.doesNotMatch(typed.stdout, /typed-value-77/)
})

test('reveal refuses a value that is not a secret, and names a variable that is not set', async () => {
  const plain = await shipit('test', 'chat:plain')
  assert.equal(plain.code, 1)
  assert.match(plain.stdout + plain.stderr, /reveal\(\) needs a secret, and got string/)
  const missing = await shipit('test', 'missing')
  assert.notEqual(missing.code, 0)
  assert.match(missing.stdout + missing.stderr, /LATER/)
})
