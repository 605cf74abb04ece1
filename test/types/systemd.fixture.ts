// The tasks of systemd() have the names of its services, and a typo in one must not compile.
import { defineConfig } from 'shipit-ts'
import type { SettingsOf } from 'shipit-ts'
import { puma, systemd } from 'shipit-ts/recipes'

const services = systemd({
  services: {
    web: { unit: ({ stage }) => `web-${stage}`, serviceUnitUser: 'system', on: 'app', after: { 'deploy:published': 'reload' } },
    streaming: {
      units: ['streaming', 'streaming.socket'],
      rolling: { size: '50%', wait: '5s' },
      after: { 'deploy:published': ['restart', 'status'] },
    },
  },
})

const written = systemd({
  services: {
    api: { exec: 'node server.js', env: { PORT: 3000 }, listen: [3000, 'tmp/api.sock'], serviceUnitUser: 'system', user: 'app' },
    plain: { shared: ({ stage }) => stage === 'production', rolling: () => null },
  },
})
defineConfig({
  application: 'shop',
  use: [written],
  tasks: { fresh: { sequence: ['systemd:api:install', 'systemd:api:restart', 'systemd:plain:restart'] } },
  stages: { production: { servers: ['a1'] } },
})
defineConfig({
  application: 'shop',
  use: [written],
  // @ts-expect-error shipit writes no unit for a service without exec
  hooks: { after: { 'deploy:published': 'systemd:plain:install' } },
  stages: { production: { servers: ['a1'] } },
})
defineConfig({
  application: 'shop',
  use: [services, puma({ phased: true, socket: 'puma.socket' })],
  tasks: { bounce: { sequence: ['systemd:web:stop', 'systemd:web:start', 'puma:phased_restart'] } },
  hooks: { after: { 'systemd:web:restart': 'systemd:streaming:log', 'deploy:published': 'systemd:streaming:enable' } },
  stages: { production: { servers: ['a1'], settings: { systemd: { services: { web: { serviceUnitUser: 'user' }, streaming: {} } } } } },
})

declare const made: SettingsOf<typeof services>
const units: readonly string[] = made.services.streaming.units
void units

defineConfig({
  application: 'shop',
  use: [services],
  // @ts-expect-error a service that does not exist
  hooks: { after: { 'deploy:published': 'systemd:wbe:restart' } },
  stages: { production: { servers: ['a1'] } },
})
defineConfig({
  application: 'shop',
  use: [services],
  // @ts-expect-error an unknown task of a service
  hooks: { after: { 'deploy:published': 'systemd:web:reboot' } },
  stages: { production: { servers: ['a1'] } },
})
defineConfig({
  application: 'shop',
  use: [services],
  // @ts-expect-error a service that does not exist, in the settings of a stage
  stages: { production: { servers: ['a1'], settings: { systemd: { services: { web: {}, streaming: {}, wbe: {} } } } } },
})
// @ts-expect-error an unknown setting of a service
systemd({ services: { web: { untis: ['web'] } } })
// @ts-expect-error a setting of the wrong type
systemd({ services: { web: { serviceUnitUser: 'root' } } })
// @ts-expect-error a task of the deploy that does not exist
systemd({ services: { web: { after: { 'deploy:publishd': 'restart' } } } })
// @ts-expect-error an unknown task of a service
systemd({ services: { web: { after: { 'deploy:published': 'reboot' } } } })
// @ts-expect-error a function there would select hosts
systemd({ services: { web: { on: ({ stage }) => stage } } })
// @ts-expect-error missing services
systemd({})
// @ts-expect-error a setting of puma's of the wrong type
puma({ phased: 'yes' })

const web = puma({
  serviceUnitUser: 'system',
  socket: true,
  bind: ['tcp://0.0.0.0:9292', 'unix://tmp/puma.sock'],
  directives: { Socket: { Backlog: 10 } },
})
defineConfig({
  application: 'shop',
  use: [web],
  tasks: { fresh: { sequence: ['puma:install', 'puma:sudoers', 'puma:restart'] } },
  stages: { production: { servers: ['a1'] } },
})
// @ts-expect-error a port is not an address of Puma
puma({ bind: 9292 })
// @ts-expect-error a section that no unit has
systemd({ services: { web: { exec: 'bin/web', directives: { Sockets: { Backlog: 10 } } } } })
