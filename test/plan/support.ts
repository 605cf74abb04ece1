import type { HostFacts } from '../../src/facts/types.ts'
import type { Host } from '../../src/inventory/types.ts'
import type { HostRead } from '../../src/plan/types.ts'

interface Sketch {
  readonly releases?: readonly string[]
  readonly live?: string
  readonly failed?: readonly string[]
  readonly bad?: readonly string[]
  readonly roles?: readonly string[]
}

/** Hosts and the facts read from them, from a sketch. */
export const makeHosts = (sketches: Record<string, Sketch>): { hosts: Host[]; reads: Map<string, HostRead> } => {
  const hosts = Object.entries(sketches).map(([name, { roles = ['app'] }], i): Host => ({
    name,
    address: name,
    user: 'deploy',
    port: 22,
    roles,
    primary: i === 0,
    release: true,
    vars: {},
    ssh: {},
    sshCommand: [],
    has: (role) => roles.includes(role),
  }))
  return { hosts, reads: new Map(Object.entries(sketches).map(([name, sketch]) => [name, { layout: layoutOf(sketch), recipes: {} }])) }
}

const layoutOf = ({ releases = [], live, failed = [], bad = [] }: Sketch): HostFacts => ({
  home: '/home/deploy',
  user: 'deploy',
  current: live === undefined ? { kind: 'none' } : { kind: 'link', target: `/srv/shop/releases/${live}`, release: live, exists: true },
  revision: undefined,
  releases: releases.map((name) => ({
    name,
    state: failed.includes(name) ? 'failed' : bad.includes(name) ? 'bad' : 'good',
    recorded: true,
    revision: undefined,
  })),
  repo: { exists: true, url: 'git@example.com:shop.git' },
  commit: undefined,
  missing: [],
  mvT: true,
})
