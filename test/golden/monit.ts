import type { z } from 'zod'
import type { settings } from '../../recipes/monit/settings.ts'
import type { Given } from '../support/context.ts'

type Services = NonNullable<z.input<typeof settings>['services']>

/** The settings of sidekiq() that matter here. */
export const sidekiqSettings = (more: object = {}) => ({
  sidekiq: {
    manager: 'systemd',
    serviceUnitName: 'sidekiq',
    serviceUnitUser: 'system',
    user: null,
    configFiles: ['sidekiq.yml'],
    processes: 1,
    roles: ['worker'],
    ...more,
  },
})

/** A rule in Inspeqtor's language, and in Monit's. */
export const rules: readonly (readonly [inspeqtor: string, monit: string])[] = [
  ['memory:total_rss > 500m for 2 cycles then restart', 'if total memory > 500 MB for 2 cycles then restart'],
  ['memory:rss > 1g then restart, alert', 'if memory > 1 GB then restart'],
  ['memory:total_rss > 2t then alert', 'if total memory > 2048 GB then alert'],
  ['memory:rss > 64k then alert', 'if memory > 64 KB then alert'],
  ['memory:rss > 1024 then alert', 'if memory > 1024 B then alert'],
  ['memory:rss > 40% then alert', 'if memory > 40% then alert'],
  ['cpu > 60% for 2 cycles then restart', 'if cpu > 60% for 2 cycles then restart'],
  ['cpu:total > 160 then alert', 'if total cpu > 160% then alert'],
  ['threads > 100 then alert', 'if threads > 100 then alert'],
  ['children < 1 for 64 cycles then alert', 'if children < 1 for 64 cycles then alert'],
]

export const refused: readonly (readonly [rule: string, why: RegExp])[] = [
  ['cpu:user > 60% then restart', /does not separate user from system time: write cpu$/],
  ['cpu:total_system > 60% then restart', /write cpu:total$/],
  ['memory:total_rss > 500m for 65 cycles then restart', /1 to 64/],
  ['memory:total_rss > 500m for 0 cycles then restart', /1 to 64/],
  ['memory:rss > 500m then reload', /cannot reload/],
  ['memory:rss > 500m then alert ops', /no routes/],
  ['swap > 20% then alert', /does not measure swap of a process/],
  ['cpu > 60m then alert', /is a percentage/],
  ['threads > 60% then alert', /is a number: 60/],
  ['memory:rss > 1.5g then restart', /column 14/],
]

const head = (name: string, deployTo = '/srv/shop') =>
  `# Written by shipit for shop (production): monit:install writes ${name} anew from the config. Deployed to ${deployTo}\n`
const ctl = '/usr/bin/systemctl'

export const files: readonly { readonly title: string; readonly services: Services; readonly given?: Given; readonly text: string }[] = [
  {
    title: 'Sidekiq with the unit and title that the recipe knows',
    services: {
      sidekiq: {
        rules: ['memory:total_rss > 500m for 2 cycles then restart', 'cpu > 60% for 2 cycles then restart'],
        group: 'shop-sidekiq',
      },
    },
    given: { others: sidekiqSettings() },
    text: `${head('sidekiq_shop_production')}check process "sidekiq_shop_production" matching "^sidekiq [0-9.]+ shop "
  start program = "${ctl} start sidekiq.service" with timeout 90 seconds
  stop program = "${ctl} stop sidekiq.service" with timeout 90 seconds
  restart program = "${ctl} restart sidekiq.service" with timeout 90 seconds
  if total memory > 500 MB for 2 cycles then restart
  if cpu > 60% for 2 cycles then restart
  if 5 restarts within 10 cycles then unmonitor
  group shop-sidekiq
`,
  },
  {
    title: "a user's systemd, used from root's Monit",
    services: { sidekiq: { giveUp: null } },
    given: { others: sidekiqSettings({ serviceUnitUser: 'user' }), deployTo: '/srv/my.shop' },
    text: `${head('sidekiq_shop_production', '/srv/my.shop')}check process "sidekiq_shop_production" matching "^sidekiq [0-9.]+ my\\.shop "
  start program = "${ctl} --user --machine=deploy@.host start sidekiq.service" with timeout 90 seconds
  stop program = "${ctl} --user --machine=deploy@.host stop sidekiq.service" with timeout 90 seconds
  restart program = "${ctl} --user --machine=deploy@.host restart sidekiq.service" with timeout 90 seconds
`,
  },
  {
    title: 'G111: an instance needs quotes around its name',
    services: { low: { name: 'sidekiq@1', unit: 'sidekiq@1', pidfile: '/run/sidekiq-1.pid', timeout: 45 } },
    text: `${head('sidekiq@1')}check process "sidekiq@1" with pidfile "/run/sidekiq-1.pid"
  start program = "${ctl} start sidekiq@1.service" with timeout 45 seconds
  stop program = "${ctl} stop sidekiq@1.service" with timeout 45 seconds
  restart program = "${ctl} restart sidekiq@1.service" with timeout 45 seconds
  if 5 restarts within 10 cycles then unmonitor
`,
  },
  {
    title: 'custom commands as another user',
    services: {
      web: {
        matching: 'puma "x"',
        start: '/bin/su - app -c /srv/start',
        stop: '/bin/su - app -c /srv/stop',
        as: { uid: 'app', gid: 'www-data' },
        giveUp: { restarts: 3, cycles: 5 },
      },
    },
    text: `${head('web_shop_production')}check process "web_shop_production" matching 'puma "x"'
  start program = "/bin/su - app -c /srv/start" as uid "app" and gid "www-data" with timeout 90 seconds
  stop program = "/bin/su - app -c /srv/stop" as uid "app" and gid "www-data" with timeout 90 seconds
  if 3 restarts within 5 cycles then unmonitor
`,
  },
  {
    title: 'Upstart',
    services: { sidekiq: {} },
    given: { others: sidekiqSettings({ manager: 'upstart' }) },
    text: `${head('sidekiq_shop_production')}check process "sidekiq_shop_production" matching "^sidekiq [0-9.]+ shop "
  start program = "/sbin/initctl start sidekiq" with timeout 90 seconds
  stop program = "/sbin/initctl stop sidekiq" with timeout 90 seconds
  restart program = "/sbin/initctl restart sidekiq" with timeout 90 seconds
  if 5 restarts within 10 cycles then unmonitor
`,
  },
]
