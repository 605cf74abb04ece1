import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { cannot, exits, hosts, must, project, shipit, until } from './harness.ts'
import type { Project } from './harness.ts'

/**
 * What Elastic Beanstalk does with a bundle, as hooks see it: it is unpacked beside the live one, built, put in its place, and the
 * hooks of each step run in the order of their names; the first that fails ends it. As root, on a real systemd.
 */
const ENGINE = `#!/bin/bash
set -eu
kind=$1 bundle=$2 broken=\${3:-}
export PATH=/sbin:/bin:/usr/sbin:/usr/bin
app=/var/app/current
step() {
  for hook in "$app/.platform/$kind/$1"/*; do
    if [ -x "$hook" ]; then ( cd "$app" && "$hook" ) || { echo "$hook failed" >&2; exit 1; }; fi
  done
}
if [ "$kind" = hooks ]; then
  app=/var/app/staging
  rm -rf $app; mkdir -p $app; tar -xf "$bundle" -C $app
  step prebuild
  ( cd $app && bundle config --local path /var/app/gems >/dev/null && bundle install --quiet )
  if [ "$broken" = build ]; then exit 1; fi
  if [ "$broken" = boot ]; then echo 'raise "broken"' >> $app/worker.rb; fi
  chown -R webapp: $app
fi
step predeploy
if [ "$broken" = flip ]; then exit 1; fi
if [ "$kind" = hooks ]; then rm -rf /var/app/current; mv /var/app/staging /var/app/current; app=/var/app/current; fi
step postdeploy
`

describe('Elastic Beanstalk’s hooks and unit on a real systemd', { skip: cannot(), concurrency: 1 }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  before(async () => {
    p = project({
      use: `await import('shipit-ts/recipes').then(({ eb }) => [eb({ timeout: 8, recoverAfter: 2 })])`,
    })
    exits(await shipit(p, ['production', 'eb:export']), 0)
    await must('tar', ['-C', p.dir, '-cf', `${p.dir}/platform.tar`, '.platform'])
    const tar = await must('base64', ['-w0', `${p.dir}/platform.tar`])
    await h1.root(`useradd --system --create-home webapp
mkdir -p /opt/elasticbeanstalk/deployment /var/app
printf 'JOBS_LOG=/tmp/jobs.log\\nRACK_ENV=staging\\n' > /opt/elasticbeanstalk/deployment/env
cat > /usr/local/bin/engine <<'END'\n${ENGINE}\nEND
chmod 755 /usr/local/bin/engine
rm -rf /srv/bundle; git clone -q /srv/repo.git /srv/bundle; cd /srv/bundle
echo ${tar} | base64 -d | tar -x
printf ':require: ./worker.rb\\n:concurrency: 2\\n' > config/sidekiq.yml
tar -cf /srv/bundle.tar .`)
  })
  after(() => p?.remove())

  const engine = (kind: 'hooks' | 'confighooks', broken = '') => h1.try(`sudo engine ${kind} /srv/bundle.tar ${broken} 2>&1`)
  const main = () => h1.sh('systemctl show -P MainPID sidekiq')
  const quiets = () => h1.sh('for id in $(redis-cli --raw smembers processes); do redis-cli --raw hget $id quiet; done')

  test("systemd accepts the unit, and the exported files are the project's", async () => {
    assert.deepEqual(readdirSync(`${p.dir}/.platform`).sort(), ['confighooks', 'hooks', 'sidekiq'])
    assert.equal(await h1.root('systemd-analyze verify /srv/bundle/.platform/sidekiq/sidekiq.service 2>&1 || true'), '')
  })

  test('the first deployment installs the unit and runs Sidekiq as webapp with its environment', async () => {
    const { code, stdout } = await engine('hooks')
    assert.equal(code, 0, stdout)
    assert.match(stdout, /sidekiq\.service does not run: nothing to quiet/)
    const pid = await main()
    assert.match(await h1.root(`tr '\\0' ' ' < /proc/${pid}/cmdline`), /^sidekiq 6\.4\.1 /)
    assert.equal(await h1.root(`stat -c %U /proc/${pid}; readlink /proc/${pid}/cwd`), 'webapp\n/var/app/current')
    assert.match(await h1.root(`tr '\\0' '\\n' < /proc/${pid}/environ`), /^RACK_ENV=staging$/m)
    assert.equal(await h1.sh('systemctl is-enabled sidekiq'), 'enabled')
  })

  test('a running job gets its time, and the next deployment starts another process', async () => {
    const before = await main()
    await h1.root('cd /var/app/current && bundle exec bin/enqueue long 4')
    await until('it runs', async () => (await h1.sh('cat /tmp/jobs.log 2>/dev/null || true')).includes('start long'))
    const { code, stdout } = await engine('hooks')
    assert.equal(code, 0, stdout)
    assert.match(stdout, new RegExp(`sidekiq\\.service: quiet, process ${before}`))
    assert.match(await h1.sh('cat /tmp/jobs.log'), new RegExp(`^end long \\S+ ${before}$`, 'm'))
    assert.notEqual(await main(), before)
  })

  test('a change of the configuration restarts Sidekiq with the new environment', async () => {
    await h1.root(`sed -i s/staging/changed/ /opt/elasticbeanstalk/deployment/env`)
    const before = await main()
    const { code, stdout } = await engine('confighooks')
    assert.equal(code, 0, stdout)
    assert.notEqual(await main(), before)
    assert.match(await h1.root(`tr '\\0' '\\n' < /proc/${await main()}/environ`), /^RACK_ENV=changed$/m)
  })

  test('a failed build leaves Sidekiq running, and a failure after the quiet restarts it', async () => {
    const before = await main()
    assert.equal((await engine('hooks', 'build')).code, 1)
    assert.equal(await main(), before)
    assert.equal((await engine('hooks', 'flip')).code, 1)
    await until('it is another one', async () => ![before, '0'].includes(await main()))
    await until('which takes jobs', async () => /^false$/m.test(await quiets()))
  })

  test('a Sidekiq that does not start fails the deployment with the reason', async () => {
    const { code, stdout } = await engine('hooks', 'boot')
    assert.equal(code, 1)
    assert.match(stdout, /Sidekiq does not start\n[\s\S]*RuntimeError: broken[\s\S]*90_restart_sidekiq\.sh failed/)
  })
})
