import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookLines } from '../../../../src/cli/init/server/found-text.ts'
import { parseDeployments } from '../../../../src/facts/deployments.ts'

test('init says where it looked, if it found nothing', () => {
  const read = { search: parseDeployments(true, 'home /home/deploy\nuser deploy\ncode 0\n'), applications: [] }
  assert.deepEqual(lookLines({ hosts: [{ given: 'deploy@a1', name: 'a1', read }] }), [
    'found nothing that Capistrano or shipit deployed on a1, in /srv, /var/www, /opt, /u/apps, /home/*/apps and the home of the account',
  ])
})
