import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './source.ts'

const tracked = () =>
  execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(root, file)))

const files = existsSync(join(root, '.git')) ? tracked() : []
const skip = files.length === 0 ? 'not a git checkout' : false

test('no file names a path of the machine it was written on', { skip }, () => {
  // A checkout in /srv/app or the like is no sign: examples name such folders.
  const checkout = /^\/(?:app|opt|srv|usr|var)\b/.test(root) ? '' : `${escape(root)}(?![\\w-])|`
  const here = new RegExp(`${checkout}/(?:home|Users)/(?!(?:deploy|app|svc|user|me|you|[a-z])\\b)[a-z]\\w*/`)
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (here.test(line) ? [`${file}:${at + 1}: ${line.trim().slice(0, 120)}`] : [])),
  )
  assert.deepEqual(found, [])
})

test('no file names the host of a package registry', { skip }, () => {
  // the well-known ones, and those that this machine uses
  const known =
    /\b(?:deb|security|archive|ports|ftp)\.(?:debian|ubuntu)\.(?:org|com)|\bregistry\.(?:npmjs|yarnpkg)\.|\brubygems\.org|\bpypi\.org|\bpackagist\.org|\bcrates\.io/
  const own = [said('npm', 'config', 'get', 'registry'), said('apt-get', 'indextargets', '--format', '$(SITE)')]
    .flatMap((text) => [...text.matchAll(/^https?:\/\/([^/:\s]+)/gm)].map(([, host]) => host!))
    .filter((host) => host.includes('.') && !/^(?:127\.|localhost$)/.test(host))
  const host = new RegExp([known.source, ...own.map(escape)].join('|'))
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (host.test(line) ? [`${file}:${at + 1}: ${line.trim().slice(0, 120)}`] : [])),
  )
  assert.deepEqual(found, [])
})

test('the lock file names no host, and a checksum for every package', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  assert.doesNotMatch(lock, /"resolved"/)
  const { packages } = JSON.parse(lock) as { packages: Record<string, { integrity?: string }> }
  const without = Object.entries(packages).filter(([path, { integrity }]) => path !== '' && integrity === undefined)
  assert.deepEqual(
    without.map(([path]) => path),
    [],
  )
})

test('the lock file is that of package.json', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))
  const manifest = read('package.json')
  const locked = read('package-lock.json').packages['']
  for (const key of ['name', 'version', 'dependencies', 'devDependencies', 'engines', 'bin'])
    assert.deepEqual(locked[key], manifest[key], key)
})

/** What a program prints; nothing where it is not there. */
function said(program: string, ...args: string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout ?? ''
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
