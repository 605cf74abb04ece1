import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestStage } from '../../src/values/nearest.ts'

for (const [typed, stages, meant] of [
  ['prod', 'production staging', 'production'],
  ['PROD', 'production staging', 'production'],
  ['prd', 'production staging', 'production'],
  ['stg', 'production staging', 'staging'],
  ['stage', 'production staging', 'staging'],
  ['productoin', 'production staging', 'production'],
  ['production', 'prod stg', 'prod'],
  ['staging', 'prod stg', 'stg'],
  ['prod', 'production production-eu', 'production'],
  ['prod', 'prod-eu prod-us', undefined],
  ['dev', 'production staging', undefined],
  ['qa', 'production staging', undefined],
  ['p', 'production staging', undefined],
  ['', 'production staging', undefined],
  ['preprod', 'production staging', undefined],
  ['constructor', 'production', undefined],
] as const) {
  test(`nearestStage() finds ${meant ?? 'nothing'} for "${typed}" among ${stages}`, () => {
    assert.equal(nearestStage(typed, stages.split(' ')), meant)
  })
}
