// The tasks of systemd() are named by its services, and a typo in one must not compile.
import { defineConfig } from 'shipit-ts'
import type { SettingsOf } from 'shipit-ts'
import { puma, systemd } from 'shipit-ts/recipes'

const services = systemd({
  services: {
    web: { unit: ({ stage }) => `web-${stage}`, user: 'system', on: 'app', after: { 'deploy:published': 'reload' } },
    streaming: {
      units: ['streaming', 'streaming.socket'],
      rolling: { size: '50%', wait: '5s' },
      after: { 'deploy:published': ['restart', 'status'] },
    },
  },
})

defineConfig({
  application: 'shop',
  use: [services, puma({ phased: true, socket: 'puma.socket' })],
  tasks: { bounce: { sequence: ['systemd:web:stop', 'systemd:web:start', 'puma:phased_restart'] } },
  hooks: { after: { 'systemd:web:restart': 'systemd:streaming:log', 'deploy:published': 'systemd:streaming:enable' } },
  stages: { production: { servers: ['a1'], settings: { systemd: { services: { web: { user: 'user' }, streaming: {} } } } } },
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
  // @ts-expect-error something that no service does
  hooks: { after: { 'deploy:published': 'systemd:web:reboot' } },
  stages: { production: { servers: ['a1'] } },
})
defineConfig({
  application: 'shop',
  use: [services],
  // @ts-expect-error a service that does not exist, in the settings of a stage
  stages: { production: { servers: ['a1'], settings: { systemd: { services: { web: {}, streaming: {}, wbe: {} } } } } },
})
// @ts-expect-error a setting that services do not have
systemd({ services: { web: { untis: ['web'] } } })
// @ts-expect-error a setting of the wrong type
systemd({ services: { web: { user: 'root' } } })
// @ts-expect-error a task of the deploy that does not exist
systemd({ services: { web: { after: { 'deploy:publishd': 'restart' } } } })
// @ts-expect-error something that no service does
systemd({ services: { web: { after: { 'deploy:published': 'reboot' } } } })
// @ts-expect-error services are needed
systemd({})
// @ts-expect-error a setting of puma's of the wrong type
puma({ phased: 'yes' })
