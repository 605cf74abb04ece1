import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareUrl } from '../../src/values/compare-url.ts'

const url = (repository: string): string | undefined => compareUrl(repository, 'aaa', 'bbb')

test('repositories of GitHub and GitLab have a page that compares commits', () => {
  for (const address of [
    'git@github.com:acme/shop.git',
    'https://github.com/acme/shop',
    'https://github.com/acme/shop.git/',
    'ssh://git@github.com/acme/shop.git',
    'ssh://git@ssh.github.com:443/acme/shop.git',
    'github.com:acme/shop',
  ])
    assert.equal(url(address), 'https://github.com/acme/shop/compare/aaa...bbb', address)
  assert.equal(url('git@gitlab.com:acme/web/shop.git'), 'https://gitlab.com/acme/web/shop/-/compare/aaa...bbb')
  assert.equal(url('ssh://git@gitlab.example.com:2222/acme/shop.git'), 'https://gitlab.example.com/acme/shop/-/compare/aaa...bbb')
  assert.equal(url('https://gitlab.example.com:8443/acme/shop.git'), 'https://gitlab.example.com:8443/acme/shop/-/compare/aaa...bbb')
})

test('a user and a password of the address are not in the page', () => {
  assert.equal(url('https://ada:pass@github.com/acme/shop.git'), 'https://github.com/acme/shop/compare/aaa...bbb')
})

test('other addresses have no such page', () => {
  for (const address of [
    '/srv/git/shop.git',
    'file:///srv/git/github.com/shop.git',
    'git@bitbucket.org:acme/shop.git',
    'https://example.com/github.com/acme/shop.git',
    'https://github.com.example.org@evil.example/acme/shop',
    'https://notgithub.com/acme/shop',
    'https://github.com/acme',
    'https://github.com/acme/../shop',
    'https://github.com/acme/shop?token=1',
    'https://github.com/a)b/shop',
  ])
    assert.equal(url(address), undefined, address)
})
