import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { cannot, exits, hosts, project, shipit, text } from './harness.ts'
import type { Project } from './harness.ts'

describe('files to and from a real server', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  const large = randomBytes(3_000_000)
  before(() => {
    p = project({
      more: `tasks: {
        send: { steps: () => [upload('site', '/var/www/site', { delete: true, sudo: true, owner: 'www-data:www-data', mode: '0640' })] },
        other: { steps: () => [upload('site', '/tmp/site').as('cindy')] },
        content: {
          steps: () => [
            upload(Buffer.alloc(1000, 7), '/var/www/content/bytes', { sudo: true, owner: 'www-data:www-data', mode: '0640' }),
            upload(async () => (await import('node:fs')).createReadStream('site/large'), '/var/www/content/stream', { sudo: true, owner: 'www-data:www-data', mode: '0640' }),
          ],
        },
        fetch: { steps: () => [download('/var/www/site', 'back', { sudo: true })] },
      },`,
    })
    mkdirSync(join(p.dir, 'site/deep'), { recursive: true })
    writeFileSync(join(p.dir, 'site/large'), large)
    writeFileSync(join(p.dir, 'site/deep/page.html'), '<p>hello</p>\n'.repeat(1000))
  })
  after(() => p?.remove())

  test('upload() through sudo gives another account the files, removes the others, and fetches them back', async () => {
    await h1.root('mkdir -p /var/www/site/old; echo x > /var/www/site/old/x')
    const sent = await shipit(p, ['production', 'send'])
    exits(sent, 0)
    assert.match(text(sent), /2 files sent, 3\.0 MB; 1 removed/)
    assert.equal(
      await h1.root(`cd /var/www/site; find . ! -name . -printf '%p %m %u:%g\\n' | sort`),
      './deep 750 www-data:www-data\n./deep/page.html 640 www-data:www-data\n./large 640 www-data:www-data',
    )
    const again = await shipit(p, ['production', 'send'])
    assert.match(text(again), /nothing to send: all 2 files are there/)
    await h1.root('chown root /var/www/site/large')
    assert.match(text(await shipit(p, ['production', 'send'])), /nothing to send: .*; the mode or owner of 1 changed/)
    exits(await shipit(p, ['production', 'fetch']), 0)
    assert.ok(readFileSync(join(p.dir, 'back/large')).equals(large))
    assert.deepEqual(readdirSync(join(p.dir, 'back')).sort(), ['deep', 'large'])
  })

  test('upload() through sudo sends bytes and streams, and another one of them finds them there', async () => {
    exits(await shipit(p, ['production', 'content']), 0)
    assert.equal(
      await h1.root(`cd /var/www/content; find . ! -name . -printf '%p %s %m %u:%g\\n' | sort`),
      './bytes 1000 640 www-data:www-data\n./stream 3000000 640 www-data:www-data',
    )
    await h1.root('chown root /var/www/content/stream')
    const again = await shipit(p, ['production', 'content'])
    exits(again, 0)
    assert.match(text(again), /nothing to send: the file is there/)
    assert.match(text(again), /3\.0 MB sent, the same as there; its mode or owner changed/)
    assert.equal(await h1.root('stat -c %U /var/www/content/stream'), 'www-data')
    await h1.root('chmod 700 /var/www/content')
    const plan = await shipit(p, ['production', 'plan', 'content'])
    assert.match(text(plan), /"to":"\/var\/www\/content\/bytes",.*"there":\{"state":"not known","message":"it is closed to this account"\}/)
    await h1.root('chmod 755 /var/www/content; chmod 644 /var/www/content/bytes')
    const open = await shipit(p, ['production', 'plan', 'content'])
    assert.match(text(open), /"there":\{"state":"differs","changed":0,"missing":0,"bytes":0,"adjusted":1,"removed":0\}/)
  })

  test('upload() as an account with csh works, and says what sudo does not allow', async () => {
    exits(await shipit(p, ['production', 'other']), 0)
    assert.equal(await h1.root('stat -c %U /tmp/site/deep/page.html'), 'cindy')
    const poor = await shipit(p, ['production', 'send', '--set', 'ssh.user=nosudo'])
    exits(poor, 1)
    assert.match(text(poor), /nosudo ALL=\(root\) NOPASSWD: \/bin\/sh \\"\\"/)
  })
})
