import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { cannot, exits, head, hosts, shipit, text } from './harness.ts'
import type { CliOutcome, LabHost, Project } from './harness.ts'
import { railsBranch, rbenvRuby } from './support/rails.ts'
import { shop, wholeLanguage } from './support/whole-language.ts'

const TOKEN = 'token-of-the-shop-4711'
const at = '/var/www/shop_production'

describe('a config that uses most of the language', { skip: cannot(), concurrency: 1 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  const both = [h1, h2]
  const chat: string[] = []
  const server = createServer((request, answer) => {
    request.setEncoding('utf8').on('data', (line: string) => chat.push(line))
    request.on('end', () => answer.end())
  })
  let p: Project
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    p = wholeLanguage({ TOKEN, CHAT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` })
    await Promise.all(both.map(rbenvRuby))
    await Promise.all(both.map((host) => host.sh("echo 'export FROM_PROFILE=profile LEVEL=profile' > ~/.bash_profile")))
    await railsBranch(h1, 'shop', shop)
    await railsBranch(h1, 'shop-next', { ...shop, 'next.txt': 'next\n' })
  })
  after(() => {
    server.close()
    p?.remove()
  })

  const run = (...args: string[]): Promise<CliOutcome> => shipit(p, ['production', ...args, '--yes'], { output: 'plain' })
  const live = (host: LabHost): Promise<string> => host.sh(`basename "$(readlink ${at}/current)"`)
  const shared = (host: LabHost, ...names: string[]): Promise<string> => host.root(`cd ${at}/shared; cat ${names.join(' ')}`)
  const modes = (host: LabHost, ...files: string[]): Promise<string> => host.root(`cd ${at}; stat -c '%n %a %U:%G' ${files.join(' ')}`)
  const local = (file: string): string => readFileSync(join(p.dir, file), 'utf8')
  const served = (host: LabHost): Promise<string> => host.sh("printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 127.0.0.1 3000 | tail -n 1")
  /** That every service of every host runs from this release, and what it answers. */
  const serving = async (release: string, greeting: string): Promise<void> => {
    const outcome = await shipit(p, ['production', 'status', '--json', '--check'], { output: 'none' })
    exits(outcome, 0)
    const status = JSON.parse(outcome.stdout) as {
      hosts: { host: string; live: { release: string }; services: { name: string; release: string }[] }[]
    }
    const found = status.hosts.map(({ host, live, services }) => [
      host,
      live.release,
      ...services.map((s) => `${s.name} ${s.release}`).sort(),
    ])
    const web = `web.service ${release}`
    assert.deepEqual(found, [
      ['h1', release, `sidekiq@1.service ${release}`, `sidekiq@2.service ${release}`, web],
      ['h2', release, web],
    ])
    for (const host of both) assert.equal(await served(host), `${release} ${greeting}`)
  }
  let first: string
  let next: string

  test('a sequence installs the services, deploys, and seeds, and each part leaves on the hosts what the config says', async () => {
    const outcome = await run('first', '--seed')
    exits(outcome, 0)
    assert.doesNotMatch(text(outcome) + local('log/shipit.log'), new RegExp(TOKEN))
    assert.match(text(outcome), /^== finally deploy \(config, hook 2\) on local$/m)
    first = await live(h1)
    assert.equal(await live(h2), first)
    await serving(first, 'hello')
    assert.equal(await h1.sh(`cat ${at}/current/REVISION`), await head('shop'))

    for (const host of both) {
      assert.equal(
        await modes(
          host,
          'shared/.env',
          'shared/config/master.key',
          'shared/token',
          'shared/stdin',
          'shared/tmp/sockets',
          'current/Rakefile',
        ),
        [
          'shared/.env 640 deploy:deploy',
          'shared/config/master.key 600 deploy:deploy',
          'shared/token 600 deploy:deploy',
          'shared/stdin 600 deploy:deploy',
          'shared/tmp/sockets 750 deploy:deploy',
          'current/Rakefile 640 deploy:deploy',
        ].join('\n'),
      )
      assert.equal(
        await host.sh(`cd ${at}/current; readlink .env config/master.key log public/uploads public/assets`),
        ['.env', 'config/master.key', 'log', 'public/uploads', 'public/assets'].map((name) => `${at}/shared/${name}`).join('\n'),
      )
      assert.equal(await shared(host, 'stdin'), TOKEN)
      assert.equal(await shared(host, 'tmp/cache/whoami', 'pages'), 'root\npage:up\npage:down')
      assert.equal(
        await host.sh(
          `cd ${at}; ls shared/instead; ls shared/maintenance 2>&1 || true; cat current/public/assets/css/shop.css; ls current/app/assets/builds`,
        ),
        "shared/instead\nls: cannot access 'shared/maintenance': No such file or directory\na {}css",
      )
    }
    assert.equal(
      await h1.root("cat /etc/shop.banner; stat -c '%a %U:%G' /etc/shop.banner"),
      'shop on h1 (primary), weight 1\n640 root:deploy',
    )
    assert.equal(await h2.root('cat /etc/shop.banner'), 'shop on h2 (other), weight 2')
    assert.equal(await shared(h1, 'token', 'login'), `token=${TOKEN} zone=east\nprofile stage`)
    assert.equal(await shared(h2, 'token', 'login'), `token=${TOKEN} zone=west\nprofile h2`)
    const environment = async (host: LabHost) =>
      Object.fromEntries((await shared(host, 'environment')).split('\n').map((line) => line.split(/=(.*)/)))
    const [on1, on2] = [await environment(h1), await environment(h2)]
    assert.deepEqual([on1.LEVEL, on1.KEPT, on1.WEB_CONCURRENCY, on1.RAILS_ENV], ['stage', 'config', undefined, 'production'])
    assert.deepEqual([on2.LEVEL, on2.KEPT, on2.WEB_CONCURRENCY, on2.RAILS_ENV], ['h2', 'config', '2', 'production'])
    assert.match(on1.PATH!, /^\/opt\/stage\/bin:\/opt\/node\/bin:\/home\/deploy\/\.rbenv\/shims:/)

    assert.equal(
      await shared(h1, 'log/rake.log'),
      ['assets', 'migrate', 'seed'].map((what) => `${what} ${first} production stage`).join('\n'),
    )
    assert.equal(await shared(h2, 'log/rake.log'), `assets ${first} production h2`)
    assert.ok(BigInt(await shared(h1, 'warm')) < BigInt(await shared(h2, 'warm')), 'rolling: h1 first')
    assert.deepEqual([local('ended'), chat.splice(0)], ['well\n', [`#production production: ${(await head('shop')).slice(0, 7)} is live`]])
  })

  test('a second deploy sends what changed, copies from the live release, and restarts the services on the new one', async () => {
    writeFileSync(join(p.dir, 'config/env.production'), 'PORT=3000\nGREETING=changed\n')
    const installed = await h2.sh(`cat ${at}/current/node_modules/installed`)
    exits(await run('deploy', '--answer', 'branch=shop-next'), 0)
    next = await live(h1)
    assert.notEqual(next, first)
    await serving(next, 'changed')
    for (const host of both)
      assert.equal(
        await host.sh(`cd ${at}; cat current/next.txt .shipit/replaced/.env.*; stat -c %a shared/.env`),
        'next\nPORT=3000\nGREETING=hello\n640',
      )
    assert.equal(await h2.sh(`cat ${at}/current/node_modules/installed`), installed)
    assert.doesNotMatch(await shared(h1, 'log/rake.log'), new RegExp(`seed ${next}`), 'hooks and deploys seed nothing')
    assert.equal(chat.splice(0).length, 1)
  })

  test('a deploy that fails on one host leaves both as they were, and runs its finally hooks on all', async () => {
    await h2.sh('touch /tmp/fail.h2')
    const outcome = await run('deploy')
    exits(outcome, 1)
    assert.match(text(outcome), /remove the file/)
    await serving(next, 'changed')
    for (const host of both) assert.equal(await host.sh(`cd ${at}/shared; tail -n 1 pages; ls | grep maintenance || true`), 'page:down')
    assert.equal(local('ended'), 'well\nwell\ntrip\n')
    assert.deepEqual(chat.splice(0), ['#production production: trip failed on h2'])
  })

  test('a rollback serves the first release again', async () => {
    await h2.sh('rm /tmp/fail.h2')
    exits(await run('deploy:rollback'), 0)
    assert.equal(await live(h2), first)
    await serving(first, 'changed')
    assert.equal(await h1.sh(`cat ${at}/current/public/assets/.manifest.json`), '{"shop.css":"css/shop.css"}')
    assert.equal(chat.splice(0).length, 1)
  })

  test('tasks by hand read, ask, invoke, forward and fetch', async () => {
    const log = await shipit(p, ['production', 'app:log', '--lines', '1'], { output: 'plain' })
    exits(log, 0)
    assert.match(log.stdout, /^migrate \d{14} production stage\n$/)
    const survey = await run('survey', '--clear', '--answer', 'reason=looking', 'logs:fetch')
    exits(survey, 0)
    assert.match(text(survey), new RegExp(`h2 +2 +${at}/releases/${first}`))
    assert.match(text(survey), new RegExp(`through the tunnel: ${first} changed`))
    assert.match(text(survey), new RegExp(`read: assets ${first}`))
    assert.match(await shared(h1, 'log/rake.log'), new RegExp(`clear ${first} production stage$`))
    assert.match(await shared(h1, 'survey'), /^looking shipit-whole-\w+$/)
    assert.match(local('fetched/environment'), /^KEPT=config$/m)
    assert.equal(local('fetched/h1.log').trim(), await shared(h1, 'log/rake.log'))
    const rake = await shipit(p, ['production', 'app:rake', '--', 'db:seed', 'cache:clear'], { output: 'none' })
    exits(rake, 0)
    assert.match(await shared(h1, 'log/rake.log'), /seed .*\nclear .*$/)
    const unconfirmed = await shipit(p, ['production', 'survey', '--answer', 'reason=x'], { output: 'plain' })
    exits(unconfirmed, 1)
    assert.match(text(unconfirmed), /--yes/)
  })
})
