import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suggestDeployTo } from '../../src/plan/own-deploy-path.ts'

test("suggestDeployTo proposes a deployTo of the stage's own, beside the shared one", () => {
  const application = 'shop'
  for (const [deployTo, one, anybody] of [
    ['~/one', '({ stage }) => `~/one_${stage}`', '({ application, stage }) => `~/${application}_${stage}`'],
    [
      '/srv/shop',
      '({ application, stage }) => `/srv/${application}_${stage}`',
      '({ application, stage }) => `/srv/${application}_${stage}`',
    ],
    ['/srv/a`${b', '({ stage }) => `/srv/a\\`\\${b_${stage}`', '({ application, stage }) => `/srv/${application}_${stage}`'],
  ] as const) {
    assert.equal(suggestDeployTo({ application, deployTo }), `deployTo: ${one}`)
    assert.equal(suggestDeployTo({ application, deployTo }, true), `deployTo: ${anybody}`)
  }
})
