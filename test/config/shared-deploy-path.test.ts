import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stageOf } from './support.ts'

/** Two stages of one config, what they have in common, and the host on which they share deployTo. */
const PAIRS: readonly (readonly [title: string, top: string, production: string, staging: string, host: string | undefined])[] = [
  ['the default deployTo on one host', '', `servers: ['a1']`, `servers: ['a1']`, 'a1'],
  ['a deployTo of the top level', `deployTo: '/srv/shop'`, `servers: ['a1', 'a2']`, `servers: ['deploy@a2']`, 'a2'],
  ['a deployTo with a trailing slash', '', `servers: ['a1'], deployTo: '/srv/x'`, `servers: ['a1'], deployTo: '/srv/x/'`, 'a1'],
  ['port 22 written out', '', `servers: ['a1']`, `servers: [{ host: 'a1', port: 22 }]`, 'a1'],
  ['a deployTo that a function returns here', '', `servers: ['a1'], deployTo: () => '/var/www/shop'`, `servers: ['a1']`, 'a1'],
  ['other keys', '', `servers: ['a1'], ssh: { keys: ['~/.ssh/a'] }`, `servers: ['a1']`, 'a1'],
  ['the default deployTo of one application', `application: 'blog'`, `servers: ['a1']`, `servers: ['a1'], application: 'blog'`, 'a1'],
  ['two applications in one deployTo', `deployTo: '/srv/x'`, `servers: ['a1']`, `servers: ['a1'], application: 'blog'`, 'a1'],
  ['the default deployTo of two applications', '', `servers: ['a1']`, `servers: ['a1'], application: 'blog'`, undefined],
  ['other hosts', '', `servers: ['a1']`, `servers: ['a2']`, undefined],
  ['another deployTo', '', `servers: ['a1'], deployTo: '/srv/a'`, `servers: ['a1']`, undefined],
  ['a deployTo for each stage', 'deployTo: ({ stage }) => `/srv/${stage}`', `servers: ['a1']`, `servers: ['a1']`, undefined],
  ['another port', '', `servers: ['a1']`, `servers: ['a1:2222']`, undefined],
  ['another jump host', '', `servers: ['10.0.0.5']`, `servers: ['10.0.0.5'], ssh: { proxyJump: 'other' }`, undefined],
  ['homes of two accounts', `deployTo: '~/shop'`, `servers: ['a@a1']`, `servers: ['b@a1']`, undefined],
  ['the home of one account', `deployTo: '~/shop'`, `servers: ['a@a1']`, `servers: ['a@a1']`, 'a1'],
  ['a host that gets no release', '', `servers: ['a1']`, `servers: [{ host: 'a1', release: false }]`, undefined],
  ['a stage that is a function', '', `servers: ['a1']`, undefined as never, undefined],
]

for (const [title, top, production, staging, host] of PAIRS)
  test(`${host === undefined ? 'deployTo is not shared' : 'deployTo is shared'} by two stages with ${title}`, async (t) => {
    const stages = `{ production: { ${production} }, staging: ${staging === undefined ? `() => ({ servers: ['a1'] })` : `{ ${staging} }`} }`
    const { sharing } = await stageOf(t, `export default { application: 'shop', ${top === '' ? '' : `${top},`} stages: ${stages} }`)
    assert.deepEqual(sharing, host === undefined ? [] : [{ stage: 'staging', host }])
  })
